import { Fragment, useState } from 'react';
import { flushSync } from 'react-dom';
import type { ItemDef, ItemGroupDef, ItemRef } from '../api/types';
import { useLocale } from '../i18n';
import { Icon } from '../ui/icons';
import { useCell, useForm, useFormState } from './context';
import { Input } from './Input';
import { LeftOut, leftOut, Panel, Unit } from './Item';
import { focusCell } from './keyboard';
import { Marks } from './Marks';
import { Messages } from './Messages';
import { RowRemoval } from './RowRemoval';
import type { Row } from './store';
import { cellKey, splitKey } from './values';

type Column = { itemRef: ItemRef; item: ItemDef };

/** A repeating item group: a row for each occurrence, a column for each item. */
export function GroupTable({ group, isLocked }: { group: ItemGroupDef; isLocked: boolean }) {
  const { t, text } = useLocale();
  const { store, mayEnter } = useForm();
  const { rows, panel } = useFormState();
  const [removal, setRemoval] = useState<Row | undefined>();
  const columns = group.items
    .map((itemRef) => ({ itemRef, item: store.design.items.get(itemRef.itemOid) }))
    .filter((column): column is Column => column.item !== undefined);
  const all = rows.get(group.itemGroupOid) ?? [];
  const add = () => {
    let key = '';
    flushSync(() => { key = store.addRow(group.itemGroupOid); });
    const first = columns[0];
    if (first) focusCell(cellKey(group.itemGroupOid, key, first.item.itemOid));
  };
  const opened = panel ? splitKey(panel.cell) : undefined;
  return (
    <>
      <div className="scroll-x group-table">
        <table className="table entry" aria-label={text(group.description, group.name)}>
          <thead>
            <tr>
              <th className="sticky" scope="col">#</th>
              {columns.map(({ item, itemRef }) => (
                <th key={item.itemOid} scope="col">
                  {text(item.question, item.name)}{itemRef.mandatory && <abbr title={t('field.mandatory')}>*</abbr>}
                  {itemRef.derivation !== undefined && <span className="tag">{t('field.derived')}</span>}
                </th>
              ))}
              {mayEnter && <th scope="col"><span className="hidden">{t('row.acts')}</span></th>}
            </tr>
          </thead>
          <tbody>
            {all.map((row) => (
              <Fragment key={row.key}>
                <tr className={row.isRemoved ? 'removed' : undefined}>
                  <th scope="row" className="sticky">{row.key}</th>
                  {columns.map((column) => <TableCell key={column.item.itemOid} group={group.itemGroupOid} row={row} column={column} isLocked={isLocked} />)}
                  {mayEnter && !isLocked && (
                    <td>
                      {!row.isNew && (
                        <button type="button" className="button plain square quiet" aria-label={t(row.isRemoved ? 'row.restore' : 'row.remove', { n: row.key })} title={t(row.isRemoved ? 'row.restore' : 'row.remove', { n: row.key })} onClick={() => setRemoval(row)}>
                          <Icon name={row.isRemoved ? 'undo' : 'cross'} />
                        </button>
                      )}
                    </td>
                  )}
                </tr>
                {panel && opened?.group === group.itemGroupOid && opened.row === row.key && store.design.items.has(opened.item) && (
                  <tr><td colSpan={columns.length + 2}><Panel cell={panel.cell} item={store.item(panel.cell)} /></td></tr>
                )}
              </Fragment>
            ))}
          </tbody>
        </table>
      </div>
      {mayEnter && !isLocked && (
        <button type="button" className="button" data-add={group.itemGroupOid} onClick={add}><Icon name="plus" />{t('row.add')} <kbd>Alt R</kbd></button>
      )}
      {removal && <RowRemoval group={group.itemGroupOid} row={removal} onClose={() => setRemoval(undefined)} />}
    </>
  );
}

function TableCell({ group, row, column: { item }, isLocked }: { group: string; row: Row; column: Column; isLocked: boolean }) {
  const { text } = useLocale();
  const key = cellKey(group, row.key, item.itemOid);
  const cell = useCell(key);
  const label = text(item.question, item.name);
  const id = `m-${group}-${row.key}-${item.itemOid}`;
  return (
    <td className={`state-${cell.state}`}>
      <div className="cell-line">
        {leftOut(cell) ? <LeftOut /> : (
          <>
            <Input cell={key} item={item} label={`${label} (${row.key})`} isInTable describedBy={id} isLocked={isLocked || row.isRemoved} />
            <Unit cell={key} item={item} />
          </>
        )}
        <Marks cell={key} item={item} label={`${label} (${row.key})`} />
      </div>
      <Messages cell={key} item={item} id={id} />
    </td>
  );
}
