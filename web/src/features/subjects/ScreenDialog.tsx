import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useMay } from '../../lib/session';
import { useLocale } from '../../i18n';
import { useDesign, useSites } from '../../lib/study';
import { subjectPath } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';
import { DateField } from './DateField';

/** Takes a participant who has consented into screening. */
export function ScreenDialog({ studyOid, siteOid, onClose }: { studyOid: string; siteOid: string | undefined; onClose: () => void }) {
  const { t, text } = useLocale();
  const client = useQueryClient();
  const [, go] = useLocation();
  const may = useMay(studyOid);
  const sites = (useSites(studyOid).data ?? []).filter((site) => site.status === 'ACTIVE' && may('manage_subjects', site.siteOid));
  const [site, setSite] = useState(siteOid);
  const [key, setKey] = useState('');
  const [consent, setConsent] = useState('');
  const [requestId] = useState(newRequestId);
  const chosen = site ?? sites[0]?.siteOid ?? '';
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/subjects', {
      params: { path: { studyOid } },
      body: { siteOid: chosen, consentDate: consent, requestId, ...(key.trim() ? { subjectKey: key.trim() } : {}) },
    })),
    onSuccess: ({ subject }) => {
      void client.invalidateQueries({ queryKey: ['subjects', studyOid] });
      void client.invalidateQueries({ queryKey: ['matrix', studyOid] });
      onClose();
      go(subjectPath(studyOid, subject?.subjectKey ?? ''));
    },
  });
  return (
    <Dialog title={t('screen.new')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p className="fine">{t('screen.what')}</p>
        <label>{t('scope.site')}
          <select className="input big" required value={chosen} onChange={(event) => setSite(event.target.value)}>
            {sites.map((one) => <option key={one.siteOid} value={one.siteOid}>{text(one.name, one.siteOid)}</option>)}
          </select>
        </label>
        <DateField label={t('subject.consent')} value={consent} onChange={setConsent} />
        <label>{t('screen.key')}<input className="input big" value={key} onChange={(event) => setKey(event.target.value)} /></label>
        <p className="fine">{t('screen.nextkey')}</p>
        <Criteria studyOid={studyOid} />
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={consent === '' || chosen === '' || run.isPending}>{t('screen.do')}</button></div>
      </form>
    </Dialog>
  );
}

/** Before anything is recorded there is nothing to compute; what will be asked can be read. */
function Criteria({ studyOid }: { studyOid: string }) {
  const { t, text } = useLocale();
  const criteria = useDesign(studyOid).data?.study.criteria ?? [];
  if (criteria.length === 0) return null;
  return (
    <details>
      <summary>{t('screen.criteria', { n: criteria.length })}</summary>
      <div className="criteria">
        {criteria.map(({ criterionOid, name, kind, text: sentence, expression }) => (
          <div key={criterionOid} className="criterion">
            <div><strong>{name}</strong> <span className="tag">{t(kind === 'EXCLUSION' ? 'enrol.exclusion' : 'enrol.inclusion')}</span><p>{text(sentence, name)}</p></div>
            <span className="fine">{t(expression === undefined ? 'eligible.cause.NOT_ATTESTED' : 'enrol.computed')}</span>
          </div>
        ))}
      </div>
    </details>
  );
}
