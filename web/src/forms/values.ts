import type { FormRecord, ItemDef, ItemEntry, ItemValue } from '../api/types';
import type { Key } from '../i18n';
import { precisionOf, readDate, readTime } from './pdate';

/** Typed text, understood; or the sentence that says why it is not. */
export type Read = { value: string } | { problem: Key };

type Kind = 'text' | 'integer' | 'decimal' | 'date' | 'time' | 'datetime' | 'boolean';

export function kindOf({ dataType }: ItemDef): Kind {
  if (dataType === 'INTEGER') return 'integer';
  if (dataType === 'FLOAT' || dataType === 'DOUBLE' || dataType === 'DECIMAL') return 'decimal';
  if (dataType === 'BOOLEAN') return 'boolean';
  if (dataType.endsWith('DATETIME') && dataType !== 'DURATION_DATETIME' && dataType !== 'INTERVAL_DATETIME') return 'datetime';
  if (dataType.endsWith('DATE')) return 'date';
  if (dataType.endsWith('TIME')) return 'time';
  return 'text';
}

const mayBePartial = ({ dataType }: ItemDef) => dataType.startsWith('PARTIAL') || dataType.startsWith('INCOMPLETE');

function date(item: ItemDef, text: string, today: Date): Read {
  const value = readDate(text, today);
  if (value === undefined) return { problem: 'field.baddate' };
  if (precisionOf(value) === 'partial' && !mayBePartial(item)) return { problem: 'field.wholedate' };
  return { value };
}

function datetime(item: ItemDef, text: string, today: Date): Read {
  const [day = '', ...rest] = text.split(/T|\s+(?=\d{1,2}[:：时点]|\d{4}$)/);
  const read = date(item, day, today);
  if ('problem' in read || rest.length === 0) {
    const isEnough = 'problem' in read || mayBePartial(item);
    return isEnough ? read : { problem: 'field.badtime' };
  }
  const time = readTime(rest.join(' '), mayBePartial(item));
  return time ? { value: `${read.value}T${time}` } : { problem: 'field.badtime' };
}

/** Brings typed text into the form in which it is kept. The server has the last word. */
export function read(item: ItemDef, typed: string, today: Date): Read {
  const kind = kindOf(item);
  if (kind === 'text' || kind === 'boolean') return { value: typed };
  const text = typed.normalize('NFKC').replaceAll('。', '.').trim();
  switch (kind) {
    case 'integer':
      return /^[+-]?\d+$/.test(text) ? { value: text.replace(/^\+/, '') } : { problem: 'field.badinteger' };
    case 'decimal':
      return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? { value: text.replace(/^\+/, '').replace(/^(-?)\./, '$10.') } : { problem: 'field.badnumber' };
    case 'date':
      return date(item, text, today);
    case 'datetime':
      return datetime(item, text, today);
    case 'time': {
      const value = readTime(text, mayBePartial(item));
      return value ? { value } : { problem: 'field.badtime' };
    }
  }
}

export const isBlank = (value: ItemValue | undefined) => value === undefined || (value.value === undefined && value.missingReason === undefined);

export function isSame(one: ItemValue | undefined, other: ItemValue | undefined): boolean {
  if (isBlank(one) || isBlank(other)) return isBlank(one) && isBlank(other);
  return one?.value === other?.value && one?.missingReason === other?.missingReason && (one?.unitOid ?? '') === (other?.unitOid ?? '');
}

/** What is recorded in a form that was said to be complete changes only with a reason. */
export const needsReason = ({ status }: Pick<FormRecord, 'status'>, saved: ItemValue | undefined): boolean => status === 'COMPLETE' && !isBlank(saved);

export function entryOf(key: CellKey, value: ItemValue | undefined): ItemEntry {
  const { group, row, item } = splitKey(key);
  const place = { itemGroupOid: group, itemGroupRepeatKey: row, itemOid: item };
  if (value?.missingReason) return { ...place, missingReason: value.missingReason };
  if (value?.value === undefined) return { ...place, clear: true };
  return { ...place, value: value.value, ...(value.unitOid ? { unitOid: value.unitOid } : {}) };
}

/** An item's place on its form: group, row, item. */
export type CellKey = string;
const SEPARATOR = '\u001f';
export const cellKey = (group: string, row: string, item: string): CellKey => [group, row, item].join(SEPARATOR);
export function splitKey(key: CellKey) {
  const [group = '', row = '', item = ''] = key.split(SEPARATOR);
  return { group, row, item };
}
