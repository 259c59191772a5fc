import { expect, test } from 'vitest';
import { bytes } from './bytes';

test.each([[0, '0 B'], [999, '999 B'], [1000, '1.0 KB'], [1_449_000, '1.4 MB'], [250_000_000, '250 MB'], [3_200_000_000_000, '3200 GB']])('%s bytes are %s', (size, text) => {
  expect(bytes(size)).toBe(text);
});
