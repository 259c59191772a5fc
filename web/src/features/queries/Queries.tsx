import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask } from '../../api/client';
import { useMay } from '../../lib/session';
import type { Query, QueryStatus } from '../../api/types';
import { actOnQuery, Thread } from '../../forms/Thread';
import { useLocale } from '../../i18n';
import { useDesign, type Design } from '../../lib/study';
import { useParam } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Empty, Failed, Loading } from '../../ui/State';
import { Page } from '../../ui/Page';
import { QUERY, Status } from '../../ui/Status';
import { useSay } from '../../ui/Toast';
import { queryPath } from '../../lib/query';

const STATUSES: QueryStatus[] = ['OPEN', 'ANSWERED', 'CLOSED', 'CANCELLED'];
const DAY_MS = 86_400_000;
const ageDays = (query: Query) => Math.floor((Date.now() - new Date(query.openedAt ?? 0).getTime()) / DAY_MS);

function useQueries(study: string, site: string | undefined, subject: string | undefined, status: string | undefined) {
  return useInfiniteQuery({
    queryKey: ['queries', study, site, subject, status],
    queryFn: ({ pageParam }) => {
      const query = {
        pageSize: 200, ...(site ? { siteOid: site } : {}), ...(subject ? { subjectKey: subject } : {}),
        ...(status && status !== 'ANY' ? { status: status as QueryStatus } : {}), ...(pageParam ? { pageToken: pageParam } : {}),
      };
      return ask(api.GET('/v1/studies/{studyOid}/queries', { params: { path: { studyOid: study }, query } }));
    },
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
    placeholderData: keepPreviousData,
  });
}

export default function Queries() {
  const { study } = useParams<{ study: string }>();
  const { t, count } = useLocale();
  const may = useMay(study);
  const client = useQueryClient();
  const say = useSay();
  const [site] = useParam('site');
  const [subject, setSubject] = useParam('subject');
  const [status = may('raise_queries') ? 'ANSWERED' : 'OPEN', setStatus] = useParam('status');
  const [older, setOlder] = useParam('older');
  const [opened, setOpened] = useState<string | undefined>();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const design = useDesign(study);
  const found = useQueries(study, site, subject, status);
  const all = found.data?.pages.flatMap(({ queries }) => queries);
  const rows = all?.filter((query) => ageDays(query) >= Number(older ?? 0));
  const current = rows?.find(({ queryId }) => queryId === opened);
  const closable = rows?.filter((query) => query.status === 'ANSWERED' && may('raise_queries', query.siteOid)) ?? [];
  const closeChosen = async () => {
    let done = 0;
    for (const queryId of chosen) {
      await actOnQuery(study, queryId, 'close', '').then(() => { done += 1; }).catch(() => undefined);
    }
    say(t('query.closedsome', { n: done, of: chosen.size }), done < chosen.size);
    setChosen(new Set());
    void client.invalidateQueries({ queryKey: ['queries'] });
  };
  const toggle = (queryId: string) => setChosen((now) => {
    const next = new Set(now);
    if (!next.delete(queryId)) next.add(queryId);
    return next;
  });
  return (
    <Page title={t('nav.queries')} help="queries.help" isFull actions={chosen.size > 0 && <button type="button" className="button primary" onClick={() => void closeChosen()}>{t('query.closechosen', { n: chosen.size })}</button>}>
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
        {closable.length > 0 && <button type="button" className="button" onClick={() => setChosen(new Set(closable.map(({ queryId }) => queryId)))}>{t('query.chooseall', { n: closable.length })}</button>}
        {rows && <span className="fine">{t(found.hasNextPage ? 'query.loaded' : 'query.count', { n: count(rows.length) })}</span>}
      </div>
      {found.error && !all && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {!all && !found.error && <Loading />}
      {rows?.length === 0 && <Empty title={t('query.empty')}>{t('query.empty.next')}</Empty>}
      {rows && rows.length > 0 && <Table study={study} rows={rows} design={design.data} chosen={chosen} closable={closable} onToggle={toggle} onOpen={setOpened} />}
      {found.hasNextPage && <button type="button" className="button" disabled={found.isFetching} onClick={() => void found.fetchNextPage()}>{t('act.more')}</button>}
      {current && (
        <Dialog title={current.record?.subjectKey ?? ''} isOpen isSide onClose={() => setOpened(undefined)}>
          <Thread studyOid={study} query={current} may={may} onChange={() => void found.refetch()} />
          <p><Link href={queryPath(study, current)}>{t('query.toform')}</Link></p>
        </Dialog>
      )}
    </Page>
  );
}

type TableProps = { study: string; rows: Query[]; design: Design | undefined; chosen: ReadonlySet<string>; closable: Query[]; onToggle: (queryId: string) => void; onOpen: (queryId: string) => void };

function Table({ study, rows, design, chosen, closable, onToggle, onOpen }: TableProps) {
  const { t, text } = useLocale();
  const mayClose = new Set(closable.map(({ queryId }) => queryId));
  return (
    <div className="scroll-x tall">
      <table className="table">
        <thead><tr>{closable.length > 0 && <th><span className="hidden">{t('query.choose')}</span></th>}<th>{t('nav.subject')}</th><th>{t('filter.status')}</th><th>{t('query.where')}</th><th>{t('query.last')}</th><th>{t('query.from')}</th><th>{t('query.age')}</th></tr></thead>
        <tbody>
          {rows.map((query) => {
            const { queryId, record, item, messages } = query;
            const event = design?.events.get(record?.studyEventOid ?? '');
            const form = design?.forms.get(record?.formOid ?? '');
            const asked = design?.items.get(item?.itemOid ?? '');
            const last = messages.at(-1);
            return (
              <tr key={queryId}>
                {closable.length > 0 && <td>{mayClose.has(queryId) && <input type="checkbox" aria-label={t('query.chooseone', { id: queryId })} checked={chosen.has(queryId)} onChange={() => onToggle(queryId)} />}</td>}
                <td className="nowrap"><Link href={queryPath(study, query)}>{record?.subjectKey}</Link></td>
                <td><Status look={QUERY[query.status]} /></td>
                <td>{text(event?.description, event?.name)} · {text(form?.description, form?.name)}{asked && <> · <strong>{text(asked.question, asked.name)}</strong></>}</td>
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
