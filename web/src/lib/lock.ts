import type { May } from './may';
import { useMay } from './session';
import { useStudies } from './study';

/** Since when the study is locked; nothing while it is not. */
export function useLockedAt(studyOid: string | undefined): string | undefined {
  return useStudies().data?.find((study) => study.studyOid === studyOid)?.lockedAt;
}

/** Whether the user may change something now: a role allows it, and the study is not locked. */
export function useMayChange(studyOid: string | undefined): May {
  const may = useMay(studyOid);
  const isLocked = useLockedAt(studyOid) !== undefined;
  return (act, siteOid) => !isLocked && may(act, siteOid);
}
