import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'wouter';
import type { ReactNode } from 'react';
import { api, ask } from '../../api/client';
import { useMay, useMaySystem, useUser } from '../../lib/session';
import type { QueryStatus, SubjectStatus } from '../../api/types';
import { queryPath } from '../../lib/query';
import { useLocale } from '../../i18n';
import { useSites, useStudies } from '../../lib/study';
import { studyPath, subjectPath, useParam } from '../../lib/url';
import { Icon, type IconName } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Status, SUBJECT, TIMING } from '../../ui/Status';
import './home.css';

const SHOWN = 6;
/** So many subjects at most are looked through for visits that are due. */
const LOOKED_AT = 1000;

function useWaiting(studyOid: string, siteOid: string | undefined, status: QueryStatus) {
  return useQuery({
    queryKey: ['queries', studyOid, siteOid, undefined, status, 'home'],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/queries', { params: { path: { studyOid }, query: { status, pageSize: 1000, ...(siteOid ? { siteOid } : {}) } } })),
  });
}

function useDue(studyOid: string, siteOid: string | undefined) {
  return useQuery({
    queryKey: ['matrix', studyOid, siteOid, 'due'],
    queryFn: async () => {
      const ask1 = (status: SubjectStatus) => ask(api.GET('/v1/studies/{studyOid}/matrix', { params: { path: { studyOid }, query: { status, pageSize: LOOKED_AT, ...(siteOid ? { siteOid } : {}) } } }));
      const pages = await Promise.all([ask1('SCREENING'), ask1('ENROLLED')]);
      const due = pages.flatMap(({ matrix }) => (matrix?.rows ?? []).flatMap((row) => row.cells.map((cell, at) => ({ row, cell, column: matrix?.columns[at] }))))
        .filter(({ cell }) => cell.timing === 'OVERDUE' || cell.timing === 'IN_WINDOW');
      return { overdue: due.filter(({ cell }) => cell.timing === 'OVERDUE'), now: due.filter(({ cell }) => cell.timing === 'IN_WINDOW'), isPartial: pages.some((page) => page.nextPageToken !== undefined) };
    },
    staleTime: 60_000,
  });
}

function Card({ icon, title, count, to, children, tone = 'quiet' }: { icon: IconName; title: string; count: string; to: string; children: ReactNode; tone?: string }) {
  const { t } = useLocale();
  return (
    <section className="card">
      <header><h2 className={`tone-${tone}`}><Icon name={icon} />{title}</h2><strong className="figure">{count}</strong></header>
      {children}
      <Link href={to}>{t('home.all')}</Link>
    </section>
  );
}

export default function Home() {
  const { study } = useParams<{ study: string }>();
  const { t, text } = useLocale();
  const user = useUser();
  const may = useMay(study);
  const maySystem = useMaySystem();
  const [site] = useParam('site');
  const summary = useStudies().data?.find(({ studyOid }) => studyOid === study);
  return (
    <Page title={t('home.hello', { name: user.fullName || user.username })} help="home.help">
      {summary && <p className="lead"><strong>{summary.protocolName}</strong> · {text(summary.description)} · {t('home.size', { sites: summary.siteCount, subjects: summary.subjectCount })}</p>}
      <div className="cards">
        {may('answer_queries') && <QueriesCard study={study} site={site} status="OPEN" title={t('home.toanswer')} />}
        {may('raise_queries') && <QueriesCard study={study} site={site} status="ANSWERED" title={t('home.toclose')} />}
        {may('raise_queries') && !may('answer_queries') && <QueriesCard study={study} site={site} status="OPEN" title={t('home.asked')} />}
        {may('read_data') && <DueCards study={study} site={site} />}
        {may('read_data') && <ProgressCard study={study} />}
        {may('publish_study') && <section className="card"><header><h2><Icon name="tools" />{t('nav.build')}</h2></header><p className="fine">{t('build.help')}</p><Link href={studyPath(study, '/build')}>{t('home.all')}</Link></section>}
        {may('export_data') && <section className="card"><header><h2><Icon name="out" />{t('home.exports')}</h2></header><p className="fine">{t('home.exports.help')}</p><Link href={studyPath(study, '/exports')}>{t('home.all')}</Link></section>}
        {may('manage_users') && <section className="card"><header><h2><Icon name="gear" />{t('nav.users')}</h2></header><p className="fine">{t('users.help')}</p><Link href="/users">{t('home.all')}</Link></section>}
        {maySystem('read_journal') && <section className="card"><header><h2><Icon name="history" />{t('nav.access')}</h2></header><p className="fine">{t('home.access.help')}</p><Link href="/access">{t('home.all')}</Link></section>}
      </div>
    </Page>
  );
}

