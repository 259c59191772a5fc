import { memo, type KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import type { CodeList, ItemDef } from '../api/types';
import { useLocale } from '../i18n';
import { useCell, useForm } from './context';
import { FileInput } from './FileInput';
import { readDate } from './pdate';
import { kindOf, type CellKey } from './values';

/** Up to so many choices stand side by side; more are a list. */
const RADIOS_MAX = 6;
const LONG_TEXT = 200;

type Props = { cell: CellKey; item: ItemDef; label: string; isInTable: boolean; describedBy: string; isLocked: boolean };

export const Input = memo(function Input(props: Props) {
  const { store } = useForm();
  const { item, isInTable } = props;
  if (item.dataType === 'FILE') return <FileInput {...props} />;
  const codes = item.codeListOid ? store.design.codes.get(item.codeListOid) : undefined;
  if (codes && codes.items.length <= RADIOS_MAX && !isInTable) return <Radios {...props} codes={codes} />;
  if (codes) return <List {...props} codes={codes} />;
  return <Text {...props} />;
});

function useCommon({ cell: key, label, describedBy, isLocked }: Props) {
  const cell = useCell(key);
  const isBad = cell.state === 'unread' || cell.state === 'refused' || cell.state === 'conflict';
  return {
    cell,
    common: { 'aria-label': label, 'aria-describedby': describedBy, 'aria-invalid': isBad || undefined, 'data-cell': key, 'data-computed': cell.isDerived || undefined, tabIndex: cell.isDerived ? -1 : undefined, disabled: false, readOnly: isLocked || cell.isDerived },
  };
}

function Text(props: Props) {
  const { store } = useForm();
  const { t } = useLocale();
  const { item } = props;
  const { cell, common } = useCommon(props);
  const kind = kindOf(item);
  const isNumber = kind === 'integer' || kind === 'decimal';
  const width = kind === 'text' ? Math.min(Math.max(item.length ?? 20, 8), 48) : kind === 'datetime' ? 18 : isNumber ? 9 : 12;
  const echo = cell.state === 'typing' && (kind === 'date' || kind === 'datetime') ? readDate(cell.text.split(/[T ]\d{1,2}:/)[0] ?? '', new Date()) : undefined;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape' && cell.state === 'typing') {
      store.discard(props.cell);
      event.preventDefault();
    }
  };
  const shared = {
    ...common,
    className: isNumber ? 'input number' : 'input',
    value: cell.text,
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { target: { value: string } }) => store.type(props.cell, event.target.value),
    onBlur: () => store.leave(props.cell),
    onKeyDown,
  };
  if (kind === 'text' && (item.length ?? 0) > LONG_TEXT && !props.isInTable) return <textarea {...shared} rows={2} cols={48} />;
  return (
    <>
      <input {...shared} type="text" size={width} inputMode={isNumber ? 'decimal' : undefined} onFocus={(event) => event.target.select()} />
      {echo && echo !== cell.text && <span className="echo" aria-live="polite">→ {echo}</span>}
      {!echo && cell.saved?.missingReason && cell.text === '' && <span className="missing">{t(`missing.${cell.saved.missingReason}` as 'missing.NOT_DONE')}</span>}
    </>
  );
}

function List(props: Props & { codes: CodeList }) {
  const { store } = useForm();
  const { text, t } = useLocale();
  const { cell, common } = useCommon(props);
  const { readOnly, ...rest } = common;
  const isForeign = cell.text !== '' && !props.codes.items.some(({ codedValue }) => codedValue === cell.text);
  return (
    <>
      <select
        {...rest}
        className="input"
        aria-disabled={readOnly || undefined}
        value={cell.text}
        onChange={(event) => !readOnly && store.commit(props.cell, event.target.value ? { value: event.target.value } : undefined)}
      >
        <option value="" aria-label="–" />
        {isForeign && <option value={cell.text}>{cell.text}</option>}
        {props.codes.items.map(({ codedValue, decode }) => (
          <option key={codedValue} value={codedValue} disabled={readOnly && codedValue !== cell.text}>{text(decode, codedValue)}</option>
        ))}
      </select>
      {cell.saved?.missingReason && cell.text === '' && <span className="missing">{t(`missing.${cell.saved.missingReason}` as 'missing.NOT_DONE')}</span>}
    </>
  );
}

function Radios(props: Props & { codes: CodeList }) {
  const { store } = useForm();
  const { text, t } = useLocale();
  const { cell, common } = useCommon(props);
  const { items } = props.codes;
  const choose = (value: string | undefined) => !common.readOnly && store.commit(props.cell, value === undefined ? undefined : { value });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    const chosen = digit ? items[Number(digit) - 1] : undefined;
    if (chosen) {
      flushSync(() => choose(chosen.codedValue));
      event.currentTarget.closest('.radios')?.querySelector<HTMLElement>('input:checked')?.focus();
    } else if (event.key === 'Delete' || event.key === 'Backspace') choose(undefined);
    else return;
    event.preventDefault();
  };
  // The one that Tab reaches: what is chosen, or else the first.
  const entry = Math.max(0, items.findIndex(({ codedValue }) => codedValue === cell.text));
  const isForeign = cell.text !== '' && !items.some(({ codedValue }) => codedValue === cell.text);
  return (
    <div role="radiogroup" className="radios" aria-label={props.label} aria-describedby={props.describedBy} aria-invalid={common['aria-invalid']} aria-readonly={common.readOnly || undefined}>
      {items.map(({ codedValue, decode }, index) => (
        <label key={codedValue} className={cell.text === codedValue ? 'radio chosen' : 'radio'}>
          <input
            type="radio"
            name={props.cell}
            data-cell={index === entry ? props.cell : undefined}
            checked={cell.text === codedValue}
            aria-disabled={common.readOnly || undefined}
            onChange={() => choose(codedValue)}
            onKeyDown={onKeyDown}
          />
          <span>{text(decode, codedValue)}</span>
        </label>
      ))}
      {isForeign && <span className="missing">{cell.text}</span>}
      {cell.saved?.missingReason && cell.text === '' && <span className="missing">{t(`missing.${cell.saved.missingReason}` as 'missing.NOT_DONE')}</span>}
    </div>
  );
}
