import { Link, useParams } from 'wouter';
import { useMay } from '../../lib/session';
import { useLocale } from '../../i18n';
import { useLookOn } from '../../lib/paging';
import { useDesign, type Design } from '../../lib/study';
import { useParam } from '../../lib/url';
import { useWork, useWorkload, WORK_KINDS, workFor, workPath, type Work, type WorkKind } from '../../lib/work';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';

const PAGE_SIZE = 100;
const DAY_MS = 86_400_000;
const BY_FORM: readonly WorkKind[] = ['FORM_TO_VERIFY', 'FORM_TO_SIGN', 'FORM_INCOMPLETE', 'FORM_MISSING', 'FORM_UNLOCKED'];
const BY_TIME: readonly WorkKind[] = ['VISIT_OVERDUE', 'VISIT_DUE'];

/** What is to be done, one list at a time; the list and its filters are the address. */
export default function Worklists() {
  const { study } = useParams<{ study: string }>();
  const { t, text, count } = useLocale();
  const may = useMay(study);
  const design = useDesign(study).data;
  const [site] = useParam('site');
  const [event, setEvent] = useParam('event');
  const [form, setForm] = useParam('form');
  const mine = workFor(may);
  const [asked, setKind] = useParam('kind');
  const kind = WORK_KINDS.find((one) => one === asked) ?? mine[0] ?? 'VISIT_OVERDUE';
  const load = useWorkload(study, site).data;
  const found = useWork(study, kind, { site, event, form }, PAGE_SIZE);
  const rows = found.data?.pages.flatMap(({ work }) => work);
  const looksOn = useLookOn(found, rows?.length);
  const total = load?.counts.find((one) => one.kind === kind)?.count;
  const shown = rows?.length ?? 0;
  const isCounted = total !== undefined && !event && !form;
  const counted = isCounted ? t(load?.isPartial ? 'work.ofmore' : 'work.of', { n: count(shown), of: count(total) }) : t('work.shown', { n: count(shown) });
  const number = (one: WorkKind) => load?.counts.find((counts) => counts.kind === one)?.count ?? 0;
  return (
    <Page title={t('nav.work')} help="work.help" isFull>
      <div className="filters">
        <select className="input" aria-label={t('work.kind')} value={kind} onChange={(change) => setKind(change.target.value)}>
          {[...new Set([...mine, ...WORK_KINDS])].map((one) => <option key={one} value={one}>{t(`work.${one}`)}{load && ` (${count(number(one))}${load.isPartial ? '+' : ''})`}</option>)}
        </select>
        <select className="input" aria-label={t('work.event')} value={event ?? ''} onChange={(change) => setEvent(change.target.value || undefined)}>
          <option value="">{t('work.anyevent')}</option>
          {design?.study.studyEvents.map((one) => <option key={one.studyEventOid} value={one.studyEventOid}>{text(one.description, one.name)}</option>)}
        </select>
        {BY_FORM.includes(kind) && (
          <select className="input" aria-label={t('work.form')} value={form ?? ''} onChange={(change) => setForm(change.target.value || undefined)}>
            <option value="">{t('work.anyform')}</option>
            {design?.study.forms.map((one) => <option key={one.formOid} value={one.formOid}>{text(one.description, one.name)}</option>)}
          </select>
        )}
        {rows && <span className="fine" role="status">{counted}</span>}
      </div>
      <p className="fine">{t(`work.what.${kind}`)}</p>
      {found.error && !rows && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {(!rows || looksOn) && !found.error && <Loading />}
      {rows?.length === 0 && !found.hasNextPage && <Empty title={t('work.nothing')}>{t('work.nothing.next')}</Empty>}
      {rows && rows.length > 0 && <Table study={study} kind={kind} rows={rows} design={design} />}
      {found.hasNextPage && !looksOn && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
    </Page>
  );
}

function Table({ study, kind, rows, design }: { study: string; kind: WorkKind; rows: Work[]; design: Design | undefined }) {
  const { t, text } = useLocale();
  const [hasForm, hasTime, hasItems] = [BY_FORM.includes(kind), BY_TIME.includes(kind), kind === 'FORM_TO_VERIFY'];
  const hasEvent = kind !== 'CASEBOOK_TO_SIGN';
  const late = (day: string | undefined) => Math.floor((Date.now() - new Date(day ?? 0).getTime()) / DAY_MS);
  const times = (repeat: string | undefined) => (repeat && repeat !== '1' ? ` ${repeat}` : '');
  return (
    <div className="scroll-x tall" role="region" tabIndex={0} aria-label={t(`work.${kind}`)}>
      <table className="table">
        <thead>
          <tr>
            <th>{t('nav.subject')}</th><th>{t('scope.site')}</th>
            {hasEvent && <th>{t('work.event')}</th>}
            {hasForm && <th>{t('work.form')}</th>}
            {hasItems && <th className="number">{t('work.items')}</th>}
            {hasTime ? <><th>{t('work.due')}</th><th>{t('work.until')}</th></> : <th className="number">{t('work.queries')}</th>}
          </tr>
        </thead>
        <tbody>
          {rows.map((work) => {
            const event = design?.events.get(work.studyEventOid ?? '');
            const form = design?.forms.get(work.formOid ?? '');
            const path = workPath(study, work);
            return (
              <tr key={path}>
                <td className="nowrap"><Link href={path}>{work.subjectKey}</Link></td>
                <td>{work.siteOid}</td>
                {hasEvent && <td>{text(event?.description, event?.name ?? work.studyEventOid)}{times(work.studyEventRepeatKey)}</td>}
                {hasForm && <td><Link href={path}>{text(form?.description, form?.name ?? work.formOid)}{times(work.formRepeatKey)}</Link></td>}
                {hasItems && <td className="number">{work.itemCount}{work.changedItemCount > 0 && <> · <strong>{t('work.again', { n: work.changedItemCount })}</strong></>}</td>}
                {hasTime
                  ? <><td>{work.targetDate}</td><td>{work.windowEndDate}{kind === 'VISIT_OVERDUE' && <> · {t('work.late', { n: late(work.windowEndDate) })}</>}</td></>
                  : <td className="number">{work.openQueryCount}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