function QueriesCard({ study, site, status, title }: { study: string; site: string | undefined; status: QueryStatus; title: string }) {
  const { t, text, count } = useLocale();
  const found = useWaiting(study, site, status);
  return (
    <Loaded from={found}>
      {({ queries, nextPageToken }) => (
        <Card icon={status === 'OPEN' ? 'triangle' : 'chat'} tone={status === 'OPEN' ? 'amber' : 'blue'} title={title} count={`${count(queries.length)}${nextPageToken ? '+' : ''}`} to={studyPath(study, `/queries?status=${status}`)}>
          {queries.length === 0 ? <p className="fine">{t('home.nothing')}</p> : (
            <ul>{queries.slice(0, SHOWN).map((query) => <li key={query.queryId}><Link href={queryPath(study, query)}>{query.record?.subjectKey}</Link><span className="clip">{text(query.messages.at(-1)?.text)}</span></li>)}</ul>
          )}
        </Card>
      )}
    </Loaded>
  );
}

function DueCards({ study, site }: { study: string; site: string | undefined }) {
  const { t, text, count } = useLocale();
  const found = useDue(study, site);
  return (
    <Loaded from={found}>
      {({ overdue, now, isPartial }) => ([['home.overdue', overdue, 'red'], ['home.due', now, 'blue']] as const).map(([key, list, tone]) => (
        <Card key={key} icon="clock" tone={tone} title={t(key)} count={`${count(list.length)}${isPartial ? '+' : ''}`} to={studyPath(study, key === 'home.overdue' ? '/matrix?only=overdue' : '/matrix')}>
          {list.length === 0 ? <p className="fine">{t('home.nothing')}</p> : (
            <ul>{list.slice(0, SHOWN).map(({ row, cell, column }) => (
              <li key={`${row.subjectKey}.${column?.studyEventOid}`}>
                <Link href={`${subjectPath(study, row.subjectKey)}#${encodeURIComponent(column?.studyEventOid ?? '')}`}>{row.subjectKey}</Link>
                <span className="clip">{text(column?.description, column?.name)}</span><Status look={TIMING[cell.timing]} isBare />
              </li>
            ))}</ul>
          )}
        </Card>
      ))}
    </Loaded>
  );
}

/** How many take part at each site. */
function ProgressCard({ study }: { study: string }) {
  const { t, text, count } = useLocale();
  const sites = useSites(study);
  return (
    <Loaded from={sites}>
      {(list) => (
        <section className="card">
          <header><h2><Icon name="people" />{t('home.enrolment')}</h2><strong className="figure">{count(list.reduce((sum, { enrolledCount }) => sum + enrolledCount, 0))}</strong></header>
          <div className="scroll-y" role="region" tabIndex={0} aria-label={t('home.enrolment')}>
            <table className="table">
              <thead><tr><th>{t('scope.site')}</th><th className="number">{t('subject.screened')}</th><th className="number"><Status look={SUBJECT.ENROLLED} /></th></tr></thead>
              <tbody>{list.map((site) => <tr key={site.siteOid}><td>{text(site.name, site.siteOid)}</td><td className="number">{count(site.subjectCount)}</td><td className="number">{count(site.enrolledCount)}</td></tr>)}</tbody>
            </table>
          </div>
        </section>
      )}
    </Loaded>
  );
}
