import { useMutation } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { Link } from 'wouter';
import { api, ask, Refused } from '../../api/client';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { Frame, type FrameProps } from './Frame';

/**
 * Sets the first password of an invited user, or another one for somebody who has forgotten it. The
 * token stands in the address behind the hash sign, which no server sees.
 */
export default function NewPassword({ theme, onTheme, isInvitation }: FrameProps & { isInvitation: boolean }) {
  const { t } = useLocale();
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get('token') ?? '');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const run = useMutation({
    mutationFn: async () => {
      if (isInvitation) await ask(api.POST('/v1/invitations:accept', { body: { token, password } }));
      else await ask(api.POST('/v1/password:reset', { body: { token, newPassword: password } }));
    },
    // The token is used up: it need not stay in the address.
    onSuccess: () => window.history.replaceState(null, '', window.location.pathname),
  });
  const isDifferent = again !== '' && again !== password;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (password === again) run.mutate();
  };
  const refused = run.error instanceof Refused ? run.error : undefined;
  const reason = refused?.reason === 'INVALID_ARGUMENT' ? 'PASSWORD_WEAK' : (refused?.reason ?? 'INCIDENT');
  return (
    <Frame theme={theme} onTheme={onTheme}>
      <h2>{t(isInvitation ? 'login.accept' : 'login.reset')}</h2>
      {run.isSuccess ? (
        <>
          <p role="status"><Icon name="check" /> {t('login.set')}</p>
          <Link className="button primary big" href="/">{t('login.in')}</Link>
        </>
      ) : token === '' ? (
        <p className="error" role="alert"><Icon name="dot" />{t('login.notoken')}</p>
      ) : (
        <form onSubmit={submit}>
          <label>{t('account.new')}
            <input className="input big" type="password" autoComplete="new-password" autoFocus required minLength={12} value={password} onChange={(event) => setPassword(event.target.value)} />
          </label>
          <label>{t('login.again')}
            <input className="input big" type="password" autoComplete="new-password" required aria-invalid={isDifferent || undefined} value={again} onChange={(event) => setAgain(event.target.value)} />
          </label>
          {isDifferent && <p className="error" role="alert"><Icon name="dot" />{t('login.different')}</p>}
          <p className="fine">{t('login.rules')}</p>
          {run.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(reason, t)}</p>}
          <button type="submit" className="button primary big" disabled={run.isPending || isDifferent}>{t('login.setit')}</button>
        </form>
      )}
    </Frame>
  );
}
