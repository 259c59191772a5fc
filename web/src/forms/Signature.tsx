import type { Schemas } from '../api/client';
import { useLocale } from '../i18n';
import { Icon } from '../ui/icons';

/** Who signed, when and as what (21 CFR 11.50); or that it has ended. */
export function Signature({ signature }: { signature: Schemas['Signature'] | undefined }) {
  const { t, instant } = useLocale();
  if (!signature) return null;
  const { printedName, signedAt, meaning, isValid } = signature;
  const params = { name: printedName, at: instant(signedAt), meaning };
  return <span className={`verdict tone-${isValid ? 'green' : 'amber'}`}><Icon name="pen" />{t(isValid ? 'whole.signed' : 'whole.broken', params)}</span>;
}
