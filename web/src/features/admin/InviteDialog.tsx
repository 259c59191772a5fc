import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';

export function InviteDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { t, instant } = useLocale();
  const say = useSay();
  const [username, setUsername] = useState('');
  const [fullName, setFullName] = useState('');
  const [email, setEmail] = useState('');
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/invitations', { body: { username: username.trim(), fullName: fullName.trim(), email: email.trim() } })),
    onSuccess: ({ expiresAt }) => {
      say(t('users.invited', { at: instant(expiresAt) }));
      onDone();
    },
  });
  return (
    <Dialog title={t('users.invite')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <label>{t('login.name')}<input className="input big" required autoComplete="off" value={username} onChange={(event) => setUsername(event.target.value)} /></label>
        <label>{t('users.fullname')}<input className="input big" required autoComplete="off" value={fullName} onChange={(event) => setFullName(event.target.value)} /></label>
        <label>{t('users.email')}<input className="input big" type="email" required autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t('users.invite')}</button></div>
      </form>
    </Dialog>
  );
}
