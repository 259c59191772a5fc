import { beforeEach, expect, it, vi } from 'vitest';
import type { FormRecord, ItemDef, Study } from '../api/types';
import { index } from '../lib/study';
import { FormStore } from './store';
import { cellKey } from './values';

const WEIGHT = cellKey('IG', '1', 'WEIGHT');
const BMI = cellKey('IG', '1', 'BMI');
const item = (itemOid: string, unitOids: string[]): ItemDef => ({
  itemOid, name: itemOid, question: {}, description: {}, dataType: 'DECIMAL', unitOids, rangeChecks: [], blinded: false, verificationRequired: false, sdtmVariables: [],
});
const study = {
  studyEvents: [], codeLists: [], measurementUnits: [],
  forms: [{ formOid: 'F', itemGroups: [{ itemGroupOid: 'IG' }] }],
  itemGroups: [{ itemGroupOid: 'IG', items: [{ itemOid: 'WEIGHT' }, { itemOid: 'BMI', derivation: 'WEIGHT' }] }],
  items: [item('WEIGHT', ['KG', 'LB']), item('BMI', [])],
} as unknown as Study;
const place = { studyOid: 'S', subjectKey: '1', studyEventOid: 'E', studyEventRepeatKey: '1', formOid: 'F', formRepeatKey: '1' };
const record = { place, version: 0, status: 'NOT_STARTED', itemGroups: [], findings: [], queries: [], notCollected: [] } as unknown as FormRecord;

const own = vi.hoisted(() => ({ version: 0 }));
vi.mock('./outbox', () => ({ outbox: { loaded: Promise.resolve(), of: () => [], draftsOf: () => [], draft: async () => {}, forgetDraft: async () => {}, add: async () => {}, ownVersion: () => own.version, follow: () => () => {} }, placeKey: () => '' }));

let store: FormStore;
beforeEach(() => {
  store = new FormStore(index(study), place, record);
});

it('takes no unit for granted where there are several', () => {
  store.type(WEIGHT, '70');
  store.leave(WEIGHT);
  expect(store.cell(WEIGHT)).toMatchObject({ state: 'unread', problem: 'field.unitneeded', text: '70' });
  store.chooseUnit(WEIGHT, 'LB');
  expect(store.cell(WEIGHT).wanted).toEqual({ value: { value: '70', unitOid: 'LB' } });
});

it('takes the unit that was chosen before the value', () => {
  store.chooseUnit(WEIGHT, 'KG');
  store.type(WEIGHT, '70');
  store.leave(WEIGHT);
  expect(store.cell(WEIGHT).wanted).toEqual({ value: { value: '70', unitOid: 'KG' } });
});

it('knows what is computed before anything was', () => {
  expect([store.cell(BMI).isDerived, store.cell(WEIGHT).isDerived]).toEqual([true, false]);
});

it('shows what is not collected, and tells what is collected again', () => {
  const told: string[][] = [];
  store.watchCollection((_, collected) => told.push(collected));
  const skipped = [{ itemGroupOid: 'IG', itemGroupRepeatKey: '1', itemOid: 'WEIGHT' }];
  store.take({ ...record, notCollected: skipped } as FormRecord);
  expect(store.cell(WEIGHT).isSkipped).toBe(true);
  store.take(record);
  expect(store.cell(WEIGHT).isSkipped).toBe(false);
  expect(told).toEqual([[], [WEIGHT]]);
});

it('reads the record again that was on its way while a change of it was recorded', () => {
  let read = 0;
  const connect = () => store.connect(() => { read += 1; })();
  connect();
  expect(read).toBe(0);
  own.version = 1;
  connect();
  expect(read).toBe(1);
  store.take({ ...record, version: 1 } as FormRecord);
  connect();
  expect(read).toBe(1);
});
