import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../api/client';
import type { May } from './may';
import { formPath, studyPath, subjectPath } from './url';

export type Work = Schemas['Work'];
export type WorkKind = Schemas['WorkKind'];
export type WorkFilter = { site: string | undefined; event: string | undefined; form: string | undefined };

/** The lists, each with the act of those for whom it waits. */
const LISTS: readonly (readonly [WorkKind, string])[] = [
  ['FORM_TO_VERIFY', 'verify_data'],
  ['FORM_TO_SIGN', 'sign_data'],
  ['VISIT_TO_SIGN', 'sign_data'],
  ['CASEBOOK_TO_SIGN', 'sign_data'],
  ['VISIT_OVERDUE', 'enter_data'],
  ['VISIT_DUE', 'enter_data'],
  ['FORM_INCOMPLETE', 'enter_data'],
  ['FORM_MISSING', 'enter_data'],
  ['FORM_UNLOCKED', 'lock_data'],
];

export const WORK_KINDS: readonly WorkKind[] = LISTS.map(([kind]) => kind);

/** What waits for somebody who may do this and that; overdue visits are for everybody to see. */
export function workFor(may: May): WorkKind[] {
  return LISTS.filter(([kind, act]) => may(act) || kind === 'VISIT_OVERDUE').map(([kind]) => kind);
}

export function useWorkload(studyOid: string, siteOid: string | undefined) {
  return useQuery({
    queryKey: ['workload', studyOid, siteOid],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/workload', { params: { path: { studyOid }, query: siteOid ? { siteOid } : {} } })),
    staleTime: 30_000,
  });
}

export function useWork(studyOid: string, kind: WorkKind, { site, event, form }: WorkFilter, pageSize: number) {
  return useInfiniteQuery({
    queryKey: ['work', studyOid, kind, site, event, form, pageSize],
    queryFn: ({ pageParam }) => {
      const query = {
        kind, pageSize, ...(site ? { siteOid: site } : {}), ...(event ? { studyEventOid: event } : {}),
        ...(form ? { formOid: form } : {}), ...(pageParam ? { pageToken: pageParam } : {}),
      };
      return ask(api.GET('/v1/studies/{studyOid}/work', { params: { path: { studyOid }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
  });
}

/** The address of what is to be done. */
export function workPath(studyOid: string, { subjectKey, studyEventOid, studyEventRepeatKey, formOid, formRepeatKey }: Work): string {
  if (studyEventOid && formOid) {
    return formPath({ studyOid, subjectKey, studyEventOid, studyEventRepeatKey: studyEventRepeatKey ?? '1', formOid, formRepeatKey: formRepeatKey ?? '1' });
  }
  const visit = studyEventOid ? `#${encodeURIComponent(studyEventOid)}` : '';
  return subjectPath(studyOid, subjectKey) + visit;
}

export const workListPath = (studyOid: string, kind: WorkKind, site?: string) =>
  studyPath(studyOid, `/work?kind=${kind}${site ? `&site=${encodeURIComponent(site)}` : ''}`);
