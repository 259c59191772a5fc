import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask, Refused } from '../../api/client';
import { comeBack, leaveFor } from '../../lib/oidc';
import { useUser } from '../../lib/session';
import { useLocale } from '../../i18n';
import { Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';

const reasonOf = (error: unknown) => (error instanceof Refused ? error.reason : 'INCIDENT');

/** Log-in by an institution instead of a password: the account is linked with the one there. */
export function Providers() {
  const { t } = useLocale();
  const client = useQueryClient();
  const { linkedProviders } = useUser();
  const found = useQuery({ queryKey: ['providers'], queryFn: async () => (await ask(api.GET('/v1/oidc/providers'))).providers, staleTime: Infinity });
  const link = useMutation({ mutationFn: (providerId: string) => ask(api.POST('/v1/oidc/providers/{providerId}:link', { params: { path: { providerId } }, body: {} })), onSuccess: leaveFor });
  const unlink = useMutation({
    mutationFn: (providerId: string) => ask(api.POST('/v1/oidc/providers/{providerId}:unlink', { params: { path: { providerId } }, body: {} })),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['caller'] }),
  });
  const error = link.error ?? unlink.error;
  if (!found.data || found.data.length === 0) return null;
  return (
    <section className="section narrow">
      <h2>{t('account.providers')}</h2>
      <p className="fine">{t('account.providers.what')}</p>
      {found.data.map(({ providerId, displayName }) => {
        const isLinked = linkedProviders.includes(providerId);
        return (
          <div key={providerId} className="providers-line">
            <strong>{displayName}</strong>
            {isLinked && <span className="tag">{t('account.linked')}</span>}
            <button type="button" className="button" disabled={link.isPending || unlink.isPending} onClick={() => (isLinked ? unlink : link).mutate(providerId)}>
              {t(isLinked ? 'account.unlink' : 'account.link')}
            </button>
          </div>
        );
      })}
      {error && <p className="error" role="alert">{refusalText(reasonOf(error), t)}</p>}
    </section>
  );
}

/** Somebody who is logged in comes back from a provider: the account is linked. */
export default function FinishLink() {
  const { t } = useLocale();
  const client = useQueryClient();
  const [, go] = useLocation();
  const [refused, setRefused] = useState<string | undefined>();
  useEffect(() => {
    const back = comeBack();
    if (!back) return;
    void back.then(
      () => {
        void client.invalidateQueries({ queryKey: ['caller'] });
        go('/account', { replace: true });
      },
      (error: unknown) => setRefused(reasonOf(error)),
    );
  }, [client, go]);
  return <Page title={t('account.providers')}>{refused ? <p className="error" role="alert">{refusalText(refused, t)}</p> : <Loading />}</Page>;
}
