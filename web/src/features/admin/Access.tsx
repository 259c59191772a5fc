import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { UserTrail } from './UserTrail';

const PARTS = ['decisions', 'users', 'use'] as const;
const today = () => new Date().toISOString().slice(0, 10);

/** Who came in, who was refused, what sensitive data were read, and how the interface was used. */
export default function Access() {
  const { t } = useLocale();
  const [part, setPart] = useParam('part');
  const shown = PARTS.find((one) => one === part) ?? 'decisions';
  return (
    <Page title={t('nav.access')} help="access.help"
      actions={<a className="button" href="/v1/accessReview" download><Icon name="out" />{t('users.review')}</a>}>
      <div className="segments" role="radiogroup" aria-label={t('nav.access')}>
        {PARTS.map((one) => (
          <label key={one} className={one === shown ? 'segment chosen' : 'segment'}>
            <input type="radio" name="part" checked={one === shown} onChange={() => setPart(one === 'decisions' ? undefined : one)} />{t(`access.${one}` as Key)}
          </label>
        ))}
      </div>
      {shown === 'decisions' && <Decisions />}
      {shown === 'users' && <UserTrail />}
      {shown === 'use' && <Use />}
    </Page>
  );
}

function Decisions() {
  const { t, instant, count } = useLocale();
  const [day, setDay] = useState(today);
  const pages = useInfiniteQuery({
    queryKey: ['access', day],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/access/{day}', { params: { path: { day }, query: pageParam ? { pageToken: pageParam } : {} } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    enabled: day !== '',
  });
  const list = pages.data?.pages.flatMap(({ entries }) => entries);
  return (
    <section className="section">
      <div className="row-fields"><label>{t('access.day')}<input className="input" type="date" value={day} max={today()} onChange={(event) => setDay(event.target.value)} /></label><span className="fine">{t('access.utc')}</span></div>
      <Loaded from={{ data: list, error: pages.error, refetch: pages.refetch }}>
        {(entries) => entries.length === 0 ? <Empty title={t('access.nothing')} /> : (
          <div className="scroll-x">
            <table className="table">
              <thead><tr><th>{t('job.when')}</th><th>{t('access.what')}</th><th>{t('login.name')}</th><th>{t('access.act')}</th><th>{t('access.where')}</th><th className="number">{t('access.count')}</th></tr></thead>
              <tbody>
                {entries.map((one, at) => (
                  // Entries of a day have no name of their own and only grow in front.
                  // oxlint-disable-next-line react/no-array-index-key
                  <tr key={`${entries.length - at}`}>
                    <td className="nowrap">{instant(one.recordedAt)}</td>
                    <td><span className={`status tone-${one.kind === 'SensitiveRead' ? 'violet' : 'amber'}`}><Icon name={one.kind === 'SensitiveRead' ? 'shield' : 'cross'} />{t(`access.${one.kind}` as Key)}</span></td>
                    <td>{one.username ?? '–'}</td>
                    <td>{one.act && <code>{one.act}</code>} {one.what && <span className="fine">{one.what}</span>}</td>
                    <td>{[one.studyOid, one.siteOid].filter(Boolean).join(' · ')}</td>
                    <td className="number">{count(Number(one.count))}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {pages.hasNextPage && <div><button type="button" className="button" onClick={() => void pages.fetchNextPage()}>{t('act.more')}</button></div>}
    </section>
  );
}

function Use() {
  const { t, count } = useLocale();
  const [day, setDay] = useState(today);
  const pages = useInfiniteQuery({
    queryKey: ['apiUse', day],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/api-use/{day}', { params: { path: { day }, query: { pageSize: 200, ...(pageParam ? { pageToken: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    enabled: day !== '',
  });
  const list = pages.data?.pages.flatMap(({ uses }) => uses);
  return (
    <section className="section">
      <div className="row-fields"><label>{t('access.day')}<input className="input" type="date" value={day} max={today()} onChange={(event) => setDay(event.target.value)} /></label><span className="fine">{t('access.use.help')}</span></div>
      <Loaded from={{ data: list, error: pages.error, refetch: pages.refetch }}>
        {(uses) => uses.length === 0 ? <Empty title={t('access.nouse')} /> : (
          <div className="scroll-x">
            <table className="table">
              <thead><tr><th>{t('login.name')}</th><th>{t('access.key')}</th><th>{t('access.method')}</th><th>{t('access.result')}</th><th className="number">{t('access.count')}</th></tr></thead>
              <tbody>{uses.map((one) => <tr key={`${one.username}.${one.keyId ?? ''}.${one.method}.${one.result}`}><td>{one.username || '–'}</td><td>{one.keyId ? <code>{one.keyId}</code> : '–'}</td><td><code>{one.method}</code></td><td className={one.result === 'OK' ? undefined : 'tone-amber'}>{one.result}</td><td className="number">{count(Number(one.count))}</td></tr>)}</tbody>
            </table>
          </div>
        )}
      </Loaded>
      {pages.hasNextPage && <div><button type="button" className="button" onClick={() => void pages.fetchNextPage()}>{t('act.more')}</button></div>}
    </section>
  );
}
