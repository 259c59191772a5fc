import { expect, it } from 'vitest';
import { Refused } from '../api/client';
import { fill, type Language, type Translate } from '../i18n';
import { en } from '../i18n/en';
import { zh } from '../i18n/zh';
import { refusalText, violationText } from './refusal';

const TABLES = { en, zh };
const say = (language: Language): Translate => (key, params) => fill(TABLES[language][key], params, language);

it('says what a refusal is about where the server tells it, and the code alone says enough', () => {
  const closed = new Refused('SITE_NOT_ACTIVE', 409, { metadata: { site: '701' }, detail: 'site 701 is not active' });
  expect(refusalText(closed, say('en'))).toBe('The site 701 is not open: it takes neither participants nor values.');
  expect(refusalText(closed, say('zh'))).toBe('中心 701 未开放：不接受参与者和数据。');
  expect(refusalText('SITE_NOT_ACTIVE', say('en'))).toBe('The site is not open.');
});

it('names the act that no role allows', () => {
  const denied = new Refused('NOT_PERMITTED', 403, { metadata: { act: 'lock_data', study: 'S' } });
  expect(refusalText(denied, say('en'))).toContain('allows you to lock data here');
  expect(refusalText(denied, say('zh'))).toContain('无权在此处锁定数据');
});

it('says why a value is refused by its code, its type and its facts', () => {
  const of = (dataType: string) => ({ description: "'12a' is not …", reason: 'NOT_OF_TYPE', metadata: { text: '12a', dataType } });
  expect(violationText(of('integer'), say('zh'))).toBe('“12a”不是整数。');
  expect(violationText(of('hexBinary'), say('zh'))).toBe('“12a”不是该类型的值。');
  const long = { description: '…', reason: 'TOO_LONG', metadata: { actual: '7', limit: '1' } };
  expect(violationText(long, say('en'))).toBe('At most 1 character is allowed; this has 7.');
});

it('lets the study speak for itself, in the language of the screen', () => {
  const metadata = { text: '300', 'message.en': 'at most 250', 'message.zh-CN': '不超过 250' };
  expect(violationText({ description: 'at most 250', reason: 'OUT_OF_RANGE', metadata }, say('zh'))).toBe('不超过 250');
  const failed = new Refused('CHECK_FAILED', 409, { metadata: { check: 'CK.1', 'message.en': 'End before start' } });
  expect(refusalText(failed, say('zh'))).toBe('End before start');
});

it('falls back to the words of the server where a code has no text here', () => {
  expect(violationText({ description: 'it must be round', reason: 'NOT_ROUND' }, say('zh'))).toBe('it must be round');
});
