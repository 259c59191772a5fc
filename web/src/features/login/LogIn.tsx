import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type SubmitEvent } from 'react';
import { useLocation } from 'wouter';
import { api, ask, Refused } from '../../api/client';
import { comeBack, leaveFor } from '../../lib/oidc';
import { remember } from '../../lib/session';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { Frame, type FrameProps } from './Frame';

export default function LogIn(frame: FrameProps) {
  const { t } = useLocale();
  const [isForgotten, setForgotten] = useState(false);
  return (
    <Frame {...frame}>
      <p className="fine">{t('login.what')}</p>
      {isForgotten ? (
        <Forgotten onBack={() => setForgotten(false)} />
      ) : (
        <>
          <Credentials />
          <button type="button" className="button plain" onClick={() => setForgotten(true)}>{t('login.forgotten')}</button>
          <Providers />
        </>
      )}
      <p className="fine">{t('login.recorded')}</p>
    </Frame>
  );
}

/** Whether there is such a user is not told: the answer is the same. */
function Forgotten({ onBack }: { onBack: () => void }) {
  const { t } = useLocale();
  const [name, setName] = useState('');
  const run = useMutation({ mutationFn: () => ask(api.POST('/v1/password:requestReset', { body: { username: name.trim() } })) });
  return (
    <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
      <h2>{t('login.forgotten')}</h2>
      {run.isSuccess ? <p role="status">{t('login.mailed')}</p> : (
        <>
          <label>{t('login.name')}
            <input className="input big" autoComplete="username" autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
          </label>
          <button type="submit" className="button primary big" disabled={run.isPending}>{t('login.mail')}</button>
        </>
      )}
      {run.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(run.error, t)}</p>}
      <button type="button" className="button plain" onClick={onBack}>{t('login.back')}</button>
    </form>
  );
}

function Credentials() {
  const { t } = useLocale();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState<string | undefined>();
  const [refused, setRefused] = useState<string | undefined>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused(undefined);
    try {
      const body = { username: name.trim(), password, ...(code ? { code: code.trim() } : {}) };
      const { user } = await ask(api.POST('/v1/sessions', { body }));
      remember(client, user);
    } catch (error) {
      const reason = error instanceof Refused ? error.reason : 'INCIDENT';
      if (reason === 'CODE_NEEDED' && code === undefined) setCode('');
      else setRefused(reason === 'UNAUTHENTICATED' ? 'LOG_IN_FAILED' : reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>{t('login.name')}
        <input className="input big" autoComplete="username" autoFocus required value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <label>{t('login.password')}
        <input className="input big" type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      </label>
      {code !== undefined && (
        <label>{t('login.code')}
          <input className="input big" inputMode="numeric" autoComplete="one-time-code" autoFocus required value={code} onChange={(event) => setCode(event.target.value)} />
        </label>
      )}
      {refused && <p className="error" role="alert"><Icon name="dot" />{refusalText(refused, t)}</p>}
      <button type="submit" className="button primary big" disabled={isBusy}>{t('login.in')}</button>
    </form>
  );
}

/** Log-in by the institution, where it is set up. */
function Providers() {
  const { t } = useLocale();
  const found = useQuery({
    queryKey: ['providers'],
    queryFn: async () => (await ask(api.GET('/v1/oidc/providers'))).providers,
    staleTime: Infinity,
  });
  const client = useQueryClient();
  const [, go] = useLocation();
  const [refused, setRefused] = useState<string | undefined>();
  const fail = (error: unknown) => setRefused(error instanceof Refused ? error.reason : 'INCIDENT');
  const start = async (providerId: string) => leaveFor(await ask(api.POST('/v1/oidc/providers/{providerId}:logIn', { params: { path: { providerId } }, body: {} })));
  useEffect(() => {
    const back = comeBack();
    if (!back) return;
    back.then(({ logIn }) => {
      if (!logIn) return;
      go('/', { replace: true });
      remember(client, logIn.user);
    }).catch(fail);
  }, [client, go]);
  const buttons = (found.data ?? []).map(({ providerId, displayName }) => (
    <button key={providerId} type="button" className="button big" onClick={() => start(providerId).catch(fail)}>
      {t('login.by', { name: displayName })}
    </button>
  ));
  return (
    <>
      {buttons}
      {refused && <p className="error" role="alert"><Icon name="dot" />{refusalText(refused, t)}</p>}
    </>
  );
}
