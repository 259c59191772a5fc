import { expect, it } from 'vitest';
import { Skips } from './collection';
import { cellKey } from './values';

it('knows an item of one row, an item of every row, and a whole group that are not collected', () => {
  const skips = new Skips([
    { itemGroupOid: 'A', itemGroupRepeatKey: '2', itemOid: 'X' },
    { itemGroupOid: 'B', itemOid: 'X' },
    { itemGroupOid: 'C' },
  ]);
  expect([skips.has(cellKey('A', '2', 'X')), skips.has(cellKey('A', '1', 'X')), skips.has(cellKey('A', '2', 'Y'))]).toEqual([true, false, false]);
  expect([skips.has(cellKey('B', '7', 'X')), skips.has(cellKey('B', '7', 'Y'))]).toEqual([true, false]);
  expect(skips.has(cellKey('C', '1', 'anything'))).toBe(true);
});
