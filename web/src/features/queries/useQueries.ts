import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api/client';
import type { QueryStatus } from '../../api/types';

export type Order = Schemas['ListQueriesRequestOrder'];

/** Who asked: anybody, people or checks, or people in one role. */
export const ASKED = ['ANY', 'PERSON', 'CHECK', 'monitor', 'data_manager', 'coder'] as const;
export type Asked = (typeof ASKED)[number];

export type QueryFilter = {
  site: string | undefined;
  subject: string | undefined;
  status: string;
  older: string | undefined;
  form: string | undefined;
  asked: Asked;
  order: Order;
};

function asked(by: Asked) {
  if (by === 'ANY') return {};
  if (by === 'PERSON' || by === 'CHECK') return { origin: by };
  return { openedInRole: by };
}

/** Queries as the server filters and sorts them, page by page. */
export function useQueries(study: string, filter: QueryFilter) {
  return useInfiniteQuery({
    queryKey: ['queries', study, filter],
    queryFn: ({ pageParam }) => {
      const { site, subject, status, older, form, order } = filter;
      const query = {
        pageSize: 100, order,
        ...(site ? { siteOid: site } : {}), ...(subject ? { subjectKey: subject } : {}), ...(form ? { formOid: form } : {}),
        ...(status === 'ANY' ? {} : { status: status as QueryStatus }), ...(older ? { olderThanDays: Number(older) } : {}),
        ...asked(filter.asked), ...(pageParam ? { pageToken: pageParam } : {}),
      };
      return ask(api.GET('/v1/studies/{studyOid}/queries', { params: { path: { studyOid: study }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
  });
}
