import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'wouter';
import type { ReactNode } from 'react';
import { api, ask } from '../../api/client';
import { useMay, useMaySystem, useUser } from '../../lib/session';
import type { QueryStatus } from '../../api/types';
import { queryPath } from '../../lib/query';
import { useLocale } from '../../i18n';
import { useDesign, useSites, useStudies } from '../../lib/study';
import { studyPath, useParam } from '../../lib/url';
import { useWork, useWorkload, workFor, workListPath, workPath, type Work, type WorkKind } from '../../lib/work';
import { Icon, type IconName } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Status, SUBJECT } from '../../ui/Status';
import { FirstSteps } from './FirstSteps';
import './home.css';

const SHOWN = 6;

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
      {summary?.siteCount === 0 && may('publish_study') && <FirstSteps summary={summary} />}
      <div className="cards">
        {may('read_data') && <Waiting study={study} site={site} />}
        {may('read_data') && <ProgressCard study={study} />}
        {may('publish_study') && <section className="card"><header><h2><Icon name="tools" />{t('nav.build')}</h2></header><p className="fine">{t('build.help')}</p><Link href={studyPath(study, '/build')}>{t('home.all')}</Link></section>}
        {may('export_data') && <section className="card"><header><h2><Icon name="out" />{t('home.exports')}</h2></header><p className="fine">{t('home.exports.help')}</p><Link href={studyPath(study, '/exports')}>{t('home.all')}</Link></section>}
        {may('manage_users') && <section className="card"><header><h2><Icon name="gear" />{t('nav.users')}</h2></header><p className="fine">{t('users.help')}</p><Link href="/users">{t('home.all')}</Link></section>}
        {maySystem('read_journal') && <section className="card"><header><h2><Icon name="history" />{t('nav.access')}</h2></header><p className="fine">{t('home.access.help')}</p><Link href="/access">{t('home.all')}</Link></section>}
      </div>
    </Page>
  );
}

/** What waits for the roles of the user: the queries, then each list that has something in it. */
function Waiting({ study, site }: { study: string; site: string | undefined }) {
  const { t } = useLocale();
  const may = useMay(study);
  const load = useWorkload(study, site);
  return (
    <Loaded from={load}>
      {({ counts, openQueryCount, answeredQueryCount, isPartial }) => {
        const plus = isPartial ? '+' : '';
        const lists = workFor(may).map((kind) => ({ kind, count: counts.find((one) => one.kind === kind)?.count ?? 0 }));
        const busy = lists.filter(({ count }) => count > 0);
        const quiet = lists.filter(({ count }) => count === 0);
        return (
          <>
            {may('answer_queries') && <QueriesCard study={study} site={site} status="OPEN" title={t('home.toanswer')} count={openQueryCount} plus={plus} />}
            {may('raise_queries') && <QueriesCard study={study} site={site} status="ANSWERED" title={t('home.toclose')} count={answeredQueryCount} plus={plus} />}
            {may('raise_queries') && !may('answer_queries') && <QueriesCard study={study} site={site} status="OPEN" title={t('home.asked')} count={openQueryCount} plus={plus} />}
            {busy.map(({ kind, count }) => <WorkCard key={kind} study={study} site={site} kind={kind} count={count} plus={plus} />)}
            {quiet.length > 0 && <section className="card"><header><h2 className="tone-green"><Icon name="check" />{t('home.nothing')}</h2></header><p className="fine">{quiet.map(({ kind }) => t(`work.${kind}`)).join(' · ')}</p></section>}
          </>
        );
      }}
    </Loaded>
  );
}

type CardProps = { study: string; site: string | undefined; count: number; plus: string };

function QueriesCard({ study, site, status, title, count: waiting, plus }: CardProps & { status: QueryStatus; title: string }) {
  const { t, text, count } = useLocale();
  const found = useQuery({
    queryKey: ['queries', study, site, status, 'home'],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/queries', { params: { path: { studyOid: study }, query: { status, order: 'OLDEST', pageSize: SHOWN, ...(site ? { siteOid: site } : {}) } } })),
  });
  const to = studyPath(study, `/queries?status=${status}${site ? `&site=${encodeURIComponent(site)}` : ''}`);
  return (
    <Card icon={status === 'OPEN' ? 'triangle' : 'chat'} tone={status === 'OPEN' ? 'amber' : 'blue'} title={title} count={`${count(waiting)}${plus}`} to={to}>
      <Loaded from={found}>
        {({ queries }) => queries.length === 0 ? <p className="fine">{t('home.nothing')}</p> : (
          <ul>{queries.map((query) => <li key={query.queryId}><Link href={queryPath(study, query)}>{query.record?.subjectKey}</Link><span className="clip">{text(query.messages.at(-1)?.text)}</span></li>)}</ul>
        )}
      </Loaded>
    </Card>
  );
}

const LOOKS: { [kind in WorkKind]?: readonly [IconName, string] } = {
  FORM_TO_VERIFY: ['shield', 'blue'], FORM_TO_SIGN: ['pen', 'blue'], VISIT_TO_SIGN: ['pen', 'blue'], CASEBOOK_TO_SIGN: ['pen', 'blue'],
  VISIT_OVERDUE: ['clock', 'red'], VISIT_DUE: ['clock', 'blue'], FORM_INCOMPLETE: ['half', 'blue'], FORM_MISSING: ['circle', 'amber'], FORM_UNLOCKED: ['lock', 'quiet'],
};

function WorkCard({ study, site, kind, count: waiting, plus }: CardProps & { kind: WorkKind }) {
  const { t, text, count } = useLocale();
  const design = useDesign(study).data;
  const found = useWork(study, kind, { site, event: undefined, form: undefined }, SHOWN);
  const [icon, tone] = LOOKS[kind] ?? ['circle', 'quiet'];
  const rows = found.data?.pages[0]?.work;
  const what = ({ studyEventOid, formOid }: Work) => {
    const event = design?.events.get(studyEventOid ?? '');
    const form = design?.forms.get(formOid ?? '');
    return [text(event?.description, event?.name), text(form?.description, form?.name)].filter(Boolean).join(' · ');
  };
  return (
    <Card icon={icon} tone={tone} title={t(`work.${kind}`)} count={`${count(waiting)}${plus}`} to={workListPath(study, kind, site)}>
      <Loaded from={{ data: rows, error: found.error, refetch: found.refetch }}>
        {(work) => <ul>{work.slice(0, SHOWN).map((one) => <li key={workPath(study, one)}><Link href={workPath(study, one)}>{one.subjectKey}</Link><span className="clip">{what(one)}</span></li>)}</ul>}
      </Loaded>
    </Card>
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
