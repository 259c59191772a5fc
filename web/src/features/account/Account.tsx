import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, Refused } from '../../api/client';
import { forget, useUser } from '../../lib/session';
import { useLocale } from '../../i18n';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { ApiKeys } from './ApiKeys';
import { Providers } from './Providers';
import { SecondFactor } from './SecondFactor';

export default function Account() {
  const { t } = useLocale();
  const user = useUser();
  return (
    <Page title={t('nav.account')} help="account.help">
      <p className="lead"><strong>{user.fullName}</strong> · {user.username} {user.email && `· ${user.email}`}</p>
      <Password />
      <SecondFactor />
      <Providers />
      <Sessions />
      <ApiKeys />
    </Page>
  );
}

function Password() {
  const { t } = useLocale();
  const client = useQueryClient();
  const [before, setBefore] = useState('');
  const [next, setNext] = useState('');
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/password:change', { body: { oldPassword: before, newPassword: next } })),
    onSuccess: () => forget(client),
  });
  const reason = run.error instanceof Refused ? (run.error.reason === 'INVALID_ARGUMENT' ? 'PASSWORD_WEAK' : run.error.reason) : 'INCIDENT';
  return (
    <section className="section narrow">
      <h2>{t('account.password')}</h2>
      <form className="row-fields" onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <label>{t('account.old')}<input className="input" type="password" autoComplete="current-password" required value={before} onChange={(event) => setBefore(event.target.value)} /></label>
        <label>{t('account.new')}<input className="input" type="password" autoComplete="new-password" minLength={12} required value={next} onChange={(event) => setNext(event.target.value)} /></label>
        <button type="submit" className="button" disabled={run.isPending}>{t('account.change')}</button>
      </form>
      <p className="fine">{t('account.rules')}</p>
      {run.error && <p className="error" role="alert">{refusalText(reason, t)}</p>}
    </section>
  );
}

function Sessions() {
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: async () => (await ask(api.GET('/v1/sessions'))).sessions });
  const end = useMutation({
    mutationFn: (sessionId: string) => ask(api.POST('/v1/sessions/{sessionId}:revoke', { params: { path: { sessionId } }, body: {} })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <section className="section">
      <h2>{t('account.sessions')}</h2>
      <Loaded from={sessions}>
        {(list) => (
          <table className="table">
            <thead><tr><th>{t('account.opened')}</th><th>{t('account.used')}</th><th>{t('account.ends')}</th><th>{t('account.method')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
            <tbody>
              {list.map((session) => (
                <tr key={session.sessionId}>
                  <td>{instant(session.openedAt)}</td><td>{instant(session.lastUsedAt)}</td><td>{instant(session.endsAt)}</td><td>{session.method}</td>
                  <td>{session.isCurrent ? <span className="tag">{t('account.this')}</span> : <button type="button" className="button small" onClick={() => end.mutate(session.sessionId)}>{t('account.end')}</button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </section>
  );
}
