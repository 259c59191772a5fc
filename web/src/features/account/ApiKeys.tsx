import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client';
import { useLocale } from '../../i18n';
import { useStudies } from '../../lib/study';
import { Loaded } from '../../ui/State';
import { refusalText } from '../../ui/refusal';

const DAYS = [30, 90, 366] as const;
const DAY_MS = 86_400_000;
/** What a key may be limited to: looking and taking out. */
const READING = ['read_study', 'read_data', 'export_data'];

/** Keys with which programs call in the name of the user. A key is shown once. */
export function ApiKeys() {
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const studies = useStudies().data ?? [];
  const [label, setLabel] = useState('');
  const [days, setDays] = useState<number>(90);
  const [study, setStudy] = useState('');
  const [readsOnly, setReadsOnly] = useState(true);
  const keys = useQuery({ queryKey: ['apikeys'], queryFn: async () => (await ask(api.GET('/v1/apiKeys'))).apiKeys });
  const changed = () => void client.invalidateQueries({ queryKey: ['apikeys'] });
  const create = useMutation({
    mutationFn: () => ask(api.POST('/v1/apiKeys', {
      body: {
        label: label.trim(), expiresAt: new Date(Date.now() + days * DAY_MS - 60_000).toISOString(),
        acts: readsOnly ? READING : [], studyOids: study ? [study] : [],
      },
    })),
    onSuccess: () => { setLabel(''); changed(); },
  });
  const revoke = useMutation({ mutationFn: (keyId: string) => ask(api.POST('/v1/apiKeys/{keyId}:revoke', { params: { path: { keyId } }, body: {} })), onSuccess: changed });
  const rotate = useMutation({ mutationFn: (keyId: string) => ask(api.POST('/v1/apiKeys/{keyId}:rotate', { params: { path: { keyId } }, body: {} })), onSuccess: changed });
  const error = create.error ?? revoke.error ?? rotate.error;
  const shown = rotate.data?.key ?? create.data?.key;
  return (
    <section className="section">
      <h2>{t('keys.title')}</h2>
      <form className="row-fields" onSubmit={(event) => { event.preventDefault(); rotate.reset(); create.mutate(); }}>
        <label>{t('keys.label')}<input className="input" required value={label} onChange={(event) => setLabel(event.target.value)} /></label>
        <label>{t('keys.days')}<select className="input" value={days} onChange={(event) => setDays(Number(event.target.value))}>{DAYS.map((one) => <option key={one} value={one}>{t('keys.ndays', { n: one })}</option>)}</select></label>
        <label>{t('scope.study')}<select className="input" value={study} onChange={(event) => setStudy(event.target.value)}><option value="">{t('users.allstudies')}</option>{studies.map((one) => <option key={one.studyOid} value={one.studyOid}>{one.protocolName || one.studyOid}</option>)}</select></label>
        <label>{t('keys.limit')}<select className="input" value={readsOnly ? 'read' : ''} onChange={(event) => setReadsOnly(event.target.value === 'read')}><option value="read">{t('keys.reading')}</option><option value="">{t('keys.nolimit')}</option></select></label>
        <button type="submit" className="button" disabled={create.isPending}>{t('keys.create')}</button>
      </form>
      {shown && <p role="status">{t('keys.once')} <code className="wrap">{shown}</code></p>}
      {error && <p className="error" role="alert">{refusalText(error, t)}</p>}
      <Loaded from={keys}>
        {(list) => list.length === 0 ? <p className="fine">{t('keys.none')}</p> : (
          <div className="scroll-x">
            <table className="table">
              <thead><tr><th>{t('keys.label')}</th><th>{t('keys.limit')}</th><th>{t('account.opened')}</th><th>{t('account.used')}</th><th>{t('account.ends')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
              <tbody>
                {list.map((key) => (
                  <tr key={key.keyId}>
                    <td>{key.label}<div className="fine"><code>{key.keyId}</code></div></td>
                    <td className="fine">{key.acts.length === 0 ? t('keys.nolimit') : key.acts.join(', ')}{key.studyOids.length > 0 && ` · ${key.studyOids.join(', ')}`}</td>
                    <td>{instant(key.createdAt)}</td><td>{instant(key.lastUsedAt) || '–'}</td><td>{instant(key.expiresAt)}</td>
                    <td><div className="actions">
                      {!key.replacedBy && <button type="button" className="button small" onClick={() => rotate.mutate(key.keyId)}>{t('keys.rotate')}</button>}
                      <button type="button" className="button small" onClick={() => revoke.mutate(key.keyId)}>{t('keys.revoke')}</button>
                    </div></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </section>
  );
}
