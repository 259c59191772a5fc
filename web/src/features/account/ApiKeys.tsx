import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, Refused } from '../../api/client';
import { useLocale } from '../../i18n';
import { Loaded } from '../../ui/State';
import { refusalText } from '../../ui/refusal';

/** Keys with which programs call in the name of the user. A key is shown once. */
export function ApiKeys() {
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const [label, setLabel] = useState('');
  const keys = useQuery({ queryKey: ['apikeys'], queryFn: async () => (await ask(api.GET('/v1/apiKeys'))).apiKeys });
  const changed = () => void client.invalidateQueries({ queryKey: ['apikeys'] });
  const create = useMutation({ mutationFn: () => ask(api.POST('/v1/apiKeys', { body: { label: label.trim() } })), onSuccess: () => { setLabel(''); changed(); } });
  const revoke = useMutation({ mutationFn: (keyId: string) => ask(api.POST('/v1/apiKeys/{keyId}:revoke', { params: { path: { keyId } }, body: {} })), onSuccess: changed });
  const error = create.error ?? revoke.error;
  return (
    <section className="section">
      <h2>{t('keys.title')}</h2>
      <form className="row-fields" onSubmit={(event) => { event.preventDefault(); create.mutate(); }}>
        <label>{t('keys.label')}<input className="input" required value={label} onChange={(event) => setLabel(event.target.value)} /></label>
        <button type="submit" className="button" disabled={create.isPending}>{t('keys.create')}</button>
      </form>
      {create.data && <p role="status">{t('keys.once')} <code className="wrap">{create.data.key}</code></p>}
      {error && <p className="error" role="alert">{refusalText(error instanceof Refused ? error.reason : 'INCIDENT', t)}</p>}
      <Loaded from={keys}>
        {(list) => list.length === 0 ? <p className="fine">{t('keys.none')}</p> : (
          <table className="table">
            <thead><tr><th>{t('keys.label')}</th><th>{t('account.opened')}</th><th>{t('account.used')}</th><th>{t('account.ends')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
            <tbody>{list.map((key) => <tr key={key.keyId}><td>{key.label}</td><td>{instant(key.createdAt)}</td><td>{instant(key.lastUsedAt) || '–'}</td><td>{instant(key.expiresAt)}</td><td><button type="button" className="button small" onClick={() => revoke.mutate(key.keyId)}>{t('keys.revoke')}</button></td></tr>)}</tbody>
          </table>
        )}
      </Loaded>
    </section>
  );
}
