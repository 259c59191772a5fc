import { useMemo, useState, type KeyboardEvent } from 'react';
import { Link, useParams } from 'wouter';
import type { FormDef, FormRecord, ItemDef, ItemGroupDef } from '../../api/types';
import { FormView } from '../../forms/FormView';
import { FormStore } from '../../forms/store';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { studyPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { moved, newOid, useDraft, useDraftDesign, useEdit, type Draft } from './draft';
import { ItemEditor } from './ItemEditor';
import { Adder } from './Lists';
import { TextsField } from './TextsField';
import './build.css';

export default function FormEditor() {
  const { study, form } = useParams<{ study: string; form: string }>();
  const { t } = useLocale();
  const draft = useDraft(study);
  return (
    <Loaded from={draft}>
      {(known) => {
        const found = known?.study.forms.find(({ formOid }) => formOid === form);
        return known && found ? <Editor draft={known} form={found} /> : <Page title={t('state.unknown')}><Empty title={t('state.unknown')}>{t('state.unknown.next')}</Empty></Page>;
      }}
    </Loaded>
  );
}

/** A form: its groups and items on the left, what is chosen in the middle, how it will look below. */
function Editor({ draft, form }: { draft: Draft; form: FormDef }) {
  const { t, text, language } = useLocale();
  const design = useDraftDesign(draft);
  const edit = useEdit(draft);
  const [chosen, setChosen] = useParam('item');
  const groups = form.itemGroups.map(({ itemGroupOid }) => design.groups.get(itemGroupOid)).filter((group) => group !== undefined);
  const group = groups.find(({ items }) => items.some(({ itemOid }) => itemOid === chosen));
  const itemRef = group?.items.find(({ itemOid }) => itemOid === chosen);
  const item = chosen ? design.items.get(chosen) : undefined;
  const addGroup = (name: string) => {
    const itemGroupOid = newOid('IG.', name, (oid) => design.groups.has(oid));
    edit.mutate([
      { putItemGroup: { itemGroupOid, name, description: { [language]: name }, repeating: false, items: [] } },
      { putForm: { ...form, itemGroups: [...form.itemGroups, { itemGroupOid, mandatory: false }] } },
    ]);
  };
  const title = text(form.description, form.name);
  const crumbs = <><Link href={studyPath(draft.studyOid, '/build')}>{t('nav.build')}</Link><Link href={studyPath(draft.studyOid, '/build/draft')}>{t('draft.title')}</Link></>;
  return (
    <Page title={title} help="draft.form.help" crumbs={crumbs} isFull
      actions={<Link className="button" href={studyPath(draft.studyOid, `/build/draft/paper?form=${encodeURIComponent(form.formOid)}`)}><Icon name="print" />{t('draft.paper')}</Link>}>
      <div className="builder">
        <nav className="outline" aria-label={t('draft.outline')}>
          {groups.map((one) => <Outline key={one.itemGroupOid} draft={draft} design={design} group={one} chosen={chosen} onChoose={setChosen} />)}
          <Adder label="draft.newgroup" onAdd={addGroup} isPending={edit.isPending} />
        </nav>
        <div className="builder-main">
          {item && group && itemRef
            ? <ItemEditor key={item.itemOid} draft={draft} design={design} form={form} group={group} itemRef={itemRef} item={item} />
            : <section className="section editor"><h2>{form.name} <code>{form.formOid}</code></h2><TextsField label={t('draft.formname')} texts={form.description} onChange={(description) => edit.mutate([{ putForm: { ...form, description } }])} />
                <label className="tick"><input type="checkbox" checked={form.repeating} onChange={(event) => edit.mutate([{ putForm: { ...form, repeating: event.target.checked } }])} />{t('draft.repeating')}</label></section>}
          <Preview design={design} form={form} />
        </div>
      </div>
    </Page>
  );
}

type OutlineProps = { draft: Draft; design: Design; group: ItemGroupDef; chosen: string | undefined; onChoose: (item: string) => void };

/** The items of a group in their order; Alt and the arrows move the one with the focus. */
function Outline({ draft, design, group, chosen, onChoose }: OutlineProps) {
  const { t, text, language } = useLocale();
  const edit = useEdit(draft);
  const put = (items: ItemGroupDef['items']) => edit.mutate([{ putItemGroup: { ...group, items } }]);
  const onKey = (event: KeyboardEvent, at: number) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const to = at + (event.key === 'ArrowUp' ? -1 : 1);
    if (to >= 0 && to < group.items.length) put(moved(group.items, at, to));
  };
  const add = (name: string) => {
    const itemOid = newOid('I.', name, (oid) => design.items.has(oid));
    const item: ItemDef = { itemOid, name: itemOid.replace(/^I\./, ''), question: { [language]: name }, description: {}, dataType: 'TEXT', length: 200, unitOids: [], rangeChecks: [], blinded: false, verificationRequired: false, sdtmVariables: [] };
    edit.mutate([{ putItem: item }, { putItemGroup: { ...group, items: [...group.items, { itemOid, mandatory: false }] } }], { onSuccess: () => onChoose(itemOid) });
  };
  return (
    <section>
      <h2>{text(group.description, group.name)} <code>{group.itemGroupOid}</code></h2>
      <label className="tick fine"><input type="checkbox" checked={group.repeating} onChange={(event) => edit.mutate([{ putItemGroup: { ...group, repeating: event.target.checked } }])} />{t('draft.repeating')}</label>
      <ol>
        {group.items.map(({ itemOid, mandatory }, at) => {
          const item = design.items.get(itemOid);
          const label = item ? text(item.question, item.name) : itemOid;
          return (
            <li key={itemOid}>
              <button type="button" className={chosen === itemOid ? 'choice-item chosen' : 'choice-item'} aria-current={chosen === itemOid || undefined} title={t('draft.movehint')} onClick={() => onChoose(itemOid)} onKeyDown={(event) => onKey(event, at)}>
                {label}{mandatory && <abbr title={t('field.mandatory')}>*</abbr>}
              </button>
              <button type="button" className="button plain square quiet" aria-label={t('draft.remove.one', { name: label })} onClick={() => put(group.items.filter((one) => one.itemOid !== itemOid))}><Icon name="cross" /></button>
            </li>
          );
        })}
      </ol>
      <Adder label="draft.newitem" onAdd={add} isPending={edit.isPending} />
    </section>
  );
}

/** The form as it will look to whoever fills it in. Nothing that is tried here is kept. */
function Preview({ design, form }: { design: Design; form: FormDef }) {
  const { t } = useLocale();
  const [isShown, setShown] = useState(true);
  const store = useMemo(() => {
    const place = { studyOid: design.study.studyOid, subjectKey: '', studyEventOid: '', studyEventRepeatKey: '1', formOid: form.formOid, formRepeatKey: '1' };
    const record = { version: 0, status: 'NOT_STARTED', versionHash: '', designVersionHash: '', itemGroups: [], findings: [], queries: [], signingSha256: '', place: { ...place }, review: { verified: false, frozen: false, locked: false, signed: false } } as unknown as FormRecord;
    return new FormStore(design, place, record);
  }, [design, form.formOid]);
  return (
    <details className="preview" open={isShown} onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>{t('draft.preview')}</summary>
      {isShown && <FormView form={form} store={store} mayEnter={false} may={() => false} siteOid="" reload={() => undefined} toNextForm={() => undefined} />}
    </details>
  );
}
