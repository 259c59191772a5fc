import type { Translate } from '../../i18n';
import { en } from '../../i18n/en';
import type { Key } from '../../i18n';

const known = (key: string): key is Key => key in en;

/** What a format is called on the screen; one that has no text here has its own name. */
export function formatName(name: string, t: Translate): string {
  const key = `format.${name}`;
  return known(key) ? t(key) : name;
}

/** What it is, in a sentence; the server's English one where there is none here. */
export function formatSummary(name: string, otherwise: string, t: Translate): string {
  const key = `format.${name}.about`;
  return known(key) ? t(key) : otherwise;
}
