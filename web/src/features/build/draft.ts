import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, ask, newRequestId, Refused, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { index, type Design } from '../../lib/study';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';

export type Draft = Schemas['BuildDraft'];
export type Fault = Schemas['BuildFault'];
export type Finding = Schemas['BuildFinding'];
export type Edit = Schemas['BuildEdit'];
export type Part = Schemas['BuildPart'];

const key = (study: string) => ['draft', study];

export function useDrafts() {
  return useQuery({
    queryKey: ['drafts'],
    queryFn: async () => (await ask(api.GET('/v1/drafts', { params: { query: { pageSize: 1000 } } }))).drafts,
  });
}

/** The draft of a study; `null` when there is none. */
export function useDraft(studyOid: string) {
  return useQuery({
    queryKey: key(studyOid),
    queryFn: async (): Promise<Draft | null> => {
      try {
        return await ask(api.GET('/v1/studies/{studyOid}/draft', { params: { path: { studyOid } } }));
      } catch (error) {
        if (error instanceof Refused && error.reason === 'DRAFT_UNKNOWN') return null;
        throw error;
      }
    },
  });
}

/** The design of a draft, with its parts by OID. */
export function useDraftDesign(draft: Draft): Design {
  return useMemo(() => index(draft.study), [draft.study]);
}

/** Says what was refused, and reads the draft again when somebody else changed it. */
export function useRefused(studyOid: string) {
  const { t } = useLocale();
  const say = useSay();
  const client = useQueryClient();
  return (error: unknown) => {
    const refused = error instanceof Refused ? error : undefined;
    const reason = refused?.reason ?? 'INCIDENT';
    const places = (refused?.body.violations ?? []).map(({ field, description }) => `${field}: ${description}`);
    say([refusalText(reason, t), ...places.slice(0, 3)].join(' · '), true);
    if (reason === 'STALE_DRAFT') void client.invalidateQueries({ queryKey: key(studyOid) });
  };
}

export function useForgetDraft(studyOid: string) {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: key(studyOid) });
    void client.invalidateQueries({ queryKey: ['drafts'] });
    void client.invalidateQueries({ queryKey: ['versions', studyOid] });
    void client.invalidateQueries({ queryKey: ['compare', studyOid] });
    void client.invalidateQueries({ queryKey: ['design', studyOid] });
    void client.invalidateQueries({ queryKey: ['studies'] });
  };
}

/** Changes the draft as it is on the screen; one edit after the other. */
export function useEdit(draft: Draft) {
  const { studyOid } = draft;
  const client = useQueryClient();
  const refused = useRefused(studyOid);
  return useMutation({
    scope: { id: `draft-${studyOid}` },
    mutationFn: async (edits: Edit[]) => {
      const seen = client.getQueryData<Draft | null>(key(studyOid))?.revision ?? draft.revision;
      await ask(api.POST('/v1/studies/{studyOid}/draft:edit', { params: { path: { studyOid } }, body: { seenRevision: seen, edits, requestId: newRequestId() } }));
      await client.refetchQueries({ queryKey: key(studyOid) });
    },
    onError: refused,
  });
}

export function useUndo(draft: Draft) {
  const { studyOid } = draft;
  const client = useQueryClient();
  const refused = useRefused(studyOid);
  return useMutation({
    scope: { id: `draft-${studyOid}` },
    mutationFn: async (revision: Draft['revision']) => {
      await ask(api.POST('/v1/studies/{studyOid}/draft:undo', { params: { path: { studyOid } }, body: { seenRevision: draft.revision, revision, requestId: newRequestId() } }));
      await client.refetchQueries({ queryKey: key(studyOid) });
    },
    onError: refused,
  });
}

/** A new OID behind a prefix, made of what the user calls it. */
export function newOid(prefix: string, name: string, isTaken: (oid: string) => boolean): string {
  const word = name.normalize('NFKC').toUpperCase().replace(/[^A-Z0-9_]+/g, '').slice(0, 40);
  const wished = `${prefix}${word || 'NEW'}`;
  let oid = wished;
  for (let number = 2; isTaken(oid); number += 1) oid = `${wished}${number}`;
  return oid;
}

/** The same list with one element at another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = [...list];
  const [one] = rest.splice(from, 1);
  if (one !== undefined) rest.splice(Math.max(0, Math.min(to, rest.length)), 0, one);
  return rest;
}
