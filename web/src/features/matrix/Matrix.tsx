import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useParams } from 'wouter';
import { api, ask } from '../../api/client';
import type { MatrixRow, SubjectStatus } from '../../api/types';
import { useLocale, type Key } from '../../i18n';
import { useParam } from '../../lib/url';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { ENTRY, QUERY, Status, SUBJECT, TIMING } from '../../ui/Status';
import { Grid } from './Grid';
import './matrix.css';

const PAGE_ROWS = 200;
const SHOWN = ['all', 'queries', 'overdue'] as const;
export const STATUSES: SubjectStatus[] = ['SCREENING', 'SCREEN_FAILED', 'ENROLLED', 'COMPLETED', 'DISCONTINUED'];

export function useMatrix(studyOid: string, siteOid: string | undefined, status: SubjectStatus | undefined) {
  return useInfiniteQuery({
    queryKey: ['matrix', studyOid, siteOid, status],
    queryFn: async ({ pageParam }) => {
      const query = { pageSize: PAGE_ROWS, ...(siteOid ? { siteOid } : {}), ...(status ? { status } : {}), ...(pageParam ? { pageToken: pageParam } : {}) };
      const { matrix, nextPageToken } = await ask(api.GET('/v1/studies/{studyOid}/matrix', { params: { path: { studyOid }, query } }));
      return { columns: matrix?.columns ?? [], rows: matrix?.rows ?? [], nextPageToken };
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
  });
}

function isShown(row: MatrixRow, find: string, only: string): boolean {
  if (find && !row.subjectKey.toLowerCase().includes(find)) return false;
  if (only === 'queries') return row.cells.some(({ openQueryCount }) => openQueryCount > 0);
  if (only === 'overdue') return row.cells.some(({ timing }) => timing === 'OVERDUE');
  return true;
}

export default function Matrix() {
  const { study } = useParams<{ study: string }>();
  const { t, count } = useLocale();
  const [site] = useParam('site');
  const [status, setStatus] = useParam('status');
  const [find = '', setFind] = useParam('find');
  const [only = 'all', setOnly] = useParam('only');
  const found = useMatrix(study, site, status as SubjectStatus | undefined);
  const pages = found.data?.pages;
  const columns = pages?.[0]?.columns ?? [];
  const wanted = find.trim().toLowerCase();
  const loaded = useMemo(() => pages?.flatMap((page) => page.rows) ?? [], [pages]);
  const rows = useMemo(() => loaded.filter((row) => isShown(row, wanted, only)), [loaded, wanted, only]);
  const isFiltered = wanted !== '' || only !== 'all';
  return (
    <Page title={t('nav.matrix')} help="matrix.help" isFull>
      <div className="filters">
        <input className="input" type="search" aria-label={t('filter.subject')} placeholder={t('filter.subject')} value={find} onChange={(event) => setFind(event.target.value)} />
        <select className="input" aria-label={t('filter.status')} value={status ?? ''} onChange={(event) => setStatus(event.target.value || undefined)}>
          <option value="">{t('filter.anystatus')}</option>
          {STATUSES.map((one) => <option key={one} value={one}>{t(SUBJECT[one].key)}</option>)}
        </select>
        <div className="segments" role="radiogroup" aria-label={t('filter.only')}>
          {SHOWN.map((one) => (
            <label key={one} className={only === one ? 'segment chosen' : 'segment'}>
              <input type="radio" name="only" checked={only === one} onChange={() => setOnly(one === 'all' ? undefined : one)} />
              {t(`matrix.only.${one}` as Key)}
            </label>
          ))}
        </div>
        <span className="fine">
          {t(found.hasNextPage ? 'matrix.loaded' : 'matrix.count', { n: count(rows.length), of: count(loaded.length) })}
          {isFiltered && found.hasNextPage && ` · ${t('matrix.partly')}`}
        </span>
        {isFiltered && found.hasNextPage && <button type="button" className="button small" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
      </div>
      {found.error && !pages && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {!pages && !found.error && <Loading />}
      {pages && rows.length === 0 && <Empty title={t('matrix.empty')}>{t('matrix.empty.next')}</Empty>}
      {pages && rows.length > 0 && <Grid studyOid={study} columns={columns} rows={rows} onEnd={() => !isFiltered && found.hasNextPage && !found.isFetching && void found.fetchNextPage()} />}
      <div className="legend">
        {[ENTRY.NOT_STARTED, ENTRY.IN_PROGRESS, ENTRY.COMPLETE, TIMING.IN_WINDOW, TIMING.OVERDUE, TIMING.DONE_OUT_OF_WINDOW, QUERY.OPEN].map((look) => <Status key={look.key} look={look} />)}
      </div>
    </Page>
  );
}
