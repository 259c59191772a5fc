export type { EntryStatus, QueryStatus, ReviewState, SubjectStatus } from '../api/types';
export type { Schemas } from '../api/client';
