import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { en } from '../../i18n/en';
import { useParam } from '../../lib/url';
import { Empty, Loaded } from '../../ui/State';

const isKey = (key: string): key is Key => key in en;

/** Everything that happened to one user: log-ins and failures, roles, keys, second factor. */
export function UserTrail() {
  const { t, instant } = useLocale();
  const [username, setUsername] = useParam('user');
  const users = useQuery({
    queryKey: ['users'],
    queryFn: async () => (await ask(api.GET('/v1/users', { params: { query: { pageSize: 500 } } }))).users,
    retry: false,
  });
  const pages = useInfiniteQuery({
    queryKey: ['userEntries', username],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/users/{username}/entries', { params: { path: { username: username ?? '' }, query: pageParam ? { pageToken: pageParam } : {} } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    enabled: username !== undefined,
  });
  const list = pages.data?.pages.flatMap(({ entries }) => entries);
  return (
    <section className="section">
      <div className="row-fields">
        <label>{t('login.name')}
          <input className="input" list="trail-users" value={username ?? ''} onChange={(event) => setUsername(event.target.value || undefined)} />
          <datalist id="trail-users">{users.data?.map((user) => <option key={user.username} value={user.username}>{user.fullName}</option>)}</datalist>
        </label>
      </div>
      {username === undefined ? <Empty title={t('access.chooseuser')} /> : (
        <Loaded from={{ data: list, error: pages.error, refetch: pages.refetch }}>
          {(entries) => (
            <div className="scroll-x">
              <table className="table">
                <thead><tr><th className="number">#</th><th>{t('job.when')}</th><th>{t('access.what')}</th><th>{t('access.about')}</th><th>{t('job.who')}</th><th>{t('access.door')}</th><th>{t('reason.title')}</th></tr></thead>
                <tbody>
                  {entries.map((one) => {
                    const key = `event.${one.kind}`;
                    const isBad = one.kind === 'LogInFailed' || one.kind === 'LockedOut';
                    return (
                      <tr key={one.sequence}>
                        <td className="number">{one.sequence}</td>
                        <td className="nowrap">{instant(one.recordedAt)}</td>
                        <td className={isBad ? 'tone-red' : undefined}>{isKey(key) ? t(key) : one.kind}</td>
                        <td>{one.about && <code>{one.about}</code>}</td>
                        <td>{one.actor || '–'} <span className="fine">{one.role}</span></td>
                        <td>{one.origin}</td>
                        <td>{one.reason}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )}
        </Loaded>
      )}
      {pages.hasNextPage && <div><button type="button" className="button" onClick={() => void pages.fetchNextPage()}>{t('act.more')}</button></div>}
    </section>
  );
}
