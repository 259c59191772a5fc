import { Link, useParams } from 'wouter';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { studyPath } from '../../lib/url';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { useDraft, useDraftDesign, type Draft } from './draft';
import { EventForms } from './EventForms';
import { Due } from './EventList';
import { EVENT_TYPES, typeKey, useEventEdit, withWindow, type EventDef, type Window } from './events';
import { ExpressionField } from './ExpressionField';
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
        <ExpressionField study={studyOid} purpose="CONDITION" label={t('draft.condition')} value={event.collectionException ?? ''} onLeave={(collectionException) => put({ collectionException })} />
        <p className="fine">{t('event.condition.hint')}</p>
        <WindowFields design={design} event={event} onChange={(window) => send(withWindow(event, window))} />
      </section>
      <EventForms design={design} event={event} onChange={(forms) => put({ forms })} />
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
