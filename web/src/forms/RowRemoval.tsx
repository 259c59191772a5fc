import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../api/client';
import { useLocale } from '../i18n';
import { Dialog } from '../ui/Dialog';
import { refusalText } from '../ui/refusal';
import { useForm, useFormState } from './context';
import type { Row } from './store';

const PATH = '/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}/groups/{itemGroupOid}/{itemGroupRepeatKey}';

/** Takes a row away, or brings it back, with a reason. Nothing is deleted. */
export function RowRemoval({ group, row, onClose }: { group: string; row: Row; onClose: () => void }) {
  const { t } = useLocale();
  const { store, reload } = useForm();
  const { version } = useFormState();
  const [reason, setReason] = useState('');
  const [requestId] = useState(newRequestId);
  const run = useMutation({
    mutationFn: async () => {
      const params = { path: { ...store.place, itemGroupOid: group, itemGroupRepeatKey: row.key } };
      const body = { reason: reason.trim(), seenVersion: version, requestId };
      return row.isRemoved ? ask(api.POST(`${PATH}:restore`, { params, body })) : ask(api.POST(`${PATH}:remove`, { params, body }));
    },
    onSuccess: (answer) => {
      store.setVersion(answer.version);
      reload();
      onClose();
    },
  });
  const title = t(row.isRemoved ? 'row.restore' : 'row.remove', { n: row.key });
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p>{t('row.kept')}</p>
        <label>{t('reason.title')}<input className="input big" autoFocus required value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={reason.trim() === '' || run.isPending}>{title}</button></div>
      </form>
    </Dialog>
  );
}
