import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client';
import type { User } from '../../api/types';
import { useLocale } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';

/** Shows a client secret once, with the call by which a token is had for it. */
function Credentials({ clientId, secret }: { clientId: string; secret: string }) {
  const { t } = useLocale();
  const call = `curl ${window.location.origin}/v1/oauth/token \\\n  --data-urlencode grant_type=client_credentials \\\n  --data-urlencode client_id=${clientId} \\\n  --data-urlencode client_secret=…`;
  return (
    <div role="status">
      <p>{t('programs.once')}</p>
      <dl className="pairs">
        <div><dt>client_id</dt><dd><code>{clientId}</code></dd></div>
        <div><dt>client_secret</dt><dd><code className="wrap">{secret}</code></dd></div>
      </dl>
      <p className="fine">{t('programs.token')}</p>
      <pre className="codes-list">{call}</pre>
    </div>
  );
}

/** A new service account: a program that logs in by client credentials (OAuth 2). */
export function ProgramDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { t } = useLocale();
  const [username, setUsername] = useState('');
  const [fullName, setFullName] = useState('');
  const run = useMutation({ mutationFn: () => ask(api.POST('/v1/serviceAccounts', { body: { username: username.trim(), fullName: fullName.trim() } })), onSuccess: onDone });
  return (
    <Dialog title={t('programs.new')} isOpen isWide onClose={onClose}>
      {run.data ? <Credentials clientId={username.trim()} secret={run.data.clientSecret} /> : (
        <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
          <p className="fine">{t('programs.help')}</p>
          <label>{t('programs.id')}<input className="input big" required autoFocus autoComplete="off" value={username} onChange={(event) => setUsername(event.target.value)} /></label>
          <label>{t('programs.what')}<input className="input big" required autoComplete="off" value={fullName} onChange={(event) => setFullName(event.target.value)} /></label>
          {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
          <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t('programs.new')}</button></div>
        </form>
      )}
    </Dialog>
  );
}

/** Another secret for a service account; the old one ends at once or after a day. */
export function RotateDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useLocale();
  const [overlaps, setOverlaps] = useState(true);
  const run = useMutation({ mutationFn: () => ask(api.POST('/v1/serviceAccounts/{username}:rotateSecret', { params: { path: { username: user.username } }, body: overlaps ? { overlapSeconds: 86_400 } : {} })) });
  return (
    <Dialog title={`${t('programs.rotate')}: ${user.username}`} isOpen isWide onClose={onClose}>
      {run.data ? <Credentials clientId={user.username} secret={run.data.clientSecret} /> : (
        <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
          <label className="radio"><input type="checkbox" checked={overlaps} onChange={(event) => setOverlaps(event.target.checked)} />{t('programs.overlap')}</label>
          {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
          <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t('programs.rotate')}</button></div>
        </form>
      )}
    </Dialog>
  );
}
