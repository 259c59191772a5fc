import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import type { FormSummary, Visit } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { formPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { ENTRY, NOT_COLLECTED, Review, Status, TIMING } from '../../ui/Status';
import { Signature } from '../../forms/Signature';
import { DateField } from './DateField';
import { ReviewWhole } from './ReviewWhole';

type Props = { design: Design; subjectKey: string; siteOid: string; visit: Visit; mayEnter: boolean };

/** One visit: when it is due, when it was, and its forms. */
export function VisitCard({ design, subjectKey, siteOid, visit, mayEnter }: Props) {
  const { t, text } = useLocale();
  const { studyEventOid, studyEventRepeatKey, timing, status, forms } = visit;
  const event = design.events.get(studyEventOid);
  const place = { studyOid: design.study.studyOid, subjectKey, studyEventOid, studyEventRepeatKey };
  const isDated = visit.visitDate !== undefined;
  const name = text(event?.description, event?.name ?? studyEventOid);
  const isVisit = event?.type !== 'COMMON';
  const isLeftOut = (oid: string) => forms.some(({ formOid, notCollected }) => formOid === oid && notCollected);
  const repeating = event?.forms.map(({ formOid }) => design.forms.get(formOid)).filter((form) => form?.repeating && !isLeftOut(form.formOid)) ?? [];
  return (
    <section className="visit" id={`visit-${studyEventOid}`} aria-label={name}>
      <header>
        <h2>{name}{studyEventRepeatKey === '1' ? '' : ` ${studyEventRepeatKey}`}</h2>
        {isVisit && <Status look={visit.notCollected && timing === 'NOT_PLANNED' ? NOT_COLLECTED : TIMING[timing]} />}
        {!isVisit && <Status look={ENTRY[status]} />}
        {isDated && <span>{visit.visitDate}</span>}
        {visit.targetDate && <span className="fine">{t('visit.window', { target: visit.targetDate, from: visit.windowStartDate ?? '', to: visit.windowEndDate ?? '' })}</span>}
        <span className="grow" />
        {isVisit && !isDated && mayEnter && !visit.notCollected && <TookPlace place={place} name={name} />}
        {visit.signingSha256 && <ReviewWhole {...place} siteOid={siteOid} visit={{ studyEventOid, studyEventRepeatKey, name }} signingSha256={visit.signingSha256} />}
      </header>
      {visit.signature && <p className="fine"><Signature signature={visit.signature} /></p>}
      <ul className="form-links">
        {forms.map((summary) => {
          const form = design.forms.get(summary.formOid);
          const face = <FormFace summary={summary} name={text(form?.description, form?.name ?? summary.formOid)} />;
          const isLeftOut = summary.notCollected && summary.version === 0;
          return (
            <li key={`${summary.formOid}.${summary.formRepeatKey}`}>
              {isLeftOut ? <span className="left-out">{face}</span> : <Link href={formPath({ ...place, formOid: summary.formOid, formRepeatKey: summary.formRepeatKey })}>{face}</Link>}
            </li>
          );
        })}
        {mayEnter && repeating.map((form) => {
          if (!form) return null;
          const used = forms.filter(({ formOid, version }) => formOid === form.formOid && version > 0).map(({ formRepeatKey }) => Number(formRepeatKey) || 0);
          const next = String(Math.max(0, ...used) + 1);
          return (
            <li key={`new.${form.formOid}`}>
              <Link href={formPath({ ...place, formOid: form.formOid, formRepeatKey: next })} className="new"><Icon name="plus" />{t('visit.another', { form: text(form.description, form.name) })}</Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** A form in the list of its visit. One that is not collected has nothing to open, unless it was there before. */
function FormFace({ summary, name }: { summary: FormSummary; name: string }) {
  const { t } = useLocale();
  const { status, version, formRepeatKey, review, openQueryCount, notCollected } = summary;
  return (
    <>
      {notCollected && version === 0 ? <span className="status tone-quiet"><Icon name={NOT_COLLECTED.icon} /></span> : <Status look={ENTRY[status]} isBare />}
      <span className="grow">{name}{formRepeatKey === '1' ? '' : ` ${formRepeatKey}`}</span>
      {notCollected && <span className="fine">{t(NOT_COLLECTED.key)}</span>}
      {review && <Review state={review} isBare />}
      {openQueryCount > 0 && <span className="badge tone-amber"><Icon name="triangle" />{openQueryCount}</span>}
    </>
  );
}

type TookPlaceProps = { place: { studyOid: string; subjectKey: string; studyEventOid: string; studyEventRepeatKey: string }; name: string };

/** Notes on which day the visit took place. */
function TookPlace({ place, name }: TookPlaceProps) {
  const { t } = useLocale();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [date, setDate] = useState('');
  const run = useMutation({
    mutationFn: () => {
      const { studyOid, subjectKey, studyEventOid, studyEventRepeatKey } = place;
      const body = { event: name, eventDate: date, studyEventOid, studyEventRepeatKey, requestId: newRequestId() };
      return ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:recordEvent', { params: { path: { studyOid, subjectKey } }, body }));
    },
    onSuccess: () => {
      setOpen(false);
      void client.invalidateQueries({ queryKey: ['subject', place.studyOid, place.subjectKey] });
      void client.invalidateQueries({ queryKey: ['matrix', place.studyOid] });
    },
  });
  if (!isOpen) return <button type="button" className="button small" onClick={() => setOpen(true)}>{t('visit.tookplace')}</button>;
  return (
    <form className="inline" onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
      <DateField label={t('visit.date')} value={date} onChange={setDate} />
      <button type="submit" className="button primary small" disabled={date === '' || run.isPending}>{t('act.save')}</button>
      {run.error && <span className="error" role="alert">{refusalText(run.error, t)}</span>}
    </form>
  );
}
