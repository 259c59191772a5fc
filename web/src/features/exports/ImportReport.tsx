import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import type { Import } from './jobs';

type Report = Schemas['JobImportReport'];
type Outcome = Schemas['JobImportRowOutcome'];
const OUTCOMES: readonly (readonly [Outcome, keyof Report])[] = [['ACCEPTED', 'accepted'], ['CHANGED', 'changed'], ['UNCHANGED', 'unchanged'], ['SKIPPED', 'skipped'], ['REJECTED', 'rejected']];

/** What became of the rows, or would: in numbers, and row by row. */
export function ImportReport({ one, report }: { one: Import; report: Report }) {
  const { t, count } = useLocale();
  const rejected = Number(report.rejected);
  const [outcome, setOutcome] = useState<Outcome | ''>(rejected > 0 ? 'REJECTED' : '');
  const address = `/v1/studies/${encodeURIComponent(one.studyOid)}/imports/${encodeURIComponent(one.importId)}/report`;
  return (
    <section className="section" aria-live="polite">
      <h2>{t(report.applied ? 'import.done' : 'import.would')}</h2>
      <dl className="counts">
        {OUTCOMES.map(([name, key]) => <div key={name} className={name === 'REJECTED' && rejected > 0 ? 'tone-red' : undefined}><dt>{t(`import.${name}` as Key)}</dt><dd>{count(Number(report[key]))}</dd></div>)}
        <div><dt>{t('import.records')}</dt><dd>{count(Number(report.records))}</dd></div>
        <div><dt>{t('export.values')}</dt><dd>{count(Number(report.values))}</dd></div>
        <div><dt>{t('import.opened')}</dt><dd>{count(Number(report.queriesOpened))}</dd></div>
      </dl>
      {report.broken && <p className="error"><Icon name="dot" />{t('import.broken', { where: report.broken })}</p>}
      {report.resumed && <p className="fine">{t('import.resumed')}</p>}
      <p className="fine">SHA-256 <code className="wrap">{report.sha256}</code></p>
      <div className="row-fields">
        <label>{t('import.show')}
          <select className="input" value={outcome} onChange={(event) => setOutcome(event.target.value as Outcome | '')}>
            <option value="">{t('import.all')}</option>
            {OUTCOMES.map(([name]) => <option key={name} value={name}>{t(`import.${name}` as Key)}</option>)}
          </select>
        </label>
        <a className="button" href={address} download={`${one.importId}.csv`}><Icon name="out" />{t('import.report')}</a>
      </div>
      <Rows one={one} sha256={`${report.sha256}${report.applied}`} outcome={outcome} />
    </section>
  );
}

function Rows({ one, outcome, sha256 }: { one: Import; outcome: Outcome | ''; sha256: string }) {
  const { t, text } = useLocale();
  const pages = useInfiniteQuery({
    queryKey: ['importRows', one.importId, one.state, sha256, outcome],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/studies/{studyOid}/imports/{importId}/rows', {
      params: { path: { studyOid: one.studyOid, importId: one.importId }, query: { pageSize: 100, ...(outcome ? { outcome } : {}), ...(pageParam ? { pageToken: pageParam } : {}) } },
    })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
  });
  const list = pages.data?.pages.flatMap(({ rows }) => rows);
  return (
    <Loaded from={{ data: list, error: pages.error, refetch: pages.refetch }}>
      {(rows) => rows.length === 0 && !pages.hasNextPage ? <Empty title={t('import.norows')} /> : (
        <>
          <div className="scroll-y tall-rows" role="region" tabIndex={0} aria-label={t('import.rows')}>
            <table className="table">
              <thead><tr><th className="number">{t('import.row')}</th><th className="number">{t('import.line')}</th><th>{t('import.outcome')}</th><th>{t('import.why')}</th></tr></thead>
              <tbody>{rows.map((row) => <tr key={`${row.row}.${row.line ?? ''}`}><td className="number">{row.row}</td><td className="number">{row.line ?? '–'}</td><td>{t(`import.${row.outcome}` as Key)}</td><td className="wrap">{text(row.text, row.reason)}</td></tr>)}</tbody>
            </table>
          </div>
          {pages.hasNextPage && <div><button type="button" className="button small" disabled={pages.isFetching} onClick={() => void pages.fetchNextPage()}>{t('act.more')}</button></div>}
        </>
      )}
    </Loaded>
  );
}
