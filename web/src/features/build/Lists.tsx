import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useLocale, type Key } from '../../i18n';
import type { Design } from '../../lib/study';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { newOid, useEdit, type Draft, type Edit, type Part } from './draft';

/** A name for something new; its OID is made of it. */
export function Adder({ label, onAdd, isPending }: { label: Key; onAdd: (name: string) => void; isPending: boolean }) {
  const { t } = useLocale();
  const [name, setName] = useState('');
  return (
    <form className="adder" onSubmit={(event) => { event.preventDefault(); onAdd(name.trim()); setName(''); }}>
      <input className="input" aria-label={t(label)} placeholder={t(label)} value={name} onChange={(event) => setName(event.target.value)} />
      <button type="submit" className="button" disabled={name.trim() === '' || isPending}><Icon name="plus" />{t('draft.add')}</button>
    </form>
  );
}

type RowProps = { draft: Draft; kind: Part['kind']; oid: string; at: number; last: number; name: string };

/** Moves and removes one definition. */
export function Acts({ draft, kind, oid, at, last, name }: RowProps) {
  const { t } = useLocale();
  const edit = useEdit(draft);
  const send = (one: Edit) => edit.mutate([one]);
  const part = { kind, oid };
  return (
    <td className="nowrap acts">
      <button type="button" className="button small" aria-label={t('draft.up.one', { name })} disabled={at === 0 || edit.isPending} onClick={() => send({ move: { part, position: at - 1 } })}>{t('draft.up')}</button>
      <button type="button" className="button small" aria-label={t('draft.down.one', { name })} disabled={at === last || edit.isPending} onClick={() => send({ move: { part, position: at + 1 } })}>{t('draft.down')}</button>
      <button type="button" className="button small" aria-label={t('draft.remove.one', { name })} disabled={edit.isPending} onClick={() => send({ remove: part })}><Icon name="cross" />{t('draft.remove')}</button>
    </td>
  );
}

export function FormList({ draft, design }: { draft: Draft; design: Design }) {
  const { t, text, language } = useLocale();
  const { study, studyOid } = draft;
  const [, go] = useLocation();
  const edit = useEdit(draft);
  const path = (oid: string) => studyPath(studyOid, `/build/draft/forms/${encodeURIComponent(oid)}`);
  const add = (name: string) => {
    const formOid = newOid('F.', name, (oid) => design.forms.has(oid));
    const put = { formOid, name, description: { [language]: name }, repeating: false, itemGroups: [] };
    edit.mutate([{ putForm: put }], { onSuccess: () => go(path(formOid)) });
  };
  const count = (oid: string) => design.forms.get(oid)?.itemGroups.reduce((sum, group) => sum + (design.groups.get(group.itemGroupOid)?.items.length ?? 0), 0) ?? 0;
  return (
    <>
      <table className="table">
        <thead><tr><th>{t('build.form')}</th><th>OID</th><th className="number">{t('build.items')}</th><th className="number">{t('build.events')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
        <tbody>
          {study.forms.map((form, at) => {
            const name = text(form.description, form.name);
            return (
              <tr key={form.formOid}>
                <td><Link href={path(form.formOid)}>{name}</Link></td>
                <td><code>{form.formOid}</code></td>
                <td className="number">{count(form.formOid)}</td>
                <td className="number">{study.studyEvents.filter(({ forms }) => forms.some(({ formOid }) => formOid === form.formOid)).length}</td>
                <Acts draft={draft} kind="FORM" oid={form.formOid} at={at} last={study.forms.length - 1} name={name} />
              </tr>
            );
          })}
        </tbody>
      </table>
      <Adder label="draft.newform" onAdd={add} isPending={edit.isPending} />
    </>
  );
}

export function CheckList({ draft }: { draft: Draft }) {
  const { t, text } = useLocale();
  const { study, studyOid } = draft;
  return (
    <>
      <table className="table">
        <thead><tr><th>OID</th><th>{t('build.form')}</th><th>{t('build.message')}</th><th>{t('build.expression')}</th><th className="number">{t('draft.examples')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
        <tbody>
          {study.checks.map((check, at) => (
            <tr key={check.checkOid}>
              <td className="nowrap"><Link href={studyPath(studyOid, `/build/draft/checks/${encodeURIComponent(check.checkOid)}`)}><code>{check.checkOid}</code></Link></td>
              <td><code>{check.formOid}</code></td>
              <td>{text(check.message)}</td>
              <td><code className="wrap">{check.expression}</code></td>
              <td className="number">{check.examples.length}</td>
              <Acts draft={draft} kind="CHECK" oid={check.checkOid} at={at} last={study.checks.length - 1} name={check.checkOid} />
            </tr>
          ))}
        </tbody>
      </table>
      <Link className="button add" href={studyPath(studyOid, '/build/draft/checks/new')}><Icon name="plus" />{t('draft.newcheck')}</Link>
    </>
  );
}

export function CodeListList({ draft }: { draft: Draft }) {
  const { t, text } = useLocale();
  const { study, studyOid } = draft;
  const [, go] = useLocation();
  const edit = useEdit(draft);
  const path = (oid: string) => studyPath(studyOid, `/build/draft/codes/${encodeURIComponent(oid)}`);
  const add = (name: string) => {
    const codeListOid = newOid('CL.', name, (oid) => study.codeLists.some((list) => list.codeListOid === oid));
    edit.mutate([{ putCodeList: { codeListOid, name, items: [] } }], { onSuccess: () => go(path(codeListOid)) });
  };
  return (
    <>
      <table className="table">
        <thead><tr><th>{t('draft.codelist')}</th><th>OID</th><th>{t('draft.values')}</th><th className="number">{t('draft.uses')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
        <tbody>
          {study.codeLists.map((list, at) => (
            <tr key={list.codeListOid}>
              <td><Link href={path(list.codeListOid)}>{list.name}</Link></td>
              <td><code>{list.codeListOid}</code></td>
              <td>{list.items.slice(0, 6).map(({ codedValue, decode }) => text(decode, codedValue)).join(' · ')}{list.items.length > 6 && ' …'}</td>
              <td className="number">{study.items.filter(({ codeListOid }) => codeListOid === list.codeListOid).length}</td>
              <Acts draft={draft} kind="CODE_LIST" oid={list.codeListOid} at={at} last={study.codeLists.length - 1} name={list.name} />
            </tr>
          ))}
        </tbody>
      </table>
      <Adder label="draft.newlist" onAdd={add} isPending={edit.isPending} />
    </>
  );
}
