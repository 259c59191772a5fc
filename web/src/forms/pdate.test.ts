import { describe, expect, it } from 'vitest';
import { readDate, readTime } from './pdate';

const today = new Date(2026, 2, 12);

describe('a typed date', () => {
  it.each([
    ['20260312', '2026-03-12'],
    ['2026-3-12', '2026-03-12'],
    ['12 mar 2026', '2026-03-12'],
    ['12MAR2026', '2026-03-12'],
    ['12/03/2026', '2026-03-12'],
    ['12.3.2026', '2026-03-12'],
    ['2026年3月12日', '2026-03-12'],
    ['２０２６－０３－１２', '2026-03-12'],
    ['UN/MAR/2026', '2026-03'],
    ['2026-03-UN', '2026-03'],
    ['2026年3月', '2026-03'],
    ['UN/UN/2026', '2026'],
    ['2026', '2026'],
    ['202603', '2026-03'],
    ['t', '2026-03-12'],
    ['T-12', '2026-02-28'],
    ['今天', '2026-03-12'],
    ['2024-02-29', '2024-02-29'],
  ])('%s is understood', (typed, kept) => expect(readDate(typed, today)).toBe(kept));

  it.each(['2026-02-29', '2026-13-01', '31/04/2026', '03/2026/12', 'yesterday', '12', '2026-UN-12', '1826-01-01', '', '12-12-26'])(
    '%s is refused and never guessed',
    (typed) => expect(readDate(typed, today)).toBeUndefined(),
  );
});

describe('a typed time', () => {
  it.each([['1430', '14:30'], ['14:30', '14:30'], ['9.05', '09:05'], ['14时30分', '14:30'], ['23:59:59', '23:59:59']])(
    '%s is understood',
    (typed, kept) => expect(readTime(typed, false)).toBe(kept),
  );
  it.each(['24:00', '12:60', '14', 'noon'])('%s is refused where it must be whole', (typed) => expect(readTime(typed, false)).toBeUndefined());
  it('may lack minutes where a part may be unknown', () => expect(readTime('14', true)).toBe('14'));
});
