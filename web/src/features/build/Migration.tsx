import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { api, ask, newRequestId, Refused, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { useSites } from '../../lib/study';
import { subjectPath } from '../../lib/url';
import { refusalText } from '../../ui/refusal';

type Migrated = Schemas['BuildMigrated'];
type Run = { isDry: boolean; state: 'running' | 'done' | 'stopped' | 'failed'; all: Migrated[]; of: number; refusal?: string };
const SUBJECTS = 25;

/** Brings existing casebooks to a version, a page at a time: first as a dry run, then in earnest. Who is there already is left, so a run that broke off is simply begun again. */
export function Migration({ study, hash }: { study: string; hash: string }) {
  const { t, text } = useLocale();
  const client = useQueryClient();
  const sites = useSites(study);
  const [site, setSite] = useState('');
  const [reason, setReason] = useState('');
  const [run, setRun] = useState<Run | undefined>();
  const stop = useRef(false);
  const start = async (isDry: boolean) => {
    stop.current = false;
    let now: Run = { isDry, state: 'running', all: [], of: 0 };
    setRun(now);
    const requestId = newRequestId();
    let pageToken: string | undefined;
    try {
      do {
        const page: Schemas['BuildMigrateCasebooksResponse'] = await ask(api.POST('/v1/studies/{studyOid}/versions:migrate', {
          params: { path: { studyOid: study } },
          body: { versionHash: hash, dryRun: isDry, reason: reason.trim(), pageSize: SUBJECTS, requestId, ...(site ? { siteOid: site } : {}), ...(pageToken ? { pageToken } : {}) },
        }));
        now = { ...now, all: [...now.all, ...page.subjects], of: page.subjectCount };
        setRun(now);
        pageToken = page.nextPageToken;
      } while (pageToken && !stop.current);
      setRun({ ...now, state: pageToken ? 'stopped' : 'done' });
    } catch (error) {
      setRun({ ...now, state: 'failed', refusal: error instanceof Refused ? error.reason : 'INCIDENT' });
    }
    if (!isDry) void client.invalidateQueries();
  };
  const isRunning = run?.state === 'running';
  const canApply = reason.trim() !== '' && !isRunning;
  return (
    <section className="section">
      <p>{t('migrate.how')}</p>
      <div className="row-fields">
        <label>{t('scope.site')}
          <select className="input" value={site} disabled={isRunning} onChange={(event) => setSite(event.target.value)}>
            <option value="">{t('scope.all')}</option>
            {(sites.data ?? []).map((one) => <option key={one.siteOid} value={one.siteOid}>{one.siteOid} {text(one.name)}</option>)}
          </select>
        </label>
        <label className="grow">{t('draft.reason')}<input className="input big" value={reason} disabled={isRunning} onChange={(event) => setReason(event.target.value)} /></label>
      </div>
      <div className="dialog-acts">
        {isRunning && <button type="button" className="button" onClick={() => { stop.current = true; }}>{t('job.cancel')}</button>}
        <button type="button" className="button" disabled={!canApply} onClick={() => void start(true)}>{t('migrate.dry')}</button>
        <button type="button" className="button primary" disabled={!canApply || !run?.isDry || run.state !== 'done'} onClick={() => void start(false)}>{t('migrate.apply')}</button>
      </div>
      {run && <Result study={study} run={run} />}
    </section>
  );
}

function Result({ study, run }: { study: string; run: Run }) {
  const { t, count } = useLocale();
  const touched = run.all.filter((one) => one.outcome === 'LEFT' || one.changedRecordCount + one.openedQueryCount + one.closedQueryCount + one.leftRecords.length > 0);
  const sum = (of: (one: Migrated) => number) => count(run.all.reduce((total, one) => total + of(one), 0));
  return (
    <>
      <p aria-live="polite"><strong>{t(run.isDry ? 'migrate.dry' : 'migrate.apply')}</strong> · {t(`migrate.${run.state}` as 'migrate.done')} · {count(run.all.length)} / {count(run.of)}</p>
      {run.state === 'running' && <progress aria-label={t('migrate.running')} value={run.all.length} max={Math.max(run.of, 1)} />}
      {run.refusal && <p className="error" role="alert">{refusalText(run.refusal, t)}</p>}
      <dl className="facts">
        <div><dt>{t('migrate.migrated')}</dt><dd>{sum((one) => Number(one.outcome === 'MIGRATED'))}</dd></div>
        <div><dt>{t('migrate.there')}</dt><dd>{sum((one) => Number(one.outcome === 'ALREADY_THERE' || one.outcome === 'NEWER'))}</dd></div>
        <div><dt>{t('migrate.values')}</dt><dd>{sum((one) => one.changedValueCount)}</dd></div>
        <div><dt>{t('migrate.opened')}</dt><dd>{sum((one) => one.openedQueryCount)}</dd></div>
        <div><dt>{t('migrate.closed')}</dt><dd>{sum((one) => one.closedQueryCount)}</dd></div>
        <div><dt>{t('migrate.left')}</dt><dd>{sum((one) => one.leftRecords.length)}</dd></div>
      </dl>
      {touched.length > 0 && (
        <div className="scroll-x" role="region" tabIndex={0} aria-label={t('migrate.result')}>
          <table className="table">
            <thead><tr><th>{t('nav.subject')}</th><th>{t('scope.site')}</th><th className="number">{t('migrate.values')}</th><th className="number">{t('migrate.opened')}</th><th className="number">{t('migrate.closed')}</th><th>{t('migrate.left')}</th></tr></thead>
            <tbody>
              {touched.slice(0, 500).map((one) => (
                <tr key={one.subjectKey}>
                  <td><Link href={subjectPath(study, one.subjectKey)}>{one.subjectKey}</Link></td><td>{one.siteOid}</td>
                  <td className="number">{one.changedValueCount}</td><td className="number">{one.openedQueryCount}</td><td className="number">{one.closedQueryCount}</td>
                  <td>{one.leftRecords.map((left) => <div key={`${left.studyEventOid}${left.studyEventRepeatKey}${left.formOid}${left.formRepeatKey}`}><code>{left.studyEventOid} {left.formOid}</code> {refusalText(left.refusal, t)}</div>)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
