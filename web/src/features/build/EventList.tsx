import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty } from '../../ui/State';
import { newOid, useEdit, type Draft } from './draft';
import { typeKey, useEventEdit, windowDays, type EventDef } from './events';
import { Acts } from './Lists';

type Props = { draft: Draft; design: Design };

/** The events of the study in the order of its schedule, and what happens at which. */
export function EventList({ draft, design }: Props) {
  const { t, text } = useLocale();
  const { studyEvents } = draft.study;
  const path = (oid: string) => studyPath(draft.studyOid, `/build/draft/events/${encodeURIComponent(oid)}`);
  return (
    <>
      {studyEvents.length === 0 && <Empty title={t('event.none')}>{t('event.none.next')}</Empty>}
      {studyEvents.length > 0 && (
        <table className="table">
          <thead><tr><th>{t('build.event')}</th><th>OID</th><th>{t('event.type')}</th><th>{t('build.window')}</th><th className="number">{t('draft.part.forms')}</th><th><span className="hidden">{t('draft.acts')}</span></th></tr></thead>
          <tbody>
            {studyEvents.map((event, at) => {
              const name = text(event.description, event.name);
              return (
                <tr key={event.studyEventOid}>
                  <td><Link href={path(event.studyEventOid)}>{name}</Link>{event.mandatory && <abbr title={t('event.mandatory')}>*</abbr>}</td>
                  <td><code>{event.studyEventOid}</code></td>
                  <td>{t(typeKey(event.type))}{event.repeating && <span className="fine"> · {t('draft.repeating')}</span>}</td>
                  <td><Due event={event} design={design} /></td>
                  <td className="number">{event.forms.length}</td>
                  <Acts draft={draft} kind="STUDY_EVENT" oid={event.studyEventOid} at={at} last={studyEvents.length - 1} name={name} />
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <NewEvent draft={draft} design={design} path={path} />
      {studyEvents.length > 0 && draft.study.forms.length > 0 && <Schedule draft={draft} />}
    </>
  );
}

/** When an event is due, in a sentence. */
export function Due({ event, design }: { event: EventDef; design: Design }) {
  const { t, text } = useLocale();
  if (!event.window) return <span className="fine">–</span>;
  const anchor = design.events.get(event.window.anchorStudyEventOid);
  const name = text(anchor?.description, anchor?.name ?? event.window.anchorStudyEventOid);
  return <span>{t('event.due', { ...windowDays(event.window), anchor: name })}</span>;
}

/** A name and an OID for a new event; the OID follows the name until it is typed. */
function NewEvent({ draft, design, path }: Props & { path: (oid: string) => string }) {
  const { t, language } = useLocale();
  const [, go] = useLocation();
  const edit = useEdit(draft);
  const [name, setName] = useState('');
  const [typed, setTyped] = useState<string | undefined>();
  const isTaken = (oid: string) => design.events.has(oid);
  const oid = typed ?? (name.trim() ? newOid('SE.', name, isTaken) : '');
  const add = () => {
    const put: EventDef = { studyEventOid: oid, name: name.trim(), description: { [language]: name.trim() }, type: 'SCHEDULED', repeating: false, mandatory: false, armOids: [], forms: [] };
    edit.mutate([{ putStudyEvent: put }], { onSuccess: () => go(path(oid)) });
  };
  return (
    <form className="adder" onSubmit={(event) => { event.preventDefault(); add(); }}>
      <input className="input" aria-label={t('event.new')} placeholder={t('event.new')} value={name} onChange={(event) => setName(event.target.value)} />
      <input className="input oid" aria-label={t('event.newoid')} placeholder="OID" aria-invalid={isTaken(oid) || undefined} value={oid} onChange={(event) => setTyped(event.target.value.replace(/\s/g, '') || undefined)} />
      <button type="submit" className="button" disabled={name.trim() === '' || oid === '' || isTaken(oid) || edit.isPending}><Icon name="plus" />{t('draft.add')}</button>
    </form>
  );
}

/** Events against forms: a tick puts the form at the end of the event, or takes it out. */
function Schedule({ draft }: { draft: Draft }) {
  const { t, text } = useLocale();
  const { of, put } = useEventEdit(draft);
  const { forms, studyEvents } = draft.study;
  const toggle = (event: EventDef, formOid: string) => {
    const has = event.forms.some((one) => one.formOid === formOid);
    put({ ...event, forms: has ? event.forms.filter((one) => one.formOid !== formOid) : [...event.forms, { formOid, mandatory: false }] });
  };
  return (
    <details>
      <summary>{t('event.schedule')}</summary>
      <div className="scroll-x" role="region" tabIndex={0} aria-label={t('event.schedule')}>
        <table className="table schedule">
          <thead><tr><th className="sticky">{t('build.event')}</th>{forms.map((form) => <th key={form.formOid} title={text(form.description, form.name)}>{form.formOid.replace(/^F\./, '')}</th>)}</tr></thead>
          <tbody>
            {studyEvents.map(of).map((event) => {
              const name = text(event.description, event.name);
              return (
                <tr key={event.studyEventOid}>
                  <th scope="row" className="sticky">{name}</th>
                  {forms.map((form) => (
                    <td key={form.formOid} className="mid">
                      <input type="checkbox" aria-label={`${name} · ${text(form.description, form.name)}`} checked={event.forms.some(({ formOid }) => formOid === form.formOid)} onChange={() => toggle(event, form.formOid)} />
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </details>
  );
}
