import { memo, useId } from 'react';
import type { ItemDef, ItemRef } from '../api/types';
import { useLocale } from '../i18n';
import { useCell, useForm, useFormState } from './context';
import type { Cell } from './store';
import { Icon } from '../ui/icons';
import { Input } from './Input';
import { ItemPanel } from './ItemPanel';
import { Marks } from './Marks';
import { Messages } from './Messages';
import { cellKey, isBlank, type CellKey } from './values';

type Props = { group: string; row: string; itemRef: ItemRef; item: ItemDef; isLocked: boolean };

/** One question with its answer, on a line of its own. */
export const Item = memo(function Item({ group, row, itemRef, item, isLocked }: Props) {
  const { text, t } = useLocale();
  const key = cellKey(group, row, item.itemOid);
  const id = useId();
  const label = text(item.question, item.name);
  const cell = useCell(key);
  const isLeftOut = leftOut(cell);
  return (
    <div className={`item state-${cell.state}${isLeftOut ? ' left-out' : ''}`} data-item={item.itemOid}>
      <div className="item-line">
        <div className="item-label">
          <span>{label}</span>
          {itemRef.mandatory && <abbr title={t('field.mandatory')}>*</abbr>}
          {Object.keys(item.description).length > 0 && <small>{text(item.description)}</small>}
        </div>
        {isLeftOut ? <LeftOut /> : <div className="item-input">
          <Input cell={key} item={item} label={label} isInTable={false} describedBy={id} isLocked={isLocked} />
          <Unit cell={key} item={item} />
          {itemRef.derivation !== undefined && <span className="tag">{t('field.derived')}</span>}
        </div>}
        <Marks cell={key} item={item} label={label} />
      </div>
      <Messages cell={key} item={item} id={id} />
      <Panel cell={key} item={item} />
    </div>
  );
});

/** An item that is not collected and holds nothing takes no answer. */
export const leftOut = (cell: Cell): boolean => cell.isSkipped && cell.state === 'clean' && isBlank(cell.saved);

export function LeftOut() {
  const { t } = useLocale();
  return <span className="left-out-mark"><Icon name="dash" />{t('field.notcollected')}</span>;
}

export function Unit({ cell: key, item }: { cell: CellKey; item: ItemDef }) {
  const { store, mayEnter } = useForm();
  const { text, t } = useLocale();
  const cell = useCell(key);
  const units = item.unitOids.map((oid) => store.design.units.get(oid)).filter((unit) => unit !== undefined);
  const [only] = units;
  if (!only) return null;
  if (units.length === 1) return <span className="unit">{text(only.symbol, only.ucum ?? '')}</span>;
  const chosen = store.unitOf(key);
  return (
    <select className="input unit" aria-label={`${t('field.unit')}: ${text(item.question, item.name)}`} value={chosen ?? ''} disabled={!mayEnter || cell.isDerived}
      onChange={(event) => store.chooseUnit(key, event.target.value)}>
      {chosen === undefined && <option value="" disabled>{t('field.unit')}</option>}
      {units.map(({ unitOid, symbol, ucum }) => <option key={unitOid} value={unitOid}>{text(symbol, ucum ?? unitOid)}</option>)}
    </select>
  );
}

/** What was opened under the item: its queries, its history, or the reasons for which it may be missing. */
export function Panel({ cell: key, item }: { cell: CellKey; item: ItemDef }) {
  const { panel } = useFormState();
  return panel?.cell === key ? <ItemPanel cell={key} item={item} kind={panel.kind} /> : null;
}

