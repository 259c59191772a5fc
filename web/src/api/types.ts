import type { Schemas } from './client';

export type Study = Schemas['Study'];
export type StudySummary = Schemas['StudySummary'];
export type Site = Schemas['Site'];
export type Subject = Schemas['Subject'];
export type SubjectStatus = Schemas['SubjectStatus'];
export type Visit = Schemas['Visit'];
export type FormSummary = Schemas['FormSummary'];
export type EntryStatus = Schemas['DataEntryStatus'];
export type ReviewState = Schemas['ReviewState'];
export type FormRecord = Schemas['FormRecord'];
export type FormDef = Schemas['FormDef'];
export type ItemDef = Schemas['ItemDef'];
export type ItemGroupDef = Schemas['ItemGroupDef'];
export type ItemRef = Schemas['ItemRef'];
export type ItemValue = Schemas['ItemValue'];
export type ItemEntry = Schemas['ItemEntry'];
export type ItemChange = Schemas['ItemChange'];
export type CodeList = Schemas['CodeList'];
export type Finding = Schemas['Finding'];
export type Query = Schemas['Query'];
export type QueryStatus = Schemas['QueryStatus'];
export type MatrixRow = Schemas['MatrixRow'];
export type MatrixCell = Schemas['MatrixCell'];
export type MatrixColumn = Schemas['MatrixColumn'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type MissingReason = Schemas['MissingReason'];
export type SaveFormResponse = Schemas['SaveFormResponse'];
export type EvaluateFormResponse = Schemas['EvaluateFormResponse'];
export type NotCollected = Schemas['NotCollected'];
export type CriterionVerdict = Schemas['CriterionVerdict'];
export type User = Schemas['IdentityUser'];
export type Role = Schemas['IdentityRole'];
export type Criterion = Schemas['Criterion'];

/** Texts by language: a BCP 47 tag, or the empty tag for a text that has no language. */
export type Texts = { [language: string]: string };

/** Where a form record stands. */
export type Place = {
  studyOid: string;
  subjectKey: string;
  studyEventOid: string;
  studyEventRepeatKey: string;
  formOid: string;
  formRepeatKey: string;
};
