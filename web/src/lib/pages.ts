import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { Schemas } from '../api/client';

/** Pages out of view are forgotten after a minute, so that no list is ever held as a whole. */
const FORGET_MS = 60_000;
const FRESH_MS = 30_000;

type Source<Row> = {
  /** What the list is, with all its filters. */
  queryKey: unknown[];
  pageRows: number;
  outline: () => Promise<Schemas['OutlineSubjectsResponse']>;
  /** As many rows as there are behind a token, or fewer with the token behind which to go on looking. */
  page: (pageToken: string, pageSize: number) => Promise<{ rows: Row[]; nextPageToken?: string | undefined }>;
};

/** A whole page: where few rows fit, the server looks through many before it has one together. */
async function wholePage<Row>(page: Source<Row>['page'], token: string, pageRows: number): Promise<Row[]> {
  const all: Row[] = [];
  let next: string | undefined = token;
  while (next !== undefined && all.length < pageRows) {
    const found: Awaited<ReturnType<Source<Row>['page']>> = await page(next, pageRows - all.length);
    all.push(...found.rows);
    next = found.nextPageToken;
  }
  return all;
}

export type Paged<Row> = {
  count: number;
  /** Whether all rows are counted. */
  isWhole: boolean;
  row: (index: number) => Row | undefined;
  /** Says which rows are in view; their pages are read. */
  show: (from: number, to: number) => void;
  /** A row that need not be in view. */
  fetchRow: (index: number) => Promise<Row | undefined>;
  isLoading: boolean;
  error: Error | null;
  refetch: () => void;
};

/** A long list of which only the pages in view are read, wherever they are. */
export function usePaged<Row>({ queryKey, pageRows, outline, page }: Source<Row>): Paged<Row> {
  const client = useQueryClient();
  const [range, setRange] = useState({ from: 0, to: 0 });
  const outlined = useQuery({ queryKey: [...queryKey, 'outline'], queryFn: outline, staleTime: FRESH_MS });
  const tokens = useMemo(() => ['', ...(outlined.data?.pageTokens ?? [])], [outlined.data]);
  const from = Math.min(range.from, tokens.length - 1);
  const options = useCallback((token: string) => ({ queryKey: [...queryKey, 'page', token], queryFn: () => wholePage(page, token, pageRows), staleTime: FRESH_MS, gcTime: FORGET_MS }), [queryKey, page, pageRows]);
  const pages = useQueries({ queries: tokens.slice(from, Math.max(from, range.to) + 1).map(options) });
  const show = useCallback(
    (first: number, last: number) => {
      const next = { from: Math.max(0, Math.floor(first / pageRows)), to: Math.floor(Math.max(first, last - 1) / pageRows) };
      setRange((now) => (now.from === next.from && now.to === next.to ? now : next));
    },
    [pageRows],
  );
  const fetchRow = useCallback(
    async (index: number) => {
      const token = tokens[Math.floor(index / pageRows)];
      return token === undefined ? undefined : (await client.fetchQuery(options(token)))[index % pageRows];
    },
    [client, options, pageRows, tokens],
  );
  const failed = pages.find(({ error }) => error !== null)?.error ?? null;
  return {
    count: outlined.data?.subjectCount ?? 0,
    isWhole: outlined.data?.complete ?? true,
    row: (index) => pages[Math.floor(index / pageRows) - from]?.data?.[index % pageRows],
    show,
    fetchRow,
    // A page somewhere else that is still to come leaves the list where it is.
    isLoading: outlined.isPending || (range.from === 0 && (pages[0]?.isPending ?? true)),
    error: outlined.error ?? failed,
    refetch: () => void client.invalidateQueries({ queryKey }),
  };
}
