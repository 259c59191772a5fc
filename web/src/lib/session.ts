import { useQuery, type QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { api, ask, Refused } from '../api/client';
import type { Role, User } from '../api/types';
import type { May } from './may';

const KEY = ['caller'];

/** Who is logged in; `null` when nobody is. */
export function useCaller() {
  return useQuery({
    queryKey: KEY,
    queryFn: async (): Promise<User | null> => {
      try {
        return (await ask(api.GET('/v1/caller'))).user ?? null;
      } catch (error) {
        if (error instanceof Refused && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
    retry: false,
  });
}

/** Somebody else is logged in, or nobody: what another has seen is forgotten. */
function become(client: QueryClient, user: User | null): void {
  // What was asked before is answered for the session that was.
  void client.cancelQueries({ queryKey: KEY }, { revert: false });
  client.setQueryData(KEY, user);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
}

export const forget = (client: QueryClient) => become(client, null);
export const remember = (client: QueryClient, user: User) => become(client, user);

export const UserContext = createContext<User | undefined>(undefined);

export function useUser(): User {
  const user = useContext(UserContext);
  if (!user) throw new Error('nobody is logged in');
  return user;
}

/** What each role may do, as docs/access.md says. The server decides; this only hides what it would refuse. */
const ACTS: { [role in Role]?: string } = {
  STUDY_DESIGNER: 'read_study publish_study design_study',
  DATA_MANAGER: 'read_study read_data manage_subjects import_data export_data raise_queries freeze_data lock_data read_journal manage_webhooks design_study migrate_data',
  INVESTIGATOR: 'read_study read_data manage_subjects enter_data answer_queries sign_data delegate_tasks',
  COORDINATOR: 'read_study read_data manage_subjects enter_data answer_queries',
  MONITOR: 'read_study read_data raise_queries verify_data freeze_data read_journal',
  CODER: 'read_study read_data raise_queries',
  STATISTICIAN: 'read_study read_data export_data',
  PHARMACIST: 'read_study read_data read_unblinded',
  INSTITUTION_MANAGER: 'read_study manage_users manage_portfolio',
  IMAGING_READER: 'read_study',
  AUDITOR: 'read_study read_data export_data read_journal',
  ADMINISTRATOR: 'read_study publish_study read_journal manage_users manage_portfolio manage_webhooks design_study',
};

export type { May };

/** Whether a role of the user allows an act in a study, at the site when one is named. */
export function useMay(studyOid: string | undefined): May {
  const { grants } = useUser();
  return (act, siteOid) =>
    grants.some(
      (grant) =>
        (grant.studyOid === undefined || grant.studyOid === studyOid) &&
        (grant.siteOid === undefined || siteOid === undefined || grant.siteOid === siteOid) &&
        (ACTS[grant.role ?? 'ROLE_UNSPECIFIED'] ?? '').split(' ').includes(act),
    );
}

/** Whether a role of the user allows an act in the whole system. */
export function useMaySystem(): (act: string) => boolean {
  const { grants } = useUser();
  return (act) => grants.some((grant) => grant.studyOid === undefined && grant.siteOid === undefined && (ACTS[grant.role ?? 'ROLE_UNSPECIFIED'] ?? '').split(' ').includes(act));
}
