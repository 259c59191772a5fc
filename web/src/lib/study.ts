import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ask } from '../api/client';
import type { CodeList, FormDef, ItemDef, ItemGroupDef, Site, Study, StudySummary } from '../api/types';

const LONG_MS = 5 * 60_000;
/** A lock is seen at the latest with the first screen that is opened so long after it. */
const STUDIES_MS = 30_000;

export function useStudies() {
  return useQuery({
    queryKey: ['studies'],
    queryFn: async (): Promise<StudySummary[]> => (await ask(api.GET('/v1/studies', { params: { query: { pageSize: 1000 } } }))).studies,
    staleTime: STUDIES_MS,
  });
}

export function useSites(studyOid: string | undefined) {
  return useQuery({
    queryKey: ['sites', studyOid],
    queryFn: async (): Promise<Site[]> =>
      (await ask(api.GET('/v1/studies/{studyOid}/sites', { params: { path: { studyOid: studyOid ?? '' }, query: { pageSize: 1000 } } }))).sites,
    enabled: studyOid !== undefined,
    staleTime: LONG_MS,
  });
}

/** The design of a study, with its parts by OID. */
export type Design = {
  study: Study;
  forms: Map<string, FormDef>;
  groups: Map<string, ItemGroupDef>;
  items: Map<string, ItemDef>;
  codes: Map<string, CodeList>;
  units: Map<string, Study['measurementUnits'][number]>;
  events: Map<string, Study['studyEvents'][number]>;
};

export function index(study: Study): Design {
  return {
    study,
    forms: new Map(study.forms.map((def) => [def.formOid, def])),
    groups: new Map(study.itemGroups.map((def) => [def.itemGroupOid, def])),
    items: new Map(study.items.map((def) => [def.itemOid, def])),
    codes: new Map(study.codeLists.map((def) => [def.codeListOid, def])),
    units: new Map(study.measurementUnits.map((def) => [def.unitOid, def])),
    events: new Map(study.studyEvents.map((def) => [def.studyEventOid, def])),
  };
}

/** The design under which a casebook is; that of all others unless it is named and another one. */
export function useDesignOf(studyOid: string, versionHash: string | undefined) {
  const general = useDesign(studyOid);
  const other = versionHash && general.data && general.data.study.versionHash !== versionHash ? versionHash : undefined;
  const own = useDesign(studyOid, other);
  return other ? own : general;
}

export function useDesign(studyOid: string, versionHash?: string) {
  const found = useQuery({
    queryKey: ['design', studyOid, versionHash ?? ''],
    queryFn: () => {
      const query = versionHash ? { versionHash } : {};
      return ask(api.GET('/v1/studies/{studyOid}', { params: { path: { studyOid }, query } }));
    },
    staleTime: LONG_MS,
  });
  const data = useMemo(() => (found.data ? index(found.data) : undefined), [found.data]);
  return { data, error: found.error, refetch: found.refetch };
}
