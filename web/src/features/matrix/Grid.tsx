import { memo, useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useLocation } from 'wouter';
import type { MatrixCell, MatrixColumn, MatrixRow, ReviewState } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Paged } from '../../lib/pages';
import { subjectPath } from '../../lib/url';
import { useLatest, useWindow } from '../../lib/window';
import { Icon } from '../../ui/icons';
import { ENTRY, Review, Status, SUBJECT, TIMING } from '../../ui/Status';

const ROW_PX = 30;
/** Fixed, so that the browser need not measure all rows whenever some come and go. */
const SUBJECT_PX = 150;
const COLUMN_PX = 78;
const PAGE_ROWS = 15;
/** Rows that are looked through, one after the other, for the next issue. */
const MAX_LOOKED_AT = 2000;

type Props = { studyOid: string; columns: MatrixColumn[]; rows: Paged<MatrixRow> };

/** Subjects against study events. Only the rows in view are in the page and read; the arrows go everywhere. */
export function Grid({ studyOid, columns, rows }: Props) {
  const { t, text } = useLocale();
  const [, go] = useLocation();
  const box = useRef<HTMLDivElement>(null);
  const { count, show } = rows;
  const { from, to } = useWindow(box, count, ROW_PX);
  const [at, setAt] = useState({ row: 0, column: 0 });
  const row = Math.min(at.row, count - 1);
  const column = Math.min(at.column, columns.length - 1);
  useEffect(() => show(from, to), [show, from, to]);
  const open = (rowIndex: number, columnIndex: number) => {
    const subject = rows.row(rowIndex);
    if (subject) go(`${subjectPath(studyOid, subject.subjectKey)}#${encodeURIComponent(columns[columnIndex]?.studyEventOid ?? '')}`);
  };
  // The same for every rendering, so that rows which scroll along are not rendered again.
  const latest = useLatest(open);
  const onPick = useCallback((picked: number, pickedColumn: number) => setAt({ row: picked, column: pickedColumn }), []);
  const onOpen = useCallback((picked: number, pickedColumn: number) => latest.current(picked, pickedColumn), [latest]);
  const move = (nextRow: number, nextColumn: number) => {
    const next = { row: Math.max(0, Math.min(nextRow, count - 1)), column: Math.max(0, Math.min(nextColumn, columns.length - 1)) };
    setAt(next);
    const element = box.current;
    if (!element) return;
    const top = next.row * ROW_PX;
    const head = element.querySelector('thead')?.clientHeight ?? 0;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_PX + head > element.scrollTop + element.clientHeight) element.scrollTop = top + ROW_PX + head - element.clientHeight;
    element.querySelector(`th[data-column="${next.column}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const toIssue = async () => {
    for (let step = 0; step <= Math.min(count, MAX_LOOKED_AT); step += 1) {
      const nextRow = (row + step) % count;
      const cells = (rows.row(nextRow) ?? (await rows.fetchRow(nextRow)))?.cells ?? [];
      const next = cells.findIndex((cell, index) => (step > 0 || index > column) && (cell.openQueryCount > 0 || cell.timing === 'OVERDUE'));
      if (next >= 0) return move(nextRow, next);
    }
  };
  const toFind = () => document.querySelector<HTMLElement>('[data-find]')?.focus();
  const onKeyDown = (event: KeyboardEvent) => {
    const keys: { [key: string]: () => void } = {
      ArrowUp: () => move(row - 1, column), ArrowDown: () => move(row + 1, column),
      ArrowLeft: () => move(row, column - 1), ArrowRight: () => move(row, column + 1),
      Home: () => move(event.ctrlKey ? 0 : row, 0), End: () => move(event.ctrlKey ? count - 1 : row, columns.length - 1),
      PageUp: () => move(row - PAGE_ROWS, column), PageDown: () => move(row + PAGE_ROWS, column),
      Enter: () => open(row, column), n: () => void toIssue(), N: () => void toIssue(), '/': toFind,
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  return (
    <>
      <div ref={box} className="matrix">
        {/* A table that takes the keys is a grid. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role */}
        <table role="grid" style={{ width: SUBJECT_PX + columns.length * COLUMN_PX }} tabIndex={0} aria-label={t('nav.matrix')} aria-rowcount={count + 1} aria-colcount={columns.length + 1} aria-activedescendant={`cell-${row}-${column}`} onKeyDown={onKeyDown}>
          <thead>
            <tr>
              <th scope="col" className="corner" style={{ width: SUBJECT_PX }}>{t('nav.subject')}</th>
              {columns.map((event, index) => (
                <th key={event.studyEventOid} scope="col" data-column={index} className={index === column ? 'lit' : undefined}>{text(event.description, event.name)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {from > 0 && <tr aria-hidden="true" style={{ height: from * ROW_PX }} />}
            {Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index).map((index) => {
              const data = rows.row(index);
              return data ? (
                <Row key={index} data={data} index={index} focus={index === row ? column : -1} lit={column} onPick={onPick} onOpen={onOpen} />
              ) : (
                <tr key={index} aria-rowindex={index + 2} aria-busy="true"><th scope="row">…</th><td colSpan={columns.length} /></tr>
              );
            })}
            {to < count && <tr aria-hidden="true" style={{ height: (count - to) * ROW_PX }} />}
          </tbody>
        </table>
      </div>
      <Strip subject={rows.row(row)} column={columns[column]} cell={rows.row(row)?.cells[column]} />
    </>
  );
}

type Pick = (row: number, column: number) => void;
type RowProps = { data: MatrixRow; index: number; focus: number; lit: number; onPick: Pick; onOpen: Pick };

const Row = memo(function Row({ data, index, focus, lit, onPick, onOpen }: RowProps) {
  return (
    <tr aria-rowindex={index + 2} className={focus >= 0 ? 'lit' : undefined}>
      <th scope="row"><Status look={SUBJECT[data.status]} isBare />{data.subjectKey}</th>
      {data.cells.map((cell, column) => (
        // The grid has the keys: arrows move, Enter opens.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <td key={column} id={`cell-${index}-${column}`} aria-selected={focus === column} className={`${focus === column ? 'focus' : ''}${lit === column ? ' lit' : ''}`} onClick={() => onPick(index, column)} onDoubleClick={() => onOpen(index, column)}>
          <Cell cell={cell} />
        </td>
      ))}
    </tr>
  );
});

const Cell = memo(function Cell({ cell }: { cell: MatrixCell }) {
  const { t } = useLocale();
  const isTimely = cell.status === 'NOT_STARTED' && (cell.timing === 'OVERDUE' || cell.timing === 'IN_WINDOW');
  const isOutside = cell.timing === 'DONE_OUT_OF_WINDOW' && cell.status === 'COMPLETE';
  const look = isTimely || isOutside ? TIMING[cell.timing] : ENTRY[cell.status];
  const isIdle = cell.status === 'NOT_STARTED' && !isTimely;
  return (
    <span className="mark">
      <Icon name={look.icon} label={t(look.key)} className={`tone-${look.tone}${isIdle ? ' idle' : ''}`} />
      {cell.openQueryCount > 0 && <span className="badge tone-amber"><Icon name="triangle" />{cell.openQueryCount}</span>}
      {cell.occurrenceCount > 1 && <small>×{cell.occurrenceCount}</small>}
      {cell.review && isReviewed(cell.review) && <Review state={cell.review} isBare />}
    </span>
  );
});

const isReviewed = ({ verified, frozen, locked, signed }: ReviewState) => verified || frozen || locked || signed;

/** Says in words what the cell with the focus shows. */
function Strip({ subject, column, cell }: { subject: MatrixRow | undefined; column: MatrixColumn | undefined; cell: MatrixCell | undefined }) {
  const { t, text } = useLocale();
  if (!subject || !column || !cell) return null;
  return (
    <p className="strip" role="status">
      <strong>{subject.subjectKey}</strong>
      <span>{text(column.description, column.name)}</span>
      <Status look={ENTRY[cell.status]} />
      <Status look={TIMING[cell.timing]} />
      {cell.occurrenceCount > 1 && <span>{t('matrix.times', { n: cell.occurrenceCount })}</span>}
      {cell.openQueryCount > 0 && <span className="status tone-amber"><Icon name="triangle" />{t('form.queries', { n: cell.openQueryCount })}</span>}
      {cell.review && <Review state={cell.review} />}
      <span className="grow" />
      <span className="fine">{t('matrix.open')}</span>
    </p>
  );
}
