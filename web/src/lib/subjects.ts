import { useEffect, useMemo, useState } from 'react';
import type { SubjectStatus } from '../api/types';
import { useParam } from './url';

const SETTLED_MS = 250;

/** What a list of subjects is narrowed to. It is part of the address. */
export type SubjectFilters = { siteOid?: string; status?: SubjectStatus; subjectKeyContains?: string; withOpenQueries?: boolean; withOverdueVisits?: boolean };

/** The filters in the address, with what is typed once the typing has paused. */
export function useSubjectFilters() {
  const [site] = useParam('site');
  const [status, setStatus] = useParam('status');
  const [find = '', setFind] = useParam('find');
  const [only = 'all', setOnly] = useParam('only');
  const settled = useSettled(find.trim());
  const filters = useMemo<SubjectFilters>(
    () => ({
      ...(site ? { siteOid: site } : {}),
      ...(status ? { status: status as SubjectStatus } : {}),
      ...(settled ? { subjectKeyContains: settled } : {}),
      ...(only === 'queries' ? { withOpenQueries: true } : {}),
      ...(only === 'overdue' ? { withOverdueVisits: true } : {}),
    }),
    [site, status, settled, only],
  );
  return { filters, site, status, setStatus, find, setFind, only, setOnly };
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
