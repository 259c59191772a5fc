import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent } from 'react';
import { useLocation } from 'wouter';
import type { MatrixCell, MatrixColumn, MatrixRow } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Paged } from '../../lib/pages';
import { subjectPath } from '../../lib/url';
import { useSlots, useWindow, type Slot } from '../../lib/window';
import { Icon } from '../../ui/icons';
import { ENTRY, Review, Status, SUBJECT, TIMING } from '../../ui/Status';
import { facesIn, isPlain, reviewMarks, type Face, type Faces } from './faces';
import { markClass, useMarks } from './marks';

const ROW_PX = 30;
/** Fixed, so that rows are placed without being measured; matrix.css has the same. */
const COLUMN_PX = 78;
const PAGE_ROWS = 15;
const FOCUSED = 'matrix-focus';
const NOTHING: Face = { className: '', label: '' };
/** Rows around those in the page whose data are read before they come into view. */
const ROWS_AHEAD = 40;
/** Rows that are looked through, one after the other, for the next issue. */
const MAX_LOOKED_AT = 2000;

type Props = { studyOid: string; columns: MatrixColumn[]; rows: Paged<MatrixRow> };

/** Subjects against study events. Only the rows in view are in the page and read; the arrows go everywhere. */
export function Grid({ studyOid, columns, rows }: Props) {
  const { t, text } = useLocale();
  const faces = useMemo(() => facesIn(t), [t]);
  useMarks();
  const [, go] = useLocation();
  const box = useRef<HTMLDivElement>(null);
  const { count, show } = rows;
  const { from, to } = useWindow(box, count, ROW_PX);
  const [at, setAt] = useState({ row: 0, column: 0 });
  const row = Math.min(at.row, count - 1);
  const column = Math.min(at.column, columns.length - 1);
  useEffect(() => show(Math.max(0, from - ROWS_AHEAD), Math.min(count, to + ROWS_AHEAD)), [show, from, to, count]);
  const slots = useSlots({ from, to });
  const open = (rowIndex: number, columnIndex: number) => {
    const subject = rows.row(rowIndex);
    if (subject) go(`${subjectPath(studyOid, subject.subjectKey)}#${encodeURIComponent(columns[columnIndex]?.studyEventOid ?? '')}`);
  };
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
  const onPointer = (event: MouseEvent, act: (row: number, column: number) => void) => {
    const cell = (event.target as Element).closest('td');
    const index = Number(cell?.closest('tr')?.dataset['row'] ?? -1);
    if (cell && index >= 0) act(index, cell.cellIndex - 1);
  };
  return (
    <>
      <div ref={box} className="matrix">
        <Names rows={rows} slots={slots} focus={row} />
        {/* A table that takes the keys is a grid. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role */}
        <table role="grid" style={{ width: columns.length * COLUMN_PX }} tabIndex={0} aria-label={t('nav.matrix')} aria-rowcount={count + 1} aria-colcount={columns.length + 1} aria-activedescendant={FOCUSED}
          onKeyDown={onKeyDown} onClick={(event) => onPointer(event, (picked, pickedColumn) => setAt({ row: picked, column: pickedColumn }))} onDoubleClick={(event) => onPointer(event, open)}>
          <thead>
            <tr>
              <th scope="col">{t('nav.subject')}</th>
              {columns.map((event, index) => (
                <th key={event.studyEventOid} scope="col" data-column={index} className={index === column ? 'lit' : undefined}>{text(event.description, event.name)}</th>
              ))}
            </tr>
          </thead>
          <tbody style={{ height: count * ROW_PX }}>
            <tr role="presentation" className="band" style={{ left: column * COLUMN_PX, width: COLUMN_PX }} />
            {slots.map(({ slot, index }) => <Row key={slot} data={rows.row(index)} columns={columns.length} index={index} focus={index === row ? column : -1} faces={faces} />)}
          </tbody>
        </table>
      </div>
      <Strip subject={rows.row(row)} column={columns[column]} cell={rows.row(row)?.cells[column]} />
    </>
  );
}

const placed = (index: number) => ({ top: index * ROW_PX });

/**
 * Who the rows are about, beside them: one column that stays in view, and not one such cell in each
 * row. To whoever hears the table the rows themselves say it.
 */
function Names({ rows, slots, focus }: { rows: Paged<MatrixRow>; slots: Slot[]; focus: number }) {
  const { t } = useLocale();
  return (
    <div className="names" aria-hidden="true">
      <div className="corner">{t('nav.subject')}</div>
      <div className="names-body">
        {slots.map(({ slot, index }) => <Name key={slot} data={rows.row(index)} index={index} isLit={index === focus} />)}
      </div>
    </div>
  );
}

const Name = memo(function Name({ data, index, isLit }: { data: MatrixRow | undefined; index: number; isLit: boolean }) {
  return (
    <div className={isLit ? 'name lit' : 'name'} style={placed(index)}>
      {data ? <><Icon name={SUBJECT[data.status].icon} className={`tone-${SUBJECT[data.status].tone}`} />{data.subjectKey}</> : '…'}
    </div>
  );
});

type RowProps = { data: MatrixRow | undefined; columns: number; index: number; focus: number; faces: Faces };

/**
 * A row has one element for a cell that only has a mark, and the same before its data have come. The
 * table has the keys and the pointer.
 */
const Row = memo(function Row({ data, columns, index, focus, faces }: RowProps) {
  return (
    <tr data-row={index} aria-rowindex={index + 2} aria-busy={data === undefined || undefined} className={focus >= 0 ? 'lit' : undefined} style={placed(index)}>
      <th scope="row">{data ? faces.name(data) : '…'}</th>
      {Array.from({ length: columns }, (_, column) => {
        const cell = data?.cells[column];
        const { className, label } = cell ? faces.cell(cell) : NOTHING;
        const isFocused = focus === column;
        return (
          <td key={column} id={isFocused ? FOCUSED : undefined} aria-selected={isFocused || undefined} aria-label={label} className={isFocused ? `${className} focus` : className}>
            {cell && !isPlain(cell) ? <More cell={cell} /> : null}
          </td>
        );
      })}
    </tr>
  );
});

/** What a cell says besides its mark. */
function More({ cell }: { cell: MatrixCell }) {
  return (
    <>
      {cell.openQueryCount > 0 && <b className="open triangle-amber tone-amber">{cell.openQueryCount}</b>}
      {cell.occurrenceCount > 1 && <small>×{cell.occurrenceCount}</small>}
      {reviewMarks(cell.review).map(({ icon, tone }) => <i key={icon} className={markClass(icon, tone)} />)}
    </>
  );
}

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
