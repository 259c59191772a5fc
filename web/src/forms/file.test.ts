import { expect, test } from 'vitest';
import { fileAddress, isShown, readReference } from './file';
import { cellKey } from './values';

const SHA = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('a reference is read with a name that holds its separators', () => {
  expect(readReference(`sha256:${SHA};size=3;type=image/png;name=化验单; name=2.png`)).toEqual({ sha256: SHA, sizeBytes: 3, mediaType: 'image/png', name: '化验单; name=2.png' });
});

test('what is no reference is no file', () => {
  for (const text of [undefined, '', 'a.pdf', `sha256:${SHA}`, `sha256:${SHA.toUpperCase()};size=3;type=image/png;name=a.png`]) {
    expect(readReference(text)).toBeUndefined();
  }
});

test('only pictures of a sensible size are shown', () => {
  const file = { sha256: SHA, sizeBytes: 1000, mediaType: 'image/png', name: 'a.png' };
  expect(isShown(file)).toBe(true);
  expect(isShown({ ...file, sizeBytes: 40e6 })).toBe(false);
  expect(isShown({ ...file, mediaType: 'application/pdf' })).toBe(false);
});

test('the address of a file names its item and its bytes', () => {
  const place = { studyOid: 'S', subjectKey: 'A/1', studyEventOid: 'SE', studyEventRepeatKey: '1', formOid: 'F', formRepeatKey: '1' };
  expect(fileAddress(place, cellKey('IG', '1', 'I'), { sha256: SHA, sizeBytes: 1, mediaType: 'image/png', name: 'a b.png' }))
    .toBe(`/v1/studies/S/subjects/A%2F1/events/SE/1/forms/F/1/items/IG/1/I/files/a%20b.png?sha256=${SHA}`);
});
