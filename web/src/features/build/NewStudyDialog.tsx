import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { useForgetDraft } from './draft';

/** A study that begins with nothing: its events and forms are made in the draft. */
export function NewStudyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLocale();
  const [, go] = useLocation();
  const [oid, setOid] = useState('');
  const [name, setName] = useState('');
  const [protocol, setProtocol] = useState('');
  const [requestId] = useState(newRequestId);
  const forget = useForgetDraft(oid);
  const begin = useMutation({
    mutationFn: () => {
      const body = { studyName: name.trim(), requestId, ...(protocol.trim() ? { protocolName: protocol.trim() } : {}) };
      return ask(api.POST('/v1/studies/{studyOid}/draft:begin', { params: { path: { studyOid: oid } }, body }));
    },
    onSuccess: () => {
      forget();
      onClose();
      go(studyPath(oid, '/build/draft?part=events'));
    },
  });
  return (
    <Dialog title={t('study.new')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); begin.mutate(); }}>
        <label>{t('study.name')}<input className="input big" required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} /></label>
        <label>{t('draft.study')}<input className="input big" required pattern="\S{1,128}" autoComplete="off" value={oid} onChange={(event) => setOid(event.target.value.trim())} /><span className="fine">{t('study.oid.hint')}</span></label>
        <label>{t('study.protocol')}<input className="input big" autoComplete="off" value={protocol} onChange={(event) => setProtocol(event.target.value)} /></label>
        <p className="fine">{t('study.new.what')}</p>
        {begin.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(begin.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={oid === '' || name.trim() === '' || begin.isPending}>{t('study.new')}</button></div>
      </form>
    </Dialog>
  );
}
