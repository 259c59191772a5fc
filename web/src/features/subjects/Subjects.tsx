import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask } from '../../api/client';
import { useMay } from '../../lib/session';
import type { SubjectStatus } from '../../api/types';
import { useLocale } from '../../i18n';
import { subjectPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Status, SUBJECT } from '../../ui/Status';
import { ScreenDialog } from './ScreenDialog';

const STATUSES: SubjectStatus[] = ['SCREENING', 'SCREEN_FAILED', 'ENROLLED', 'COMPLETED', 'DISCONTINUED'];

export default function Subjects() {
  const { study } = useParams<{ study: string }>();
  const { t, count } = useLocale();
  const may = useMay(study);
  const [site] = useParam('site');
  const [status, setStatus] = useParam('status');
  const [find = '', setFind] = useParam('find');
  const [isScreening, setScreening] = useState(false);
  const found = useInfiniteQuery({
    queryKey: ['subjects', study, site, status],
    queryFn: ({ pageParam }) => {
      const query = { pageSize: 500, ...(site ? { siteOid: site } : {}), ...(status ? { status: status as SubjectStatus } : {}), ...(pageParam ? { pageToken: pageParam } : {}) };
      return ask(api.GET('/v1/studies/{studyOid}/subjects', { params: { path: { studyOid: study }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
  });
  const wanted = find.trim().toLowerCase();
  const all = found.data?.pages.flatMap(({ subjects }) => subjects);
  const rows = all?.filter(({ subjectKey }) => subjectKey.toLowerCase().includes(wanted));
  const actions = may('manage_subjects') && (
    <button type="button" className="button primary" onClick={() => setScreening(true)}><Icon name="plus" />{t('screen.new')}</button>
  );
  return (
    <Page title={t('nav.subjects')} help="subjects.help" actions={actions} isFull>
      <div className="filters">
        <input className="input" type="search" aria-label={t('filter.subject')} placeholder={t('filter.subject')} value={find} onChange={(event) => setFind(event.target.value)} />
        <select className="input" aria-label={t('filter.status')} value={status ?? ''} onChange={(event) => setStatus(event.target.value || undefined)}>
          <option value="">{t('filter.anystatus')}</option>
          {STATUSES.map((one) => <option key={one} value={one}>{t(SUBJECT[one].key)}</option>)}
        </select>
        {rows && <span className="fine">{t('matrix.count', { n: count(rows.length), of: count(all?.length ?? 0) })}</span>}
      </div>
      {found.error && !all && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {!all && !found.error && <Loading />}
      {rows?.length === 0 && <Empty title={t('matrix.empty')}>{t('matrix.empty.next')}</Empty>}
      {rows && rows.length > 0 && (
        <div className="scroll-x tall">
          <table className="table">
            <thead><tr><th>{t('nav.subject')}</th><th>{t('scope.site')}</th><th>{t('filter.status')}</th><th>{t('subject.consent')}</th><th>{t('subject.screened')}</th><th>{t('subject.enrolment')}</th><th>{t('subject.number')}</th><th>{t('nav.queries')}</th></tr></thead>
            <tbody>
              {rows.map((subject) => (
                <tr key={subject.subjectKey}>
                  <td><Link href={subjectPath(study, subject.subjectKey)}>{subject.subjectKey}</Link></td>
                  <td>{subject.siteOid}</td>
                  <td><Status look={SUBJECT[subject.status]} /></td>
                  <td>{subject.consentDate}</td>
                  <td>{subject.screeningDate}</td>
                  <td>{subject.enrolmentDate}</td>
                  <td>{subject.enrolmentNumber}</td>
                  <td>{subject.openQueryCount > 0 && <span className="badge tone-amber"><Icon name="triangle" />{subject.openQueryCount}</span>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.hasNextPage && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
      {isScreening && <ScreenDialog studyOid={study} siteOid={site} onClose={() => setScreening(false)} />}
    </Page>
  );
}
