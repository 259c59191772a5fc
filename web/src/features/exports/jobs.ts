import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api/client';

export type Export = Schemas['JobExport'];
export type Import = Schemas['JobImport'];
export type JobState = Schemas['JobProgressState'];

const OPEN: readonly JobState[] = ['WAITING', 'RUNNING'];
const SOON_MS = 1000;
const LATER_MS = 30_000;

export const isOpen = (state: JobState) => OPEN.includes(state);
const pause = (states: JobState[] | undefined) => (states?.some(isOpen) ? SOON_MS : LATER_MS);

/** The exports of a study, newest first, looked at again and again while one is being done. */
export function useExports(studyOid: string) {
  const pages = useInfiniteQuery({
    queryKey: ['exports', studyOid],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/studies/{studyOid}/exports', { params: { path: { studyOid }, query: { pageSize: 20, ...(pageParam ? { pageToken: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    refetchInterval: ({ state }) => pause(state.data?.pages.flatMap(({ exports }) => exports.map((one) => one.state))),
  });
  const list = pages.data?.pages.flatMap(({ exports }) => exports);
  return { found: { data: list, error: pages.error, refetch: pages.refetch }, more: () => void pages.fetchNextPage(), hasMore: pages.hasNextPage };
}

export function useImports(studyOid: string) {
  const pages = useInfiniteQuery({
    queryKey: ['imports', studyOid],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/studies/{studyOid}/imports', { params: { path: { studyOid }, query: { pageSize: 20, ...(pageParam ? { pageToken: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    refetchInterval: ({ state }) => pause(state.data?.pages.flatMap(({ imports }) => imports.map((one) => one.state))),
  });
  const list = pages.data?.pages.flatMap(({ imports }) => imports);
  return { found: { data: list, error: pages.error, refetch: pages.refetch }, more: () => void pages.fetchNextPage(), hasMore: pages.hasNextPage };
}

export function useImport(studyOid: string, importId: string) {
  return useQuery({
    queryKey: ['import', studyOid, importId],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/imports/{importId}', { params: { path: { studyOid, importId } } })),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.state) ? SOON_MS : false),
  });
}

/** The address of a file of an export. */
export function fileAddress(one: Export, name: string): string {
  return `/v1/studies/${encodeURIComponent(one.studyOid)}/exports/${encodeURIComponent(one.exportId)}/files/${encodeURIComponent(name)}`;
}
