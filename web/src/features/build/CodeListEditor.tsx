import { useState, type KeyboardEvent } from 'react';
import { Link, useParams } from 'wouter';
import type { CodeList } from '../../api/types';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { moved, useDraft, useEdit, type Draft } from './draft';
import { Field, TextsField } from './TextsField';
import './build.css';

export default function CodeListEditor() {
  const { study, list } = useParams<{ study: string; list: string }>();
  const { t } = useLocale();
  const draft = useDraft(study);
  return (
    <Loaded from={draft}>
      {(known) => {
        const found = known?.study.codeLists.find(({ codeListOid }) => codeListOid === list);
        return known && found ? <Editor draft={known} list={found} /> : <Page title={t('state.unknown')}><Empty title={t('state.unknown')}>{t('state.unknown.next')}</Empty></Page>;
      }}
    </Loaded>
  );
}

/** The values of a code list in their order, with what people read in both languages. */
function Editor({ draft, list }: { draft: Draft; list: CodeList }) {
  const { t } = useLocale();
  const { studyOid, study } = draft;
  const edit = useEdit(draft);
  const [code, setCode] = useState('');
  const put = (change: Partial<CodeList>) => edit.mutate([{ putCodeList: { ...list, ...change } }]);
  const isTaken = list.items.some(({ codedValue }) => codedValue === code.trim());
  const add = () => {
    put({ items: [...list.items, { codedValue: code.trim(), decode: {} }] });
    setCode('');
  };
  const onKey = (event: KeyboardEvent, at: number) => {
    if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    put({ items: moved(list.items, at, at + (event.key === 'ArrowUp' ? -1 : 1)) });
  };
  const users = study.items.filter(({ codeListOid }) => codeListOid === list.codeListOid);
  const crumbs = <><Link href={studyPath(studyOid, '/build')}>{t('nav.build')}</Link><Link href={studyPath(studyOid, '/build/draft?part=codes')}>{t('draft.title')}</Link></>;
  return (
    <Page title={list.name} help="draft.codes.help" crumbs={crumbs}>
      <section className="section editor">
        <div className="row-fields"><Field label={t('draft.name')} value={list.name} isRequired onLeave={(name) => put({ name })} /><span className="fine">{t('draft.usedby')} {users.map(({ name }) => name).join(', ') || '–'}</span></div>
        <table className="table">
          <thead><tr><th>{t('draft.code')}</th><th>{t('draft.decode')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
          <tbody>
            {list.items.map((item, at) => (
              <tr key={item.codedValue}>
                <td><code>{item.codedValue}</code></td>
                <td><TextsField label={item.codedValue} texts={item.decode} onChange={(decode) => put({ items: list.items.map((one) => (one === item ? { ...one, decode } : one)) })} /></td>
                <td className="nowrap">
                  <button type="button" className="button small" aria-label={t('draft.move.one', { name: item.codedValue })} title={t('draft.movehint')} onKeyDown={(event) => onKey(event, at)} onClick={() => put({ items: moved(list.items, at, at - 1) })}>{t('draft.up')}</button>
                  <button type="button" className="button small" aria-label={t('draft.remove.one', { name: item.codedValue })} onClick={() => put({ items: list.items.filter((one) => one !== item) })}><Icon name="cross" /></button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <form className="adder" onSubmit={(event) => { event.preventDefault(); add(); }}>
          <input className="input" aria-label={t('draft.code')} aria-invalid={isTaken || undefined} placeholder={t('draft.code')} value={code} onChange={(event) => setCode(event.target.value)} />
          <button type="submit" className="button" disabled={code.trim() === '' || isTaken}><Icon name="plus" />{t('draft.add')}</button>
        </form>
      </section>
    </Page>
  );
}
