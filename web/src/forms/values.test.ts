import { expect, it } from 'vitest';
import type { ItemDef } from '../api/types';
import { cellKey, entryOf, isSame, needsReason, read, splitKey } from './values';

const today = new Date(2026, 2, 12);
const item = (dataType: ItemDef['dataType']): ItemDef => ({
  itemOid: 'I', name: 'I', question: {}, description: {}, dataType, unitOids: [], rangeChecks: [], blinded: false, verificationRequired: false, sdtmVariables: [],
});

it('reads numbers of full-width digits and with a Chinese full stop', () => {
  expect(read(item('FLOAT'), '３６。５', today)).toEqual({ value: '36.5' });
  expect(read(item('INTEGER'), '+64', today)).toEqual({ value: '64' });
});

it('keeps the digits of a number as they were entered', () => {
  expect(read(item('FLOAT'), '64.0', today)).toEqual({ value: '64.0' });
});

it('refuses what is no number, and a part of a date where the whole is asked', () => {
  expect(read(item('INTEGER'), '6.5', today)).toEqual({ problem: 'field.badinteger' });
  expect(read(item('DATE'), '2026-03', today)).toEqual({ problem: 'field.wholedate' });
  expect(read(item('PARTIAL_DATE'), '2026-03', today)).toEqual({ value: '2026-03' });
});

it('reads date and time together', () => {
  expect(read(item('DATETIME'), '12 mar 2026 14:30', today)).toEqual({ value: '2026-03-12T14:30' });
  expect(read(item('PARTIAL_DATETIME'), '2026-03-12', today)).toEqual({ value: '2026-03-12' });
});

it('leaves text as it was typed', () => {
  expect(read(item('TEXT'), ' ＡＢＣ。', today)).toEqual({ value: ' ＡＢＣ。' });
});

it('asks for a reason when a value of a complete form changes, and not before the form is complete', () => {
  expect(needsReason({ status: 'COMPLETE' }, { value: 'x' })).toBe(true);
  expect(needsReason({ status: 'COMPLETE' }, undefined)).toBe(false);
  expect(needsReason({ status: 'IN_PROGRESS' }, { value: 'x' })).toBe(false);
});

it('tells a missing value from a blank one', () => {
  expect(isSame(undefined, {})).toBe(true);
  expect(isSame({ missingReason: 'NOT_DONE' }, undefined)).toBe(false);
  const key = cellKey('G', '1', 'I');
  expect(splitKey(key)).toEqual({ group: 'G', row: '1', item: 'I' });
  expect(entryOf(key, undefined)).toMatchObject({ clear: true });
  expect(entryOf(key, { missingReason: 'NOT_DONE' })).toMatchObject({ missingReason: 'NOT_DONE' });
});
