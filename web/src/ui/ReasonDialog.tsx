import { useState } from 'react';
import { useLocale } from '../i18n';
import { Dialog } from './Dialog';

export function ReasonDialog({ title, onClose, onGive }: { title: string; onClose: () => void; onGive: (reason: string) => void }) {
  const { t } = useLocale();
  const [reason, setReason] = useState('');
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); onGive(reason.trim()); }}>
        <label>{t('reason.title')}<input className="input big" autoFocus required value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={reason.trim() === ''}>{title}</button></div>
      </form>
    </Dialog>
  );
}
