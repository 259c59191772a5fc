import { useState } from 'react';
import { readDate } from '../../forms/pdate';
import { useLocale } from '../../i18n';

/** A whole date, typed in any of the usual ways; gives ISO 8601, or nothing while it is none. */
export function DateField({ label, value, onChange }: { label: string; value: string; onChange: (iso: string) => void }) {
  const { t } = useLocale();
  const [typed, setTyped] = useState(value);
  const isBad = typed.trim() !== '' && value === '';
  const onTyped = (text: string) => {
    setTyped(text);
    const iso = readDate(text, new Date());
    onChange(iso?.length === 10 ? iso : '');
  };
  return (
    <label>{label}
      <span className="item-input">
        <input className="input" size={14} required aria-invalid={isBad || undefined} value={typed} onChange={(event) => onTyped(event.target.value)} onBlur={() => value && setTyped(value)} />
        {value && value !== typed && <span className="echo">→ {value}</span>}
        {isBad && <span className="error">{t('field.wholedate')}</span>}
      </span>
    </label>
  );
}
