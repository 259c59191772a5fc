import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';
import type { AuditKind } from './filters';

export type Criteria = { siteOid?: string; user?: string; kind?: AuditKind; fromDate?: string; untilDate?: string; reasonMissing?: boolean };
type Props = { studyOid: string; criteria: Criteria; newest: string; onClose: () => void };

/** States that what fits the filters was looked at, and what was found. */
export function ReviewDialog({ studyOid, criteria, newest, onClose }: Props) {
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const say = useSay();
  const [finding, setFinding] = useState('');
  const [requestId] = useState(newRequestId);
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/auditTrail:review', { params: { path: { studyOid } }, body: { ...criteria, reviewedUntil: newest, finding: finding.trim(), requestId } })),
    onSuccess: ({ review }) => {
      say(t('audit.review.done', { n: review?.entryCount ?? 0 }));
      for (const key of ['trail', 'reviews']) void client.invalidateQueries({ queryKey: [key] });
      onClose();
    },
  });
  return (
    <Dialog title={t('audit.review')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p>{t('audit.review.what')}</p>
        <p className="fine">{t('audit.upto', { at: instant(newest) })}</p>
        <label>{t('audit.review.finding')}<textarea className="input big" rows={3} required value={finding} onChange={(event) => setFinding(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={finding.trim() === '' || run.isPending}>{t('audit.review')}</button></div>
      </form>
    </Dialog>
  );
}
