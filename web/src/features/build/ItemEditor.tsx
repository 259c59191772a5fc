import { useState } from 'react';
import type { Schemas } from '../../api/client';
import type { FormDef, ItemDef, ItemGroupDef, ItemRef } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { useEdit, type Draft } from './draft';
import { ExpressionField } from './ExpressionField';
import { Field, TextsField } from './TextsField';

const TYPES: ItemDef['dataType'][] = ['TEXT', 'INTEGER', 'DECIMAL', 'FLOAT', 'BOOLEAN', 'DATE', 'TIME', 'DATETIME', 'PARTIAL_DATE', 'PARTIAL_TIME', 'PARTIAL_DATETIME', 'INCOMPLETE_DATE', 'INCOMPLETE_DATETIME', 'URI', 'FILE'];
type Limit = Schemas['RangeCheck'];

type Props = { draft: Draft; design: Design; form: FormDef; group: ItemGroupDef; itemRef: ItemRef; item: ItemDef };

/** One question: what is asked, what may be answered, when, and what follows from it. */
export function ItemEditor({ draft, design, form, group, itemRef, item }: Props) {
  const { t, text } = useLocale();
  const edit = useEdit(draft);
  const put = (change: Partial<ItemDef>) => edit.mutate([{ putItem: { ...item, ...change } }]);
  const refer = (change: Partial<ItemRef>) => {
    const items = group.items.map((one) => (one.itemOid === item.itemOid ? { ...one, ...change } : one));
    edit.mutate([{ putItemGroup: { ...group, items } }]);
  };
  const number = (value: string) => (value === '' ? undefined : Number(value));
  const types = TYPES.includes(item.dataType) ? TYPES : [...TYPES, item.dataType];
  return (
    <section className="section editor" aria-label={t('draft.item', { name: item.name })}>
      <h2>{item.name} <code>{item.itemOid}</code></h2>
      <TextsField label={t('draft.question')} texts={item.question} onChange={(question) => put({ question })} />
      <TextsField label={t('draft.helptext')} texts={item.description} onChange={(description) => put({ description })} />
      <div className="row-fields">
        <Field label={t('draft.name')} value={item.name} isRequired onLeave={(name) => put({ name })} />
        <label>{t('draft.type')}
          <select className="input" value={item.dataType} onChange={(event) => put({ dataType: event.target.value as ItemDef['dataType'] })}>
            {types.map((type) => <option key={type} value={type}>{type.toLowerCase()}</option>)}
          </select>
        </label>
        <Field label={t('draft.length')} isNumber value={String(item.length ?? '')} onLeave={(value) => put({ length: number(value) as number })} />
        <Field label={t('draft.decimals')} isNumber value={String(item.significantDigits ?? '')} onLeave={(value) => put({ significantDigits: number(value) as number })} />
        <label>{t('draft.codelist')}
          <select className="input" value={item.codeListOid ?? ''} onChange={(event) => put({ codeListOid: event.target.value })}>
            <option value="">–</option>
            {draft.study.codeLists.map((list) => <option key={list.codeListOid} value={list.codeListOid}>{list.name}</option>)}
          </select>
        </label>
        <label>{t('draft.unit')}
          <select className="input" value={item.unitOids[0] ?? ''} onChange={(event) => put({ unitOids: event.target.value ? [event.target.value, ...item.unitOids.slice(1)] : [] })}>
            <option value="">–</option>
            {[...design.units.values()].map((unit) => <option key={unit.unitOid} value={unit.unitOid}>{text(unit.symbol, unit.unitOid)}</option>)}
          </select>
        </label>
        <Field label="SDTM" value={item.sdtmVariables.join(', ')} onLeave={(value) => put({ sdtmVariables: value.split(',').map((one) => one.trim()).filter(Boolean) })} />
      </div>
      <div className="row-fields">
        <label className="tick"><input type="checkbox" checked={itemRef.mandatory} onChange={(event) => refer({ mandatory: event.target.checked })} />{t('draft.mandatory')}</label>
        <label className="tick"><input type="checkbox" checked={item.blinded} onChange={(event) => put({ blinded: event.target.checked })} />{t('draft.blinded')}</label>
      </div>
      <Limits key={item.itemOid} limits={item.rangeChecks} onChange={(rangeChecks) => put({ rangeChecks })} />
      <ExpressionField study={draft.studyOid} form={form.formOid} group={group.repeating ? group.itemGroupOid : undefined} purpose="CONDITION" label={t('draft.condition')}
        value={itemRef.collectionException ?? ''} onLeave={(collectionException) => refer({ collectionException })} />
      <ExpressionField study={draft.studyOid} form={form.formOid} group={group.repeating ? group.itemGroupOid : undefined} purpose="DERIVATION" label={t('draft.derivation')}
        value={itemRef.derivation ?? ''} onLeave={(derivation) => refer({ derivation })} />
    </section>
  );
}

const COMPARATORS: readonly (readonly [Limit['comparator'], string])[] = [['GE', '≥'], ['LE', '≤'], ['GT', '>'], ['LT', '<'], ['EQ', '='], ['NE', '≠']];

/** Limits on the value: soft ones open a query, hard ones refuse. */
function Limits({ limits, onChange }: { limits: Limit[]; onChange: (limits: Limit[]) => void }) {
  const { t } = useLocale();
  const [value, setValue] = useState('');
  const [comparator, setComparator] = useState<Limit['comparator']>('GE');
  const change = (at: number, part: Partial<Limit>) => onChange(limits.map((one, place) => (place === at ? { ...one, ...part } : one)));
  const add = () => {
    onChange([...limits, { comparator, checkValues: [value.trim()], severity: 'SOFT', message: {} }]);
    setValue('');
  };
  return (
    <fieldset>
      <legend>{t('draft.limits')}</legend>
      {limits.map((limit, at) => (
        <div key={at} className="row-fields">
          <span>{COMPARATORS.find(([one]) => one === limit.comparator)?.[1] ?? limit.comparator.toLowerCase()} {limit.checkValues.join(', ')}</span>
          <select className="input" aria-label={t('build.severity')} value={limit.severity} onChange={(event) => change(at, { severity: event.target.value as Limit['severity'] })}>
            <option value="SOFT">{t('build.soft')}</option><option value="HARD">{t('build.hard')}</option>
          </select>
          <button type="button" className="button small" onClick={() => onChange(limits.filter((_, place) => place !== at))}>{t('draft.remove')}</button>
        </div>
      ))}
      <div className="row-fields">
        <select className="input" aria-label={t('draft.compare')} value={comparator} onChange={(event) => setComparator(event.target.value as Limit['comparator'])}>
          {COMPARATORS.map(([one, sign]) => <option key={one} value={one}>{sign}</option>)}
        </select>
        <input className="input number" size={9} aria-label={t('draft.limit')} value={value} onChange={(event) => setValue(event.target.value)} />
        <button type="button" className="button small" disabled={value.trim() === ''} onClick={add}>{t('draft.add')}</button>
      </div>
    </fieldset>
  );
}
