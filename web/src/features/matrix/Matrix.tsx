import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { useParams } from 'wouter';
import { api, ask } from '../../api/client';
import type { MatrixColumn } from '../../api/types';
import { useLocale } from '../../i18n';
import { usePaged } from '../../lib/pages';
import { useSubjectFilters } from '../../lib/subjects';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { ENTRY, QUERY, Status, TIMING } from '../../ui/Status';
import { SubjectFilterBar } from '../../ui/SubjectFilterBar';
import { Grid } from './Grid';
import './matrix.css';

const PAGE_ROWS = 100;
const COLUMNS_FRESH_MS = 60_000;

export default function Matrix() {
  const { study } = useParams<{ study: string }>();
  const { t } = useLocale();
  const chosen = useSubjectFilters();
  const { filters } = chosen;
  const client = useQueryClient();
  const columnsKey = useMemo(() => ['matrix', study, 'columns'], [study]);
  const queryKey = useMemo(() => ['matrix', study, filters], [study, filters]);
  const page = useCallback(
    async (pageToken: string, pageSize: number) => {
      const query = { pageSize, ...filters, ...(pageToken ? { pageToken } : {}) };
      const { matrix, nextPageToken } = await ask(api.GET('/v1/studies/{studyOid}/matrix', { params: { path: { studyOid: study }, query } }));
      client.setQueryData(columnsKey, matrix?.columns ?? []);
      return { rows: matrix?.rows ?? [], nextPageToken };
    },
    [client, columnsKey, study, filters],
  );
  // Every page tells the columns; a page that is remembered from before does not tell them again.
  const columns = useQuery({
    queryKey: columnsKey,
    queryFn: async (): Promise<MatrixColumn[]> => (await ask(api.GET('/v1/studies/{studyOid}/matrix', { params: { path: { studyOid: study }, query: { pageSize: 1 } } }))).matrix?.columns ?? [],
    staleTime: COLUMNS_FRESH_MS,
  });
  const outline = () => ask(api.GET('/v1/studies/{studyOid}/subjects:outline', { params: { path: { studyOid: study }, query: { pageSize: PAGE_ROWS, ...filters } } }));
  const rows = usePaged({ queryKey, pageRows: PAGE_ROWS, outline, page });
  const isReady = !rows.isLoading && !rows.error && columns.data !== undefined;
  return (
    <Page title={t('nav.matrix')} help="matrix.help" isFull>
      <SubjectFilterBar filters={chosen}>
        {isReady && <span className="fine" role="status">{t(rows.isWhole ? 'matrix.fit' : 'matrix.fitmore', { n: rows.count })}</span>}
      </SubjectFilterBar>
      {rows.error && <Failed error={rows.error} onRetry={rows.refetch} />}
      {rows.isLoading && !rows.error && <Loading />}
      {isReady && rows.count === 0 && <Empty title={t('matrix.empty')}>{t('matrix.empty.next')}</Empty>}
      {isReady && rows.count > 0 && <Grid key={JSON.stringify(filters)} studyOid={study} columns={columns.data ?? []} rows={rows} />}
      <div className="legend">
        {[ENTRY.NOT_STARTED, ENTRY.IN_PROGRESS, ENTRY.COMPLETE, TIMING.IN_WINDOW, TIMING.OVERDUE, TIMING.DONE_OUT_OF_WINDOW, QUERY.OPEN].map((look) => <Status key={look.key} look={look} />)}
      </div>
    </Page>
  );
}
