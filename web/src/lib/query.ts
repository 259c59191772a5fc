import type { Query } from '../api/types';
import { formPath, itemHash } from './url';

/** The address of what a query is about. */
export function queryPath(studyOid: string, { record, item }: Query): string {
  const place = {
    studyOid,
    subjectKey: record?.subjectKey ?? '', studyEventOid: record?.studyEventOid ?? '', studyEventRepeatKey: record?.studyEventRepeatKey ?? '1',
    formOid: record?.formOid ?? '', formRepeatKey: record?.formRepeatKey ?? '1',
  };
  return formPath(place) + (item ? itemHash(item.itemGroupOid ?? '', item.itemGroupRepeatKey || '1', item.itemOid ?? '') : '');
}
