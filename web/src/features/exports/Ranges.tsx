import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId, Refused, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { base64 } from '../../lib/pieces';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { refusalText } from '../../ui/refusal';

type Range = Schemas['ReferenceRange'];

/** The reference ranges of the study's laboratories, and a file that replaces some. */
export function Ranges({ study }: { study: string }) {
  const { t, count, instant } = useLocale();
  const pages = useInfiniteQuery({
    queryKey: ['ranges', study],
    queryFn: ({ pageParam }) => ask(api.GET('/v1/studies/{studyOid}/ranges', { params: { path: { studyOid: study }, query: { pageSize: 100, ...(pageParam ? { pageToken: pageParam } : {}) } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextPageToken,
  });
  const list = pages.data?.pages.flatMap(({ ranges }) => ranges);
  const first = pages.data?.pages[0];
  const latest = first?.imports[0];
  return (
    <section className="section">
      <h2>{t('ranges.title')}</h2>
      <p className="fine">{t('ranges.hint')}</p>
      <NewRanges study={study} />
      {latest && <p className="fine">{t('ranges.latest', { file: latest.fileName, who: latest.importedBy, when: instant(latest.importedAt), n: first.rangeCount })}</p>}
      <Loaded from={{ data: list, error: pages.error, refetch: pages.refetch }}>
        {(ranges) => ranges.length === 0 ? <Empty title={t('ranges.none')} /> : (
          <div className="scroll-y tall-rows" role="region" tabIndex={0} aria-label={t('ranges.title')}>
            <table className="table">
              <thead><tr><th>{t('ranges.laboratory')}</th><th>{t('ranges.test')}</th><th>{t('ranges.unit')}</th><th>{t('ranges.sex')}</th><th>{t('ranges.age')}</th><th className="number">{t('ranges.low')}</th><th className="number">{t('ranges.high')}</th><th>{t('ranges.texts')}</th><th>{t('ranges.days')}</th></tr></thead>
              <tbody>{ranges.map((range, at) => <Row key={at} range={range} />)}</tbody>
            </table>
          </div>
        )}
      </Loaded>
      {pages.hasNextPage && <div><button type="button" className="button small" disabled={pages.isFetching} onClick={() => void pages.fetchNextPage()}>{t('act.more')}</button> <span className="fine">{count(list?.length ?? 0)} / {count(first?.rangeCount ?? 0)}</span></div>}
    </section>
  );
}

function Row({ range }: { range: Range }) {
  const { t } = useLocale();
  const between = (from: string | number | undefined, to: string | number | undefined) => (from === undefined && to === undefined ? '' : `${from ?? ''} – ${to ?? ''}`);
  const unit = range.ageUnit && t(`ranges.${range.ageUnit as 'DAYS' | 'WEEKS' | 'MONTHS' | 'YEARS'}`);
  return (
    <tr>
      <td>{[range.laboratory, range.siteOid].filter(Boolean).join(' · ')}</td>
      <td>{range.test}</td><td>{range.unit}</td><td>{range.sex}</td>
      <td className="nowrap">{unit && `${between(range.ageFrom, range.ageTo)} ${unit}`}</td>
      <td className="number">{range.low}</td><td className="number">{range.high}</td>
      <td>{range.texts.join('; ')}</td>
      <td className="nowrap">{between(range.validFrom, range.validTo)}</td>
    </tr>
  );
}

/** Loads a file: nothing of it when it has faults, which are all named. */
function NewRanges({ study }: { study: string }) {
  const { t, text } = useLocale();
  const client = useQueryClient();
  const [file, setFile] = useState<File | undefined>();
  const [reason, setReason] = useState('');
  const load = useMutation({
    mutationFn: async (chosen: File) => ask(api.POST('/v1/studies/{studyOid}/ranges:import', {
      params: { path: { studyOid: study } },
      body: { fileName: chosen.name, content: await base64(chosen), reason, requestId: newRequestId() },
    })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['ranges', study] }),
  });
  const faults = load.error instanceof Refused ? load.error.body.violations ?? [] : [];
  const warnings = load.data?.warnings ?? [];
  return (
    <form className="row-fields" onSubmit={(event) => { event.preventDefault(); if (file) load.mutate(file); }}>
      <label>{t('ranges.file')}<input className="input" type="file" required accept=".csv,.txt,.tsv,.xpt,.xlsx" onChange={(event) => { setFile(event.target.files?.[0]); load.reset(); }} /></label>
      <label>{t('ranges.reason')}<input className="input" required value={reason} onChange={(event) => setReason(event.target.value)} /></label>
      <button type="submit" className="button primary" disabled={!file || load.isPending}>{t('ranges.load')}</button>
      {load.error && <p className="error full-line" role="alert"><Icon name="dot" />{refusalText(load.error, t)}</p>}
      {load.data && <p className="full-line" role="status">{t(load.data.unchanged ? 'ranges.unchanged' : 'ranges.loaded', { n: load.data.rangeCount })}</p>}
      {faults.length + warnings.length > 0 && (
        <ul className="faults full-line">
          {faults.map((fault) => <li key={`${fault.field} ${fault.description}`} className="error"><Icon name="dot" /><code>{fault.field}</code> {fault.description}</li>)}
          {warnings.map((warning) => <li key={`${warning.line} ${warning.message}`}>{warning.line > 0 && <code>{warning.line}</code>} {text(warning.text, warning.message)}</li>)}
        </ul>
      )}
    </form>
  );
}
