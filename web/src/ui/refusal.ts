import { Refused } from '../api/client';
import { pick, type Key, type Translate } from '../i18n';
import { en } from '../i18n/en';

type Facts = { [name: string]: string };
/** One field that cannot be accepted, or one value: `reason` is a stable code where it has one. */
export type Violation = { description: string; reason?: string; metadata?: Facts };

const known = (key: string): key is Key => key in en;
/** Texts that name a fact are no use without it. */
const has = (key: Key, facts: Facts) => [...en[key].matchAll(/\{(\w+)/g)].every(([, name = '']) => name in facts);

/** What the study itself says, in the language of the screen. */
function saidByStudy(facts: Facts, t: Translate): string | undefined {
  const said = Object.entries(facts).filter(([name]) => name.startsWith('message.'));
  return said.length > 0 ? pick(Object.fromEntries(said.map(([name, text]) => [name.slice('message.'.length), text])), t('language') as 'zh' | 'en') : undefined;
}

/** The closest sentence for a code: with its facts, of its kind, or by the code alone. */
function sentence(begin: 'refusal' | 'unfit', code: string, facts: Facts, t: Translate): string | undefined {
  const kind = facts['what'] ?? facts['dataType'];
  const act = `may.${facts['act'] ?? ''}`;
  const told = known(act) ? { ...facts, act: t(act) } : facts;
  const keys = [`${begin}.${code}.${kind ?? ''}`, `${begin}.${code}.of`, `${begin}.${code}`];
  const found = keys.find((key): key is Key => known(key) && has(key, told));
  return found && t(found, told);
}

/** Why one field or value cannot be accepted; the server's English words where its code has no text here. */
export function violationText({ reason = '', metadata = {}, description }: Violation, t: Translate): string {
  return saidByStudy(metadata, t) ?? sentence('unfit', reason, metadata, t) ?? sentence('refusal', reason, metadata, t) ?? description;
}

/**
 * Says on the screen why something was not done: `of` is the code of a refusal, or what was thrown.
 * Code and facts pick the sentence; the server's text is not read.
 */
export function refusalText(of: unknown, t: Translate): string {
  if (typeof of === 'string') return sentence('refusal', of, {}, t) ?? t('refusal.other', { reason: of });
  if (!(of instanceof Refused)) return t('refusal.INCIDENT');
  const { reason, body } = of;
  const facts = body.metadata ?? {};
  const violations = (body.violations ?? []).slice(0, 3).map((one) => violationText(one, t));
  if (reason === 'VALUE_INVALID' && violations.length > 0) return violations.join(' ');
  const whole = saidByStudy(facts, t) ?? sentence('refusal', reason, facts, t) ?? t('refusal.other', { reason });
  return reason === 'INVALID_ARGUMENT' ? [whole, ...violations].join(' ') : whole;
}
