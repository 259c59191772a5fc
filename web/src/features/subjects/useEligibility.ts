import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api/client';

/** Where each criterion stands, with what the investigator says so far. */
export function useEligibility(studyOid: string, subjectKey: string, attestedCriteria: { [oid: string]: boolean }) {
  return useQuery({
    queryKey: ['eligibility', studyOid, subjectKey, attestedCriteria],
    queryFn: () => ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:checkEligibility', { params: { path: { studyOid, subjectKey } }, body: { attestedCriteria } })),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}
