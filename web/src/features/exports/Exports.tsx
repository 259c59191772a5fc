import { useRef, useState } from 'react';
import { useParams } from 'wouter';
import { Refused, OFFLINE } from '../../api/client';
import type { Schemas } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';

type Format = Schemas['ExportStudyRequestFormat'];
const FORMATS: readonly (readonly [Format, string])[] = [['CSV', 'zip'], ['ODM', 'xml'], ['JSON', 'json'], ['NDJSON', 'ndjson']];
type Run = { format: Format; bytes: number; state: 'running' | 'done' | 'stopped' | 'failed'; sha256?: string; refusal?: string; url?: string; name: string };

async function sha256(blob: Blob): Promise<string | undefined> {
  // Browsers compute it only over TLS or on the same machine.
  if (!window.isSecureContext) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function exportUrl(study: string, format: Format, site: string | undefined, asOf: string): string {
  const params = new URLSearchParams({ format });
  if (site) params.set('siteOid', site);
  if (asOf) params.set('asOf', new Date(asOf).toISOString());
  return `/v1/studies/${encodeURIComponent(study)}/export?${params.toString()}`;
}

export default function Exports() {
  const { study } = useParams<{ study: string }>();
  const { t, count } = useLocale();
  const [site] = useParam('site');
  const [format, setFormat] = useState<Format>('CSV');
  const [asOf, setAsOf] = useState('');
  const [run, setRun] = useState<Run | undefined>();
  const stop = useRef<AbortController | null>(null);
  const start = async () => {
    const extension = FORMATS.find(([one]) => one === format)?.[1] ?? 'bin';
    const begun: Run = { format, bytes: 0, state: 'running', name: `${study}-${new Date().toISOString().slice(0, 10)}.${extension}` };
    const controller = new AbortController();
    stop.current = controller;
    if (run?.url) URL.revokeObjectURL(run.url);
    setRun(begun);
    try {
      const answer = await fetch(exportUrl(study, format, site, asOf), { signal: controller.signal, credentials: 'same-origin' });
      if (!answer.ok || !answer.body) {
        const body = (await answer.json().catch(() => ({}))) as { reason?: string };
        throw new Refused(body.reason ?? 'INCIDENT', answer.status);
      }
      const pieces: BlobPart[] = [];
      let bytes = 0;
      const reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        pieces.push(value);
        bytes += value.length;
        setRun((now) => now && { ...now, bytes });
      }
      const blob = new Blob(pieces);
      const digest = await sha256(blob);
      setRun({ ...begun, bytes, state: 'done', url: URL.createObjectURL(blob), ...(digest ? { sha256: digest } : {}) });
    } catch (error) {
      const isStopped = controller.signal.aborted;
      setRun((now) => now && { ...now, state: isStopped ? 'stopped' : 'failed', refusal: error instanceof Refused ? error.reason : OFFLINE });
    }
  };
  return (
    <Page title={t('nav.exports')} help="export.help">
      <section className="section narrow">
        <fieldset>
          <legend>{t('export.format')}</legend>
          {FORMATS.map(([one]) => (
            <label key={one} className={format === one ? 'radio line chosen' : 'radio line'}>
              <input type="radio" name="format" checked={format === one} onChange={() => setFormat(one)} />
              <span><strong>{one}</strong> {t(`export.${one}` as Key)}</span>
            </label>
          ))}
        </fieldset>
        <div className="row-fields">
          <label>{t('export.asof')}<input className="input" type="datetime-local" value={asOf} onChange={(event) => setAsOf(event.target.value)} /></label>
          <span className="fine">{site ? t('export.site', { site }) : t('export.allsites')}</span>
        </div>
        <div className="dialog-acts">
          <button type="button" className="button primary" disabled={run?.state === 'running'} onClick={() => void start()}><Icon name="out" />{t('export.start')}</button>
          {run?.state === 'running' && <button type="button" className="button" onClick={() => stop.current?.abort()}>{t('export.stop')}</button>}
        </div>
      </section>
      {run && (
        <section className="section narrow" aria-live="polite">
          <h2>{run.name}</h2>
          <p>{t(`export.${run.state}` as Key)} · {t('export.bytes', { n: count(Math.round(run.bytes / 1024)) })}</p>
          {run.state === 'running' && <progress aria-label={t('export.running')} />}
          {run.state === 'failed' && <p className="error" role="alert">{refusalText(run.refusal ?? 'INCIDENT', t)}</p>}
          {run.sha256 && <p className="fine">SHA-256 <code className="wrap">{run.sha256}</code></p>}
          {run.url && <a className="button primary" href={run.url} download={run.name}><Icon name="out" />{t('export.download')}</a>}
        </section>
      )}
    </Page>
  );
}
