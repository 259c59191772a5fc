import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { JobStatus } from './JobStatus';
import { useImports } from './jobs';
import { keepHead } from './head';
import type { Sending } from '../../lib/pieces';
import { Ranges } from './Ranges';
import { sendFile } from './upload';
import './jobs.css';

/** What was loaded from files, and a new file. */
export default function Imports() {
  const { study } = useParams<{ study: string }>();
  const { t, instant, count } = useLocale();
  const { found, more, hasMore } = useImports(study);
  return (
    <Page title={t('nav.imports')} help="import.help">
      <NewImport study={study} />
      <section className="section">
        <h2>{t('import.history')}</h2>
        <Loaded from={found}>
          {(list) => list.length === 0 ? <Empty title={t('import.none')}>{t('import.none.next')}</Empty> : (
            <div className="scroll-x">
              <table className="table">
                <thead><tr><th>{t('job.when')}</th><th>{t('job.who')}</th><th>{t('job.file')}</th><th>{t('job.state')}</th><th className="number">{t('import.rows')}</th><th className="number">{t('import.REJECTED')}</th></tr></thead>
                <tbody>
                  {list.map((one) => {
                    const { report } = one;
                    const rows = report && [report.accepted, report.changed, report.unchanged, report.skipped, report.rejected].reduce((sum, each) => sum + Number(each), 0);
                    return (
                      <tr key={one.importId}>
                        <td className="nowrap">{instant(one.requestedAt)}</td>
                        <td>{one.requestedBy}</td>
                        <td><Link href={studyPath(study, `/imports/${encodeURIComponent(one.importId)}`)}>{one.dataFile}</Link></td>
                        <td><JobStatus job={one} unit="job.rows" /></td>
                        <td className="number">{rows === undefined ? '–' : count(rows)}</td>
                        <td className="number">{report ? count(Number(report.rejected)) : '–'}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          )}
        </Loaded>
        {hasMore && <div><button type="button" className="button" onClick={more}>{t('act.more')}</button></div>}
      </section>
      <Ranges study={study} />
    </Page>
  );
}

function NewImport({ study }: { study: string }) {
  const { t, count } = useLocale();
  const [, go] = useLocation();
  const [sending, setSending] = useState<Sending | undefined>();
  const input = useRef<HTMLInputElement>(null);
  const run = useMutation({
    mutationFn: async (file: File) => {
      const begun = await ask(api.POST('/v1/studies/{studyOid}/imports', { params: { path: { studyOid: study } }, body: { dataFile: file.name, requestId: newRequestId() } }));
      await sendFile({ studyOid: study, importId: begun.importId }, file, setSending);
      await keepHead(begun.importId, file);
      return begun;
    },
    onSuccess: (begun) => go(studyPath(study, `/imports/${encodeURIComponent(begun.importId)}`)),
    onSettled: () => setSending(undefined),
  });
  return (
    <section className="section">
      <h2>{t('import.new')}</h2>
      <p className="fine">{t('import.kinds')}</p>
      <div className="row-fields">
        <input ref={input} type="file" className="hidden" accept=".csv,.xpt,.xlsx,.xml,.json,.ndjson" aria-label={t('import.choose')} tabIndex={-1}
          onChange={(event) => { const file = event.target.files?.[0]; if (file) run.mutate(file); event.target.value = ''; }} />
        <button type="button" className="button primary" disabled={run.isPending} onClick={() => input.current?.click()}><Icon name="plus" />{t('import.choose')}</button>
        {sending && (
          <span className="job-status">
            <progress aria-label={t('import.sending')} max={sending.size} value={sending.sent} />
            <span className="fine">{t('import.sent', { name: sending.name, percent: count(Math.floor((100 * sending.sent) / sending.size)) })}</span>
          </span>
        )}
      </div>
      {run.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(run.error, t)}</p>}
    </section>
  );
}
