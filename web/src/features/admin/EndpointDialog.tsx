import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';

export type Endpoint = Schemas['WebhookEndpoint'];

/** The events that a study tells, as docs/webhooks.md lists them. */
const EVENTS = [
  'study.published', 'site.added', 'site.status_changed',
  'subject.screened', 'subject.eligibility_assessed', 'subject.enrolled', 'subject.status_changed', 'subject.event_noted',
  'study_event.dated', 'form.saved',
  'record.removed', 'record.restored', 'record.verified', 'record.unverified', 'record.frozen', 'record.unfrozen', 'record.locked', 'record.unlocked', 'record.signed',
  'query.opened', 'query.answered', 'query.closed', 'query.reopened', 'query.cancelled',
] as const;

type Props = { study: string; endpoint: Endpoint | undefined; onClose: () => void; onDone: () => void };

/** A new endpoint, or a change of one. */
export function EndpointDialog({ study, endpoint, onClose, onDone }: Props) {
  const { t } = useLocale();
  const [url, setUrl] = useState(endpoint?.url ?? '');
  const [description, setDescription] = useState(endpoint?.description ?? '');
  const [chosen, setChosen] = useState<string[]>(endpoint?.eventTypes ?? []);
  const all = [...new Set([...EVENTS, ...chosen])];
  const toggle = (name: string) => setChosen(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  const run = useMutation({
    mutationFn: async () => {
      const said = { url: url.trim(), description: description.trim(), requestId: newRequestId() };
      if (endpoint) {
        const params = { path: { studyOid: study, endpointId: endpoint.endpointId } };
        await ask(api.PATCH('/v1/studies/{studyOid}/webhooks/{endpointId}', { params, body: { ...said, eventTypes: { eventTypes: chosen } } }));
      } else {
        await ask(api.POST('/v1/studies/{studyOid}/webhooks', { params: { path: { studyOid: study } }, body: { ...said, eventTypes: chosen } }));
      }
    },
    onSuccess: onDone,
  });
  return (
    <Dialog title={t(endpoint ? 'hooks.edit' : 'hooks.new')} isOpen isWide onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <label>{t('hooks.url')}<input className="input big" type="url" required autoFocus placeholder="https://" value={url} onChange={(event) => setUrl(event.target.value)} /></label>
        <label>{t('hooks.description')}<input className="input big" maxLength={500} value={description} onChange={(event) => setDescription(event.target.value)} /></label>
        <fieldset>
          <legend>{t('hooks.events')}</legend>
          <p className="fine">{chosen.length === 0 ? t('hooks.allevents') : t('hooks.someevents', { n: chosen.length })}</p>
          <div className="event-checks">
            {all.map((name) => <label key={name} className="radio"><input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} /><code>{name}</code></label>)}
          </div>
        </fieldset>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t(endpoint ? 'act.save' : 'hooks.new')}</button></div>
      </form>
    </Dialog>
  );
}
