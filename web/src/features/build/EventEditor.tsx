import type { KeyboardEvent } from 'react';
import { Link, useParams } from 'wouter';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { moved, useDraft, useDraftDesign, type Draft } from './draft';
import { Due } from './EventList';
import { EVENT_TYPES, typeKey, useEventEdit, withWindow, type EventDef, type Window } from './events';
import { Field, TextsField } from './TextsField';
import './build.css';

export default function EventEditor() {
  const { study, event } = useParams<{ study: string; event: string }>();
  const { t } = useLocale();
  const draft = useDraft(study);
  return (
    <Loaded from={draft}>
      {(known) => {
        const found = known?.study.studyEvents.find(({ studyEventOid }) => studyEventOid === event);
        return known && found ? <Editor key={event} draft={known} kept={found} /> : <Page title={t('state.unknown')}><Empty title={t('state.unknown')}>{t('state.unknown.next')}</Empty></Page>;
      }}
    </Loaded>
  );
}

/** An event: what it is called, how it comes about, when it is due, and which forms it has. */
function Editor({ draft, kept }: { draft: Draft; kept: EventDef }) {
  const { t, text } = useLocale();
  const { studyOid, study } = draft;
  const design = useDraftDesign(draft);
  const { of, put: send } = useEventEdit(draft);
  const event = of(kept);
  const put = (change: Partial<EventDef>) => send({ ...event, ...change });
  const crumbs = <><Link href={studyPath(studyOid, '/build')}>{t('nav.build')}</Link><Link href={studyPath(studyOid, '/build/draft?part=events')}>{t('draft.title')}</Link></>;
  return (
    <Page title={text(event.description, event.name)} help="event.help" crumbs={crumbs}>
      <section className="section editor">
        <h2>{event.name} <code>{event.studyEventOid}</code></h2>
        <TextsField label={t('event.name')} texts={event.description} onChange={(description) => put({ description })} />
        <div className="row-fields">
          <Field label={t('draft.name')} value={event.name} isRequired onLeave={(name) => put({ name })} />
          <label>{t('event.type')}
            <select className="input" value={event.type} onChange={(change) => put({ type: change.target.value as EventDef['type'] })}>
              {EVENT_TYPES.map((type) => <option key={type} value={type}>{t(typeKey(type))}</option>)}
            </select>
          </label>
          {study.epochs.length > 0 && (
            <label>{t('event.epoch')}
              <select className="input" value={event.epochOid ?? ''} onChange={(change) => put({ epochOid: change.target.value })}>
                <option value="">–</option>
                {study.epochs.map((epoch) => <option key={epoch.epochOid} value={epoch.epochOid}>{text(epoch.description, epoch.name)}</option>)}
              </select>
            </label>
          )}
          <label className="tick"><input type="checkbox" checked={event.repeating} onChange={(change) => put({ repeating: change.target.checked })} />{t('draft.repeating')}</label>
          <label className="tick"><input type="checkbox" checked={event.mandatory} onChange={(change) => put({ mandatory: change.target.checked })} />{t('event.mandatory')}</label>
        </div>
        {study.arms.length > 0 && <Arms design={design} event={event} onChange={(armOids) => put({ armOids })} />}
        {event.collectionException && <p className="fine">{t('draft.condition')} <code className="wrap">{event.collectionException}</code></p>}
        <WindowFields design={design} event={event} onChange={(window) => send(withWindow(event, window))} />
      </section>
      <Forms design={design} event={event} onChange={(forms) => put({ forms })} />
    </Page>
  );
}

/** In which arms the event takes place; none chosen means in all. */
function Arms({ design, event, onChange }: { design: Design; event: EventDef; onChange: (arms: string[]) => void }) {
  const { t, text } = useLocale();
  const toggle = (oid: string) => onChange(event.armOids.includes(oid) ? event.armOids.filter((one) => one !== oid) : [...event.armOids, oid]);
  return (
    <fieldset>
      <legend>{t('event.arms')}</legend>
      <div className="row-fields">
        {design.study.arms.map((arm) => <label key={arm.armOid} className="tick"><input type="checkbox" checked={event.armOids.includes(arm.armOid)} onChange={() => toggle(arm.armOid)} />{text(arm.description, arm.name)}</label>)}
        {event.armOids.length === 0 && <span className="fine">{t('event.allarms')}</span>}
      </div>
    </fieldset>
  );
}

/** From which event days are counted, the target day, and the days around it that still fit. */
function WindowFields({ design, event, onChange }: { design: Design; event: EventDef; onChange: (window: Window | undefined) => void }) {
  const { t, text } = useLocale();
  const { window } = event;
  const others = design.study.studyEvents.filter(({ studyEventOid, type }) => studyEventOid !== event.studyEventOid && type !== 'COMMON');
  const anchor = window?.anchorStudyEventOid ?? '';
  const isGone = anchor !== '' && !others.some(({ studyEventOid }) => studyEventOid === anchor);
  const put = (change: Partial<Window>) => onChange({ targetDay: 0, daysBefore: 0, daysAfter: 0, anchorStudyEventOid: anchor, ...window, ...change });
  return (
    <fieldset>
      <legend>{t('build.window')}</legend>
      <div className="row-fields">
        <label>{t('event.anchor')}
          <select className="input" aria-invalid={isGone || undefined} value={anchor} onChange={(change) => (change.target.value ? put({ anchorStudyEventOid: change.target.value }) : onChange(undefined))}>
            <option value="">{t('event.nowindow')}</option>
            {isGone && <option value={anchor}>{anchor}</option>}
            {others.map((one) => <option key={one.studyEventOid} value={one.studyEventOid}>{text(one.description, one.name)}</option>)}
          </select>
        </label>
        {window && (
          <>
            <Field label={t('event.target')} isNumber isSigned isRequired value={String(window.targetDay)} onLeave={(value) => put({ targetDay: Number(value) })} />
            <Field label={t('event.before')} isNumber isRequired value={String(window.daysBefore)} onLeave={(value) => put({ daysBefore: Number(value) })} />
            <Field label={t('event.after')} isNumber isRequired value={String(window.daysAfter)} onLeave={(value) => put({ daysAfter: Number(value) })} />
          </>
        )}
      </div>
      {window && <p className="fine" role="status"><Due event={event} design={design} /></p>}
    </fieldset>
  );
}

/** The forms of the event in their order; Alt and the arrows move the one with the focus. */
function Forms({ design, event, onChange }: { design: Design; event: EventDef; onChange: (forms: EventDef['forms']) => void }) {
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
                  <td>{one.collectionException && <code className="wrap">{one.collectionException}</code>}</td>
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
