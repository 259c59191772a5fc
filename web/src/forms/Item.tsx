import { memo, useId } from 'react';
import type { ItemDef, ItemRef } from '../api/types';
import { useLocale } from '../i18n';
import { useCell, useForm, useFormState } from './context';
import { Input } from './Input';
import { ItemPanel } from './ItemPanel';
import { Marks } from './Marks';
import { Messages } from './Messages';
import { cellKey, type CellKey } from './values';

type Props = { group: string; row: string; itemRef: ItemRef; item: ItemDef; isLocked: boolean };

/** One question with its answer, on a line of its own. */
export const Item = memo(function Item({ group, row, itemRef, item, isLocked }: Props) {
  const { text, t } = useLocale();
  const key = cellKey(group, row, item.itemOid);
  const id = useId();
  const label = text(item.question, item.name);
  const cell = useCell(key);
  return (
    <div className={`item state-${cell.state}${cell.isSkipped ? ' skipped' : ''}`} data-item={item.itemOid}>
      <div className="item-line">
        <div className="item-label">
          <span>{label}</span>
          {itemRef.mandatory && <abbr title={t('field.mandatory')}>*</abbr>}
          {Object.keys(item.description).length > 0 && <small>{text(item.description)}</small>}
        </div>
        <div className="item-input">
          <Input cell={key} item={item} label={label} isInTable={false} describedBy={id} isLocked={isLocked} />
          <Unit cell={key} item={item} />
          {itemRef.derivation !== undefined && <span className="tag">{t('field.derived')}</span>}
        </div>
        <Marks cell={key} item={item} label={label} />
      </div>
      <Messages cell={key} item={item} id={id} />
      <Panel cell={key} item={item} />
    </div>
  );
});

export function Unit({ cell: key, item }: { cell: CellKey; item: ItemDef }) {
  const { store, mayEnter } = useForm();
  const { text, t } = useLocale();
  const cell = useCell(key);
  const units = item.unitOids.map((oid) => store.design.units.get(oid)).filter((unit) => unit !== undefined);
  const [only] = units;
  if (!only) return null;
  if (units.length === 1) return <span className="unit">{text(only.symbol, only.ucum ?? '')}</span>;
  const chosen = cell.saved?.unitOid ?? only.unitOid;
  return (
    <select className="input unit" aria-label={t('field.unit')} value={chosen} disabled={!mayEnter || !cell.saved?.value}
      onChange={(event) => cell.saved?.value && store.commit(key, { value: cell.saved.value, unitOid: event.target.value })}>
      {units.map(({ unitOid, symbol, ucum }) => <option key={unitOid} value={unitOid}>{text(symbol, ucum ?? unitOid)}</option>)}
    </select>
  );
}

/** What was opened under the item: its queries, its history, or the reasons for which it may be missing. */
export function Panel({ cell: key, item }: { cell: CellKey; item: ItemDef }) {
  const { panel } = useFormState();
  return panel?.cell === key ? <ItemPanel cell={key} item={item} kind={panel.kind} /> : null;
}

