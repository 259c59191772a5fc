import { expect, test } from 'vitest';
import { cells, headOf } from './head';

test.each([
  ['a,b,c', ['a', 'b', 'c']],
  ['"a,b",c', ['a,b', 'c']],
  ['"say ""no""",', ['say "no"', '']],
  ['', ['']],
])('the cells of %s', (line, expected) => {
  expect(cells(line)).toEqual(expected);
});

test('the head of a table is its columns and a few rows, without the byte order mark', () => {
  expect(headOf('\uFEFFA,B\r\n1,2\r\n3,4\r\n')).toEqual({ columns: ['A', 'B'], rows: [['1', '2'], ['3', '4']] });
});
