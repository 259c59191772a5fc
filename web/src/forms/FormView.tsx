import { useEffect, useMemo, useRef } from 'react';
import type { FormDef, ItemDef } from '../api/types';
import { useLocale } from '../i18n';
import { Context, useFormState, type FormContext } from './context';
import { GroupTable } from './GroupTable';
import { Item } from './Item';
import { focusCell, followCollection, onFormKey } from './keyboard';
import { ReasonBar } from './ReasonBar';
import { cellKey } from './values';
import './forms.css';

type Props = FormContext & { form: FormDef; toNextForm: () => void };

/** A form as it is filled in, read, reviewed and previewed: the one renderer for all of these. */
export function FormView({ form, toNextForm, store, mayEnter, may, siteOid, reload }: Props) {
  const context = useMemo(() => ({ store, mayEnter, may, siteOid, reload }), [store, mayEnter, may, siteOid, reload]);
  return (
    <Context.Provider value={context}>
      <Sections form={form} toNextForm={toNextForm} {...context} />
    </Context.Provider>
  );
}

function Sections({ form, store, mayEnter, toNextForm }: Props) {
  const { text } = useLocale();
  const { rows, record } = useFormState();
  const reason = useRef<HTMLInputElement>(null);
  const isLocked = !mayEnter || record.review?.locked === true || record.review?.frozen === true || record.status === 'REMOVED';
  useEffect(() => {
    const [group, row, ...item] = decodeURIComponent(window.location.hash.slice(1)).split('~');
    if (group && row && item.length > 0) focusCell(cellKey(group, row, item.join('~')));
  }, [store]);
  useEffect(() => store.watchCollection((left, collected) => followCollection(store, left, collected)), [store]);
  return (
    // Keys of the whole form; each field has its own role.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div className="form" onKeyDown={(event) => onFormKey(event, { store, mayEnter, toNextForm })}>
      {form.itemGroups.map(({ itemGroupOid }) => {
        const group = store.design.groups.get(itemGroupOid);
        if (!group) return null;
        const title = text(group.description, group.name);
        return (
          <section key={itemGroupOid} className="section" aria-label={title} id={`section-${itemGroupOid}`}>
            <h2>{title}</h2>
            {group.repeating ? (
              <GroupTable group={group} isLocked={isLocked} />
            ) : (
              (rows.get(itemGroupOid) ?? []).map((row) => group.items.map((itemRef) => {
                const item: ItemDef | undefined = store.design.items.get(itemRef.itemOid);
                return item && <Item key={`${row.key}.${item.itemOid}`} group={itemGroupOid} row={row.key} itemRef={itemRef} item={item} isLocked={isLocked} />;
              }))
            )}
          </section>
        );
      })}
      <ReasonBar field={reason} />
    </div>
  );
}
