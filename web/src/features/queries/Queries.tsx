import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { useMayChange } from '../../lib/lock';
import type { Query, QueryStatus } from '../../api/types';
import { Thread } from '../../forms/Thread';
import { useLocale } from '../../i18n';
import { useDesign, type Design } from '../../lib/study';
import { useParam } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { QUERY, Status } from '../../ui/Status';
import { queryPath } from '../../lib/query';
import { BulkDialog, stepsFor, type BulkStep } from './BulkDialog';
import { ASKED, useQueries, type Asked, type Order } from './useQueries';

const STATUSES: QueryStatus[] = ['OPEN', 'ANSWERED', 'CLOSED', 'CANCELLED'];
const ORDERS = ['OLDEST', 'SUBJECT'] as const;
const DAY_MS = 86_400_000;
const ageDays = (query: Query) => Math.floor((Date.now() - new Date(query.openedAt ?? 0).getTime()) / DAY_MS);

export default function Queries() {
  const { study } = useParams<{ study: string }>();
  const { t, text } = useLocale();
  const may = useMayChange(study);
  const [site] = useParam('site');
  const [subject, setSubject] = useParam('subject');
  const [status = may('raise_queries') ? 'ANSWERED' : 'OPEN', setStatus] = useParam('status');
  const [older, setOlder] = useParam('older');
  const [form, setForm] = useParam('form');
  const [asked, setAsked] = useParam('asked');
  const [wanted, setOrder] = useParam('order');
  const [opened, setOpened] = useState<string | undefined>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [step, setStep] = useState<BulkStep | undefined>();
  const design = useDesign(study);
  // Only what waits for somebody has an order by age.
  const isWaiting = status === 'OPEN' || status === 'ANSWERED';
  const order: Order = isWaiting && wanted !== 'SUBJECT' ? 'OLDEST' : 'SUBJECT';
  const by: Asked = ASKED.find((one) => one === asked) ?? 'ANY';
  const found = useQueries(study, { site, subject, status, older, form, asked: by, order });
  const rows = found.data?.pages.flatMap(({ queries }) => queries);
  const current = rows?.find(({ queryId }) => queryId === opened);
  const picked = rows?.filter(({ queryId }) => chosen.has(queryId)) ?? [];
  const actable = rows?.filter((query) => stepsFor([query], may).length > 0) ?? [];
  const toggle = (queryId: string) => setChosen((now) => {
    const next = new Set(now);
    if (!next.delete(queryId)) next.add(queryId);
    return next;
  });
  const acts = picked.length > 0 && (
    <>
      <span className="fine">{t('query.chosen', { n: picked.length })}</span>
      {stepsFor(picked, may).map((one, at) => <button key={one} type="button" className={at === 0 ? 'button primary' : 'button'} onClick={() => setStep(one)}>{t(`query.bulk.${one}`)}</button>)}
      <button type="button" className="button plain" onClick={() => setChosen(new Set())}>{t('query.unchoose')}</button>
    </>
  );
  return (
    <Page title={t('nav.queries')} help="queries.help" isFull actions={acts}>
      <div className="filters">
        <div className="segments" role="radiogroup" aria-label={t('filter.status')}>
          {[...STATUSES, 'ANY' as const].map((one) => (
            <label key={one} className={status === one ? 'segment chosen' : 'segment'}>
              <input type="radio" name="status" checked={status === one} onChange={() => setStatus(one)} />
              {one === 'ANY' ? t('query.any') : t(QUERY[one].key)}
            </label>
          ))}
        </div>
        <input className="input" type="search" aria-label={t('filter.subject')} placeholder={t('filter.subjectkey')} defaultValue={subject ?? ''} onKeyDown={(event) => event.key === 'Enter' && !event.nativeEvent.isComposing && setSubject(event.currentTarget.value.trim() || undefined)} onBlur={(event) => setSubject(event.target.value.trim() || undefined)} />
        <select className="input" aria-label={t('query.age')} value={older ?? ''} onChange={(event) => setOlder(event.target.value || undefined)}>
          <option value="">{t('query.anyage')}</option>
          {[7, 14, 30, 60].map((days) => <option key={days} value={days}>{t('query.older', { n: days })}</option>)}
        </select>
        <select className="input" aria-label={t('query.asked')} value={by} onChange={(event) => setAsked(event.target.value === 'ANY' ? undefined : event.target.value)}>
          {ASKED.map((one) => <option key={one} value={one}>{t('query.asked')}: {t(`query.askedby.${one}`)}</option>)}
        </select>
        <select className="input" aria-label={t('work.form')} value={form ?? ''} onChange={(event) => setForm(event.target.value || undefined)}>
          <option value="">{t('work.anyform')}</option>
          {design.data?.study.forms.map((one) => <option key={one.formOid} value={one.formOid}>{text(one.description, one.name)}</option>)}
        </select>
        {isWaiting && (
          <select className="input" aria-label={t('query.order')} value={order} onChange={(event) => setOrder(event.target.value === 'OLDEST' ? undefined : event.target.value)}>
            {ORDERS.map((one) => <option key={one} value={one}>{t(`query.order.${one}`)}</option>)}
          </select>
        )}
        {actable.length > 0 && <button type="button" className="button" onClick={() => setChosen(new Set(actable.map(({ queryId }) => queryId)))}>{t('query.choosepage', { n: actable.length })}</button>}
        {rows && <span className="fine" role="status">{t(found.hasNextPage ? 'query.loaded' : 'query.count', { n: rows.length })}</span>}
      </div>
      {found.error && !rows && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {!rows && !found.error && <Loading />}
      {rows?.length === 0 && !found.hasNextPage && <Empty title={t('query.empty')}>{t('query.empty.next')}</Empty>}
      {rows && rows.length > 0 && <Table study={study} rows={rows} design={design.data} chosen={chosen} actable={actable} onToggle={toggle} onOpen={setOpened} />}
      {found.hasNextPage && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
      {current && (
        <Dialog title={current.record?.subjectKey ?? ''} isOpen isSide onClose={() => setOpened(undefined)}>
          <Thread studyOid={study} query={current} may={may} onChange={() => void found.refetch()} />
          <p><Link href={queryPath(study, current)}>{t('query.toform')}</Link></p>
        </Dialog>
      )}
      {step && <BulkDialog studyOid={study} step={step} queryIds={picked.map(({ queryId }) => queryId)} onClose={() => { setStep(undefined); setChosen(new Set()); }} />}
    </Page>
  );
}

type TableProps = { study: string; rows: Query[]; design: Design | undefined; chosen: ReadonlySet<string>; actable: Query[]; onToggle: (queryId: string) => void; onOpen: (queryId: string) => void };

function Table({ study, rows, design, chosen, actable, onToggle, onOpen }: TableProps) {
  const { t, text } = useLocale();
  const mayChoose = new Set(actable.map(({ queryId }) => queryId));
  return (
    <div className="scroll-x tall">
      <table className="table">
        <thead><tr>{actable.length > 0 && <th><span className="hidden">{t('query.choose')}</span></th>}<th>{t('nav.subject')}</th><th>{t('filter.status')}</th><th>{t('query.where')}</th><th>{t('query.last')}</th><th>{t('query.from')}</th><th>{t('query.age')}</th></tr></thead>
        <tbody>
          {rows.map((query) => {
            const { queryId, record, item, messages } = query;
            const event = design?.events.get(record?.studyEventOid ?? '');
            const form = design?.forms.get(record?.formOid ?? '');
            const about = design?.items.get(item?.itemOid ?? '');
            const last = messages.at(-1);
            return (
              <tr key={queryId}>
                {actable.length > 0 && <td>{mayChoose.has(queryId) && <input type="checkbox" aria-label={t('query.chooseone', { id: queryId })} checked={chosen.has(queryId)} onChange={() => onToggle(queryId)} />}</td>}
                <td className="nowrap"><Link href={queryPath(study, query)}>{record?.subjectKey}</Link></td>
                <td><Status look={QUERY[query.status]} /></td>
                <td>{text(event?.description, event?.name)} · {text(form?.description, form?.name)}{about && <> · <strong>{text(about.question, about.name)}</strong></>}</td>
                <td><button type="button" className="button plain text" onClick={() => onOpen(queryId)}>{text(last?.text) || t('query.open')}</button></td>
                <td>{query.checkOid ? <span className="tag" title={query.checkOid}>{t('query.automatic')}</span> : query.openedBy}</td>
                <td className="number">{t('query.days', { n: ageDays(query) })}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
