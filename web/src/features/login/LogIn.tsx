import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type SubmitEvent } from 'react';
import { useLocation } from 'wouter';
import { api, ask, Refused } from '../../api/client';
import { remember } from '../../lib/session';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import type { Theme } from '../../ui/theme';
import './login.css';

const FLOW = 'casebook.oidc';
/** Where the provider sends the browser back to. */
const CALLBACK = '/oidc/callback';

export default function LogIn({ theme, onTheme }: { theme: Theme; onTheme: () => void }) {
  const { t, language, setLanguage } = useLocale();
  return (
    <div className="login">
      <div className="login-tools">
        <button type="button" className="button plain" onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}>
          <Icon name="globe" />{language === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" className="button plain square" aria-label={t(theme === 'dark' ? 'nav.light' : 'nav.dark')} onClick={onTheme}>
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
      </div>
      <main className="login-card">
        <h1><img src="/icon.svg" alt="" width="32" height="32" />Casebook</h1>
        <p className="fine">{t('login.what')}</p>
        <Credentials />
        <Providers />
        <p className="fine">{t('login.recorded')}</p>
      </main>
    </div>
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
  const start = async (providerId: string) => {
    const path = { providerId };
    const { authorizationUrl, flowSecret } = await ask(api.POST('/v1/oidc/providers/{providerId}:logIn', { params: { path }, body: {} }));
    sessionStorage.setItem(FLOW, flowSecret);
    window.location.assign(authorizationUrl);
  };
  useEffect(() => {
    const flowSecret = sessionStorage.getItem(FLOW);
    if (window.location.pathname !== CALLBACK || !flowSecret) return;
    sessionStorage.removeItem(FLOW);
    const sent = new URLSearchParams(window.location.search);
    const body = { state: sent.get('state') ?? '', code: sent.get('code') ?? '', flowSecret };
    ask(api.POST('/v1/oidc:finish', { body })).then(({ logIn }) => {
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
