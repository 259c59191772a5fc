import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import type { Subject, SubjectStatus } from '../../api/types';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';
import { SUBJECT } from '../../ui/Status';
import { DateField } from './DateField';

const NEXT: SubjectStatus[] = ['SCREENING', 'SCREEN_FAILED', 'ENROLLED', 'COMPLETED', 'DISCONTINUED'];

/** Notes that a participant failed screening, completed, left, or came back. */
export function StatusDialog({ studyOid, subject, onClose }: { studyOid: string; subject: Subject; onClose: () => void }) {
  const { t } = useLocale();
  const client = useQueryClient();
  const [status, setStatus] = useState<SubjectStatus | undefined>();
  const [date, setDate] = useState('');
  const [reason, setReason] = useState('');
  const [requestId] = useState(newRequestId);
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:changeStatus', {
      params: { path: { studyOid, subjectKey: subject.subjectKey } },
      body: { status: status ?? 'STATUS_UNSPECIFIED', statusDate: date, reason: reason.trim(), requestId },
    })),
    onSuccess: () => {
      void client.invalidateQueries();
      onClose();
    },
  });
  return (
    <Dialog title={t('subject.change')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <label>{t('filter.status')}
          <select className="input big" required value={status ?? ''} onChange={(event) => setStatus(event.target.value as SubjectStatus)}>
            <option value="" aria-label="–" />
            {NEXT.filter((one) => one !== subject.status).map((one) => <option key={one} value={one}>{t(SUBJECT[one].key)}</option>)}
          </select>
        </label>
        <DateField label={t('subject.since')} value={date} onChange={setDate} />
        <label>{t('reason.title')}<input className="input big" required value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={!status || date === '' || reason.trim() === '' || run.isPending}>{t('act.save')}</button></div>
      </form>
    </Dialog>
  );
}
