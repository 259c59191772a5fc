import type { KeyboardEvent } from 'react';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { Icon } from '../../ui/icons';
import { moved } from './draft';
import { ExpressionField } from './ExpressionField';
import type { EventDef } from './events';

/** The forms of the event in their order; Alt and the arrows move the one with the focus. */
export function EventForms({ design, event, onChange }: { design: Design; event: EventDef; onChange: (forms: EventDef['forms']) => void }) {
  const { t, text } = useLocale();
  const { forms } = event;
  const rest = design.study.forms.filter(({ formOid }) => !forms.some((one) => one.formOid === formOid));
  const move = (from: number, to: number) => to >= 0 && to < forms.length && onChange(moved(forms, from, to));
  const onKey = (key: KeyboardEvent, at: number) => {
    if (!key.altKey || (key.key !== 'ArrowUp' && key.key !== 'ArrowDown')) return;
    key.preventDefault();
    move(at, at + (key.key === 'ArrowUp' ? -1 : 1));
  };
  return (
    <section className="section">
      <h2>{t('draft.part.forms')}</h2>
      {forms.length === 0 ? <p className="fine">{t('event.noforms')}</p> : (
        <table className="table">
          <thead><tr><th>{t('build.form')}</th><th>OID</th><th>{t('event.formmandatory')}</th><th>{t('draft.condition')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
          <tbody>
            {forms.map((one, at) => {
              const form = design.forms.get(one.formOid);
              const name = text(form?.description, form?.name ?? one.formOid);
              return (
                <tr key={one.formOid}>
                  <td>{name}</td>
                  <td><code>{one.formOid}</code></td>
                  <td><input type="checkbox" aria-label={t('event.formmandatory.one', { name })} checked={one.mandatory} onChange={(change) => onChange(forms.map((other) => (other === one ? { ...one, mandatory: change.target.checked } : other)))} /></td>
                  <td className="condition">
                    <ExpressionField study={design.study.studyOid} purpose="CONDITION" label={t('event.condition.one', { name })} isLabelHidden value={one.collectionException ?? ''}
                      onLeave={(collectionException) => onChange(forms.map((other) => (other === one ? { ...one, collectionException } : other)))} />
                  </td>
                  <td className="nowrap acts">
                    <button type="button" className="button small" aria-label={t('draft.up.one', { name })} title={t('draft.movehint')} disabled={at === 0} onKeyDown={(key) => onKey(key, at)} onClick={() => move(at, at - 1)}>{t('draft.up')}</button>
                    <button type="button" className="button small" aria-label={t('draft.down.one', { name })} title={t('draft.movehint')} disabled={at === forms.length - 1} onKeyDown={(key) => onKey(key, at)} onClick={() => move(at, at + 1)}>{t('draft.down')}</button>
                    <button type="button" className="button small" aria-label={t('draft.remove.one', { name })} onClick={() => onChange(forms.filter((other) => other !== one))}><Icon name="cross" />{t('draft.remove')}</button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {rest.length > 0 && (
        <label className="adder">{t('event.addform')}
          <select className="input" value="" onChange={(change) => onChange([...forms, { formOid: change.target.value, mandatory: false }])}>
            <option value="">–</option>
            {rest.map((form) => <option key={form.formOid} value={form.formOid}>{text(form.description, form.name)}</option>)}
          </select>
        </label>
      )}
    </section>
  );
}
