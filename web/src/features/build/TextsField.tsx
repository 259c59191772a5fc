import { useState } from 'react';
import type { Texts } from '../../api/types';
import { useLocale } from '../../i18n';

/** The tag under which a study has a language, or the one that is used for it. */
function tagOf(texts: Texts, language: 'zh' | 'en'): string {
  const found = Object.keys(texts).find((tag) => tag === language || tag.startsWith(`${language}-`));
  return found ?? (language === 'en' && '' in texts ? '' : language === 'zh' ? 'zh-CN' : 'en');
}

type Props = { label: string; texts: Texts; onChange: (texts: Texts) => void; isLong?: boolean };

/** One text in Chinese and English. It is given back when the field is left. */
export function TextsField({ label, texts, onChange, isLong = false }: Props) {
  const { t } = useLocale();
  return (
    <fieldset className="texts">
      <legend>{label}</legend>
      {(['zh', 'en'] as const).map((language) => {
        const tag = tagOf(texts, language);
        return (
          <OneText key={`${language}-${texts[tag] ?? ''}`} lang={language === 'zh' ? 'zh-CN' : 'en'} label={`${label} · ${t(`draft.lang.${language}`)}`} text={texts[tag] ?? ''} isLong={isLong}
            onLeave={(said) => onChange({ ...texts, [tag]: said })} />
        );
      })}
    </fieldset>
  );
}

function OneText({ lang, label, text, isLong, onLeave }: { lang: string; label: string; text: string; isLong: boolean; onLeave: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const shared = { className: 'input', lang, 'aria-label': label, value: typed, onBlur: () => typed !== text && onLeave(typed) };
  if (isLong) return <textarea {...shared} rows={2} onChange={(event) => setTyped(event.target.value)} />;
  return <input {...shared} type="text" onChange={(event) => setTyped(event.target.value)} />;
}

/** A short text that is given back when the field is left. */
type FieldProps = { label: string; value: string; onLeave: (value: string) => void; isNumber?: boolean; isSigned?: boolean; isRequired?: boolean };
export function Field({ label, value, onLeave, isNumber = false, isSigned = false, isRequired = false }: FieldProps) {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setTyped(value);
  }
  const isBad = (isRequired && typed.trim() === '') || (isNumber && !(isSigned ? /^-?\d{1,6}$/ : /^\d{0,6}$/).test(typed.trim()));
  return (
    <label>{label}
      <input className={isNumber ? 'input number' : 'input'} type="text" inputMode={isNumber && !isSigned ? 'numeric' : undefined} aria-invalid={isBad || undefined} value={typed}
        onChange={(event) => setTyped(event.target.value)} onBlur={() => !isBad && typed.trim() !== value && onLeave(typed.trim())} />
    </label>
  );
}
