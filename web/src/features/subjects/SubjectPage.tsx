import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask } from '../../api/client';
import { useMayChange } from '../../lib/lock';
import type { Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { useDesign, type Design } from '../../lib/study';
import { studyPath, subjectPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Status, SUBJECT } from '../../ui/Status';
import { Eligibility } from './Eligibility';
import { Signature } from '../../forms/Signature';
import { EnrolDialog } from './EnrolDialog';
import { ReviewWhole } from './ReviewWhole';
import { StatusDialog } from './StatusDialog';
import { VisitCard } from './VisitCard';
import './subject.css';

type Casebook = Schemas['GetSubjectResponse'];

export default function SubjectPage() {
  const { study, subject } = useParams<{ study: string; subject: string }>();
  const design = useDesign(study);
  const found = useQuery({
    queryKey: ['subject', study, subject],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/subjects/{subjectKey}', { params: { path: { studyOid: study, subjectKey: subject } } })),
  });
  return <Loaded from={design}>{(known) => <Loaded from={found}>{(casebook) => <Shown design={known} casebook={casebook} />}</Loaded>}</Loaded>;
}

function Shown({ design, casebook }: { design: Design; casebook: Casebook }) {
  const { t, instant } = useLocale();
  const { subject, visits, events } = casebook;
  const studyOid = design.study.studyOid;
  const may = useMayChange(studyOid);
  const [asked, setAsked] = useState<'enrol' | 'status' | undefined>();
  useEffect(() => {
    const wanted = decodeURIComponent(window.location.hash.slice(1));
    if (wanted) document.getElementById(`visit-${wanted}`)?.scrollIntoView({ block: 'start' });
  }, []);
  if (!subject) return null;
  const { subjectKey, siteOid, status } = subject;
  const mayManage = may('manage_subjects', siteOid);
  const close = () => setAsked(undefined);
  return (
    <Page
      title={subjectKey}
      help="casebook.help"
      crumbs={<Link href={studyPath(studyOid, '/subjects')}>{t('nav.subjects')}</Link>}
      actions={
        <>
          <Link className="button" href={`${subjectPath(studyOid, subjectKey)}/history`}><Icon name="clock" />{t('audit.of')}</Link>
          <ReviewWhole studyOid={studyOid} subjectKey={subjectKey} siteOid={siteOid} signingSha256={casebook.signingSha256} />
          {mayManage && status === 'SCREENING' && <button type="button" className="button primary" onClick={() => setAsked('enrol')}><Icon name="check" />{t('enrol.do')}</button>}
          {mayManage && <button type="button" className="button" onClick={() => setAsked('status')}>{t('subject.change')}</button>}
        </>
      }
    >
      <dl className="facts">
        <div><dt>{t('filter.status')}</dt><dd><Status look={SUBJECT[status]} /></dd></div>
        <div><dt>{t('scope.site')}</dt><dd>{siteOid}</dd></div>
        <div><dt>{t('subject.consent')}</dt><dd>{subject.consentDate ?? '–'}</dd></div>
        <div><dt>{t('subject.screened')}</dt><dd>{subject.screeningDate}</dd></div>
        <div><dt>{t('subject.enrolment')}</dt><dd>{subject.enrolmentDate ?? '–'} {subject.enrolmentNumber}</dd></div>
        <div><dt>{t('nav.queries')}</dt><dd>{subject.openQueryCount > 0 ? <Link href={studyPath(studyOid, `/queries?subject=${encodeURIComponent(subjectKey)}`)}>{subject.openQueryCount}</Link> : '0'}</dd></div>
      </dl>
      {status === 'SCREENING' && <Eligibility design={design} subjectKey={subjectKey} />}
      {casebook.signature && <p className="verdict"><Signature signature={casebook.signature} /></p>}
      {visits.map((visit) => <VisitCard key={`${visit.studyEventOid}.${visit.studyEventRepeatKey}`} design={design} subjectKey={subjectKey} siteOid={siteOid} visit={visit} mayEnter={may('enter_data', siteOid)} />)}
      {events.length > 0 && (
        <section className="section">
          <h2>{t('casebook.events')}</h2>
          <table className="table">
            <thead><tr><th>{t('casebook.date')}</th><th>{t('casebook.event')}</th><th>{t('history.who')}</th><th>{t('history.when')}</th></tr></thead>
            <tbody>{events.map((event, at) => <tr key={at}><td>{event.eventDate}</td><td>{event.event}</td><td>{event.recordedBy}</td><td>{instant(event.recordedAt)}</td></tr>)}</tbody>
          </table>
        </section>
      )}
      {asked === 'enrol' && <EnrolDialog design={design} subject={subject} onClose={close} />}
      {asked === 'status' && <StatusDialog studyOid={studyOid} subject={subject} onClose={close} />}
    </Page>
  );
}
