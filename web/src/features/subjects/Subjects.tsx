import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask } from '../../api/client';
import type { Subject } from '../../api/types';
import { useLocale } from '../../i18n';
import { usePaged, type Paged } from '../../lib/pages';
import { useMayChange } from '../../lib/lock';
import { useSubjectFilters } from '../../lib/subjects';
import { subjectPath } from '../../lib/url';
import { useWindow } from '../../lib/window';
import { Icon } from '../../ui/icons';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Status, SUBJECT } from '../../ui/Status';
import { SubjectFilterBar } from '../../ui/SubjectFilterBar';
import { ScreenDialog } from './ScreenDialog';
import './subject.css';

const PAGE_ROWS = 200;
const ROW_PX = 34;

export default function Subjects() {
  const { study } = useParams<{ study: string }>();
  const { t } = useLocale();
  const may = useMayChange(study);
  const chosen = useSubjectFilters();
  const { filters } = chosen;
  const [isScreening, setScreening] = useState(false);
  const queryKey = useMemo(() => ['subjects', study, filters], [study, filters]);
  const page = useCallback(
    async (pageToken: string, pageSize: number) => {
      const query = { pageSize, ...filters, ...(pageToken ? { pageToken } : {}) };
      const { subjects, nextPageToken } = await ask(api.GET('/v1/studies/{studyOid}/subjects', { params: { path: { studyOid: study }, query } }));
      return { rows: subjects, nextPageToken };
    },
    [study, filters],
  );
  const outline = () => ask(api.GET('/v1/studies/{studyOid}/subjects:outline', { params: { path: { studyOid: study }, query: { pageSize: PAGE_ROWS, ...filters } } }));
  const rows = usePaged({ queryKey, pageRows: PAGE_ROWS, outline, page });
  const isReady = !rows.isLoading && !rows.error;
  const actions = may('manage_subjects') && (
    <button type="button" className="button primary" onClick={() => setScreening(true)}><Icon name="plus" />{t('screen.new')}</button>
  );
  return (
    <Page title={t('nav.subjects')} help="subjects.help" actions={actions} isFull>
      <SubjectFilterBar filters={chosen}>
        {isReady && <span className="fine" role="status">{t(rows.isWhole ? 'matrix.fit' : 'matrix.fitmore', { n: rows.count })}</span>}
      </SubjectFilterBar>
      {rows.error && <Failed error={rows.error} onRetry={rows.refetch} />}
      {rows.isLoading && !rows.error && <Loading />}
      {isReady && rows.count === 0 && <Empty title={t('matrix.empty')}>{t('matrix.empty.next')}</Empty>}
      {isReady && rows.count > 0 && <Table key={JSON.stringify(filters)} studyOid={study} rows={rows} />}
      {isScreening && <ScreenDialog studyOid={study} siteOid={chosen.site} onClose={() => setScreening(false)} />}
    </Page>
  );
}

/** Only the rows in view are in the page and read. */
function Table({ studyOid, rows }: { studyOid: string; rows: Paged<Subject> }) {
  const { t } = useLocale();
  const box = useRef<HTMLDivElement>(null);
  const { count, show } = rows;
  const { from, to } = useWindow(box, count, ROW_PX);
  useEffect(() => show(from, to), [show, from, to]);
  const heads = ['nav.subject', 'scope.site', 'filter.status', 'subject.consent', 'subject.screened', 'subject.enrolment', 'subject.number', 'nav.queries'] as const;
  return (
    // The table is scrolled by keyboard, too.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div ref={box} className="scroll-x tall" tabIndex={0} role="region" aria-label={t('nav.subjects')}>
      <table className="table subjects" aria-rowcount={count + 1}>
        <thead><tr>{heads.map((head) => <th key={head}>{t(head)}</th>)}</tr></thead>
        <tbody>
          {from > 0 && <tr aria-hidden="true" style={{ height: from * ROW_PX }} />}
          {Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index).map((index) => {
            const subject = rows.row(index);
            if (!subject) return <tr key={index} aria-busy="true"><td colSpan={heads.length}>…</td></tr>;
            return (
              <tr key={index} aria-rowindex={index + 2}>
                <td><Link href={subjectPath(studyOid, subject.subjectKey)}>{subject.subjectKey}</Link></td>
                <td>{subject.siteOid}</td>
                <td><Status look={SUBJECT[subject.status]} /></td>
                <td>{subject.consentDate}</td>
                <td>{subject.screeningDate}</td>
                <td>{subject.enrolmentDate}</td>
                <td>{subject.enrolmentNumber}</td>
                <td>{subject.openQueryCount > 0 && <span className="badge tone-amber"><Icon name="triangle" />{subject.openQueryCount}</span>}</td>
              </tr>
            );
          })}
          {to < count && <tr aria-hidden="true" style={{ height: (count - to) * ROW_PX }} />}
        </tbody>
      </table>
    </div>
  );
}
