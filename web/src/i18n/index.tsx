import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Texts } from '../api/types';
import { en } from './en';
import { zh } from './zh';

export type Language = 'zh' | 'en';
export type Key = keyof typeof en;
type Params = { [name: string]: string | number };
export type Translate = (key: Key, params?: Params) => string;

const TABLES: { [language in Language]: { [key in Key]: string } } = { zh, en };
const TAGS: { [language in Language]: string } = { zh: 'zh-CN', en: 'en-GB' };
const STORED = 'casebook.language';

type Locale = {
  language: Language;
  setLanguage: (language: Language) => void;
  t: Translate;
  /** The text of a study in the language of the screen, or the closest there is. */
  text: (texts: Texts | undefined, otherwise?: string) => string;
  /** An instant in the time zone of the browser. */
  instant: (iso: string | undefined) => string;
  count: (value: number) => string;
};

const Context = createContext<Locale | undefined>(undefined);

function preferred(): Language {
  const stored = localStorage.getItem(STORED);
  if (stored === 'zh' || stored === 'en') return stored;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export function pick(texts: Texts | undefined, language: Language): string | undefined {
  if (!texts) return undefined;
  const tags = Object.keys(texts);
  const own = tags.find((tag) => tag === language || tag.startsWith(`${language}-`));
  const other = own ?? tags.find((tag) => tag === '') ?? tags.find((tag) => tag.startsWith('en')) ?? tags[0];
  return other === undefined ? undefined : texts[other];
}

const LOCALES = {
  zh: { numbers: new Intl.NumberFormat(TAGS.zh), plurals: new Intl.PluralRules(TAGS.zh) },
  en: { numbers: new Intl.NumberFormat(TAGS.en), plurals: new Intl.PluralRules(TAGS.en) },
};
/** `{name}`, or `{name, plural, one {# form} other {# forms}}`: of ICU MessageFormat what the texts need. */
const PLACE = /\{(\w+)(?:, plural, one \{([^{}]*)\} other \{([^{}]*)\})?\}/g;

/** A text with its places filled in. Numbers are written as the language does, and choose the form of a plural. */
export function fill(template: string, params: Params | undefined, language: Language): string {
  if (!params) return template;
  const { numbers, plurals } = LOCALES[language];
  return template.replace(PLACE, (whole, name: string, one: string | undefined, other: string | undefined) => {
    const value = params[name];
    if (value === undefined) return whole;
    const said = typeof value === 'number' ? numbers.format(value) : value;
    if (one === undefined || other === undefined) return said;
    return (plurals.select(Number(value)) === 'one' ? one : other).replace('#', said);
  });
}

/** A change of language renders anew what shows text; it mounts nothing anew, so no typed text is lost. */
export function LocaleProvider({ children }: { children: ReactNode }) {
  const [language, set] = useState(preferred);
  const setLanguage = useCallback((next: Language) => {
    localStorage.setItem(STORED, next);
    set(next);
  }, []);
  useEffect(() => {
    document.documentElement.lang = TAGS[language];
  }, [language]);
  const locale = useMemo<Locale>(() => {
    const instants = new Intl.DateTimeFormat(TAGS[language], { dateStyle: 'medium', timeStyle: 'short', hour12: false });
    return {
      language,
      setLanguage,
      t: (key, params) => fill(TABLES[language][key], params, language),
      text: (texts, otherwise = '') => pick(texts, language) || otherwise,
      instant: (iso) => (iso ? instants.format(new Date(iso)) : ''),
      count: (value) => LOCALES[language].numbers.format(value),
    };
  }, [language, setLanguage]);
  return <Context.Provider value={locale}>{children}</Context.Provider>;
}

export function useLocale(): Locale {
  const locale = useContext(Context);
  if (!locale) throw new Error('no locale is provided');
  return locale;
}
