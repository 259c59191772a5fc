/** The first rows of a table, kept for the time of the session, so that a mapping can be made beside them. */
const HEAD_BYTES = 16 * 1024;
const ROWS = 6;
const key = (importId: string) => `casebook.import.${importId}`;

export type Head = { columns: string[]; rows: string[][] };

/** One line of CSV into its cells (RFC 4180), as far as one line goes. */
export function cells(line: string): string[] {
  const found: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] ?? '';
    if (isQuoted && char === '"' && line[at + 1] === '"') {
      cell += '"';
      at += 1;
    } else if (char === '"') {
      isQuoted = !isQuoted;
    } else if (char === ',' && !isQuoted) {
      found.push(cell);
      cell = '';
    } else {
      cell += char;
    }
  }
  return [...found, cell];
}

export function headOf(text: string): Head {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/).filter((line) => line !== '');
  return { columns: cells(lines[0] ?? ''), rows: lines.slice(1, ROWS).map(cells) };
}

/** Keeps the names of the columns; of the values nothing outlives the page. */
export async function keepHead(importId: string, file: File): Promise<void> {
  if (!file.name.toLowerCase().endsWith('.csv')) return;
  const { columns } = headOf(await file.slice(0, HEAD_BYTES).text());
  sessionStorage.setItem(key(importId), JSON.stringify(columns));
}

export function keptColumns(importId: string): string[] {
  const kept: unknown = JSON.parse(sessionStorage.getItem(key(importId)) ?? '[]');
  return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : [];
}
