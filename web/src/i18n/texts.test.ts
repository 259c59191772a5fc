import fs from 'node:fs';
import { expect, test } from 'vitest';
import { fill } from '.';
import { en } from './en';
import { zh } from './zh';

const PLURAL = /\{(\w+), plural, one \{[^{}]*\} other \{[^{}]*\}\}/g;
const names = (text: string) => [...text.replaceAll(PLURAL, '{$1}').matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

test('a counted text has the form that its number asks for', () => {
  expect(fill(en['draft.faulty'], { n: 1 }, 'en')).toBe('1 fault');
  expect(fill(en['draft.faulty'], { n: 0 }, 'en')).toBe('0 faults');
  expect(fill(en['home.size'], { sites: 1, subjects: 10_000 }, 'en')).toBe('1 site, 10,000 participants');
  expect(fill(en['matrix.times'], { n: 1 }, 'en')).toBe('once');
  expect(fill(zh['draft.faulty'], { n: 1 }, 'zh')).toContain('1');
});

test('no English text puts a plural behind every number', () => {
  // What follows the number is no noun that is counted.
  const uncounted = /^(save|work\.(again|shown|of|late)|query\.(chosen|days|loaded|bulk\.done)|audit\.more|whole\.refused|eligible\.count|import\.sent|sign\.what|refusal\.SITE)/;
  const suspicious = Object.entries(en).filter(([key, text]) => /\{\w+\} ([a-z]+ )?[a-z]+s\b/.test(text.replaceAll(PLURAL, '')) && !uncounted.test(key));
  expect(suspicious).toEqual([]);
});

test('both languages speak of the same things', () => {
  const differing = Object.keys(en).filter((key) => names(en[key as keyof typeof en]).join() !== names(zh[key as keyof typeof zh]).join());
  expect(differing).toEqual([]);
});

test('every refusal and every fault of a value that the documents list has a sentence of its own', () => {
  const listed = fs.readFileSync(new URL('../../../docs/refusals.md', import.meta.url), 'utf8');
  const [before = '', values = '', after = ''] = listed.split(/^## (?:Why a value is refused|Build)$/m);
  const codes = (text: string) => [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code ?? '');
  expect(codes(before + after).length).toBeGreaterThan(100);
  expect(codes(values).length).toBeGreaterThan(10);
  // Programs meet these; a person sees them as an incident, or never.
  const ofPrograms = /^(ANSWER_NOT_|CALLER_NOT_|SERVICE_NOT_|PANIC|ROUTE_BROKEN|PATH_UNKNOWN|METHOD_NOT_ALLOWED|CONTENT_TYPE_|INVALID_CLIENT)/;
  expect(codes(before + after).filter((code) => !ofPrograms.test(code) && !(`refusal.${code}` in en))).toEqual([]);
  expect(codes(values).filter((code) => !(`unfit.${code}` in en))).toEqual([]);
});
