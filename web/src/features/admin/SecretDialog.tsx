import { useMutation } from '@tanstack/react-query';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';
import type { Endpoint } from './EndpointDialog';

/** Keys with which a receiver verifies; the shared secret only when it is asked for, which is recorded. */
export function SecretDialog({ study, endpoint, onClose }: { study: string; endpoint: Endpoint; onClose: () => void }) {
  const { t, instant } = useLocale();
  const show = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/webhooks/{endpointId}:showSecret', { params: { path: { studyOid: study, endpointId: endpoint.endpointId } }, body: { requestId: newRequestId() } })),
  });
  return (
    <Dialog title={t('hooks.secret')} isOpen isWide onClose={onClose}>
      <h3>{t('hooks.publickeys')}</h3>
      <ul className="grants">
        {endpoint.publicKeys.map((one) => <li key={one.key}><code className="wrap">{one.key}</code>{one.until && <span className="fine">{t('users.until', { at: instant(one.until) })}</span>}</li>)}
      </ul>
      <h3>{t('hooks.shared')}</h3>
      <p className="fine">{t('hooks.shared.help')}</p>
      {show.data
        ? <div role="status"><ul className="grants">{show.data.secrets.map((one) => <li key={one.secret}><code className="wrap">{one.secret}</code>{one.until && <span className="fine">{t('users.until', { at: instant(one.until) })}</span>}</li>)}</ul></div>
        : <div className="dialog-acts"><button type="button" className="button" disabled={show.isPending} onClick={() => show.mutate()}>{t('hooks.show')}</button></div>}
      {show.error && <p className="error" role="alert">{refusalText(show.error, t)}</p>}
    </Dialog>
  );
}
