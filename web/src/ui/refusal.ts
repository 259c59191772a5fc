import type { Key, Translate } from '../i18n';
import { en } from '../i18n/en';

/** What a refusal is called on the screen. The code picks the sentence; the server's text is not read. */
export function refusalText(reason: string, t: Translate): string {
  const key = `refusal.${reason}`;
  return key in en ? t(key as Key) : t('refusal.other', { reason });
}
