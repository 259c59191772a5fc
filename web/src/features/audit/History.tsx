import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask } from '../../api/client';
import { useLocale } from '../../i18n';
import { useDesign } from '../../lib/study';
import { studyPath, subjectPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Page } from '../../ui/Page';
import { Empty, Failed, Loading } from '../../ui/State';
import { AuditTable } from './AuditTable';
import { AUDIT_KINDS, Filters, useCriteria } from './filters';
import { Proof } from './Proof';

/** Everything that happened to one casebook, or to one visit or form of it. */
export default function History() {
  const { study, subject } = useParams<{ study: string; subject: string }>();
  const { t, text } = useLocale();
  const design = useDesign(study).data;
  const criteria = useCriteria();
  const [event, setEvent] = useParam('event');
  const [form, setForm] = useParam('form');
  const [isProving, setProving] = useState(false);
  const place = { ...(event ? { studyEventOid: event } : {}), ...(form ? { formOid: form } : {}) };
  const found = useInfiniteQuery({
    queryKey: ['trail', study, subject, criteria.query, event, form],
    queryFn: ({ pageParam }) => {
      const query = { ...criteria.query, ...place, pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) };
      return ask(api.GET('/v1/studies/{studyOid}/subjects/{subjectKey}/history', { params: { path: { studyOid: study, subjectKey: subject }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const entries = found.data?.pages.flatMap((page) => page.entries);
  const crumbs = <><Link href={studyPath(study, '/subjects')}>{t('nav.subjects')}</Link><Link href={subjectPath(study, subject)}>{subject}</Link></>;
  const prove = <button type="button" className="button primary" onClick={() => setProving(true)}><Icon name="shield" />{t('proof.do')}</button>;
  return (
    <Page title={t('audit.title', { subject })} crumbs={crumbs} help="audit.help" actions={prove} isFull>
      <div className="filters">
        <select className="input" aria-label={t('work.event')} value={event ?? ''} onChange={(change) => setEvent(change.target.value || undefined)}>
          <option value="">{t('audit.all')}</option>
          {design?.study.studyEvents.map((one) => <option key={one.studyEventOid} value={one.studyEventOid}>{text(one.description, one.name)}</option>)}
        </select>
        <select className="input" aria-label={t('work.form')} value={form ?? ''} onChange={(change) => setForm(change.target.value || undefined)}>
          <option value="">{t('work.anyform')}</option>
          {design?.study.forms.map((one) => <option key={one.formOid} value={one.formOid}>{text(one.description, one.name)}</option>)}
        </select>
        <Filters criteria={criteria} kinds={AUDIT_KINDS} />
      </div>
      {found.error && !entries && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {!entries && !found.error && <Loading />}
      {entries?.length === 0 && <Empty title={t('audit.none')}>{t('audit.none.next')}</Empty>}
      {entries && entries.length > 0 && <AuditTable studyOid={study} entries={entries} design={design} hasSubject={false} />}
      {found.hasNextPage && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
      {isProving && <Proof studyOid={study} subjectKey={subject} onClose={() => setProving(false)} />}
    </Page>
  );
}
