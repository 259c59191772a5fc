/** Reads dates as people type them. Nothing is imputed: what is not known stays out. */

export type Precision = 'full' | 'partial';
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const UNKNOWN = /^(un|unk|uk|nk|xx|\?+|--?)$/i;

const two = (value: number) => String(value).padStart(2, '0');
const isYear = (text: string) => /^(19|20)\d\d$/.test(text);

function monthOf(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= 1 && value <= 12 ? value : undefined;
  }
  const found = MONTHS.indexOf(text.slice(0, 3).toLowerCase());
  return found >= 0 && /^[a-z]+$/i.test(text) ? found + 1 : undefined;
}

function exists(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function assemble(year: string, month: string | undefined, day: string | undefined): string | undefined {
  if (month === undefined || UNKNOWN.test(month)) return day === undefined || UNKNOWN.test(day) ? year : undefined;
  const monthValue = monthOf(month);
  if (monthValue === undefined) return undefined;
  if (day === undefined || UNKNOWN.test(day)) return `${year}-${two(monthValue)}`;
  if (!/^\d{1,2}$/.test(day) || !exists(Number(year), monthValue, Number(day))) return undefined;
  return `${year}-${two(monthValue)}-${two(Number(day))}`;
}

function relative(text: string, today: Date): string | undefined {
  const found = /^(?:t|今天)\s*(?:([+-])\s*(\d{1,4}))?$/i.exec(text);
  if (!found) return undefined;
  const days = Number(found[2] ?? 0) * (found[1] === '-' ? -1 : 1);
  const date = new Date(today.getFullYear(), today.getMonth(), today.getDate() + days);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * ISO 8601 of a typed date, cut short where day or month are not known; `undefined` when it is none.
 * Year first, or day before month: never month first.
 */
export function readDate(typed: string, today: Date): string | undefined {
  const text = typed.normalize('NFKC').replace(/[年月]/g, '-').replace(/日/g, '').replace(/-$/, '').trim();
  const near = relative(text, today);
  if (near) return near;
  const compact = /^((?:19|20)\d\d)(\d\d)(\d\d)?$/.exec(text);
  if (compact) return assemble(compact[1] ?? '', compact[2], compact[3]);
  const spelt = /^(\d{1,2}|un|unk)([a-z]{3,9})(\d{4})$/i.exec(text);
  const parts = spelt ? [spelt[1] ?? '', spelt[2] ?? '', spelt[3] ?? ''] : text.split(/[\s./,-]+/).filter(Boolean);
  if (parts.length === 0 || parts.length > 3) return undefined;
  const [first = '', second, third] = parts;
  if (isYear(first)) return assemble(first, second, third);
  const last = parts[parts.length - 1] ?? '';
  if (!isYear(last)) return undefined;
  return parts.length === 3 ? assemble(last, second, first) : assemble(last, first, undefined);
}

export const precisionOf = (iso: string): Precision => (iso.length >= 10 ? 'full' : 'partial');

/** `hh:mm` or `hh:mm:ss` of a typed time; hours alone where a part may be missing. */
export function readTime(typed: string, mayBePartial: boolean): string | undefined {
  const text = typed.normalize('NFKC').replace(/[时点h]/gi, ':').replace(/[分秒]/g, '').replace(/:$/, '').trim();
  const compact = /^(\d\d)(\d\d)(\d\d)?$/.exec(text);
  const parts = compact ? compact.slice(1).filter((part) => part !== undefined) : text.split(/[:.]/);
  if (parts.length > 3 || (parts.length < 2 && !mayBePartial)) return undefined;
  const limits = [23, 59, 59];
  const isValid = parts.every((part, index) => /^\d{1,2}$/.test(part) && Number(part) <= (limits[index] ?? 0));
  return isValid ? parts.map((part) => two(Number(part))).join(':') : undefined;
}
