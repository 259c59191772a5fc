import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { useDesign } from '../../lib/study';
import { useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { refusalText } from '../../ui/refusal';
import { formatName, formatSummary } from './formats';

/** Chooses what is exported; the site is the one that is chosen above. */
export function StartExport({ study, onStarted }: { study: string; onStarted: () => void }) {
  const { t, language } = useLocale();
  const [site] = useParam('site');
  const [format, setFormat] = useState('csv');
  const [asOf, setAsOf] = useState('');
  const [forms, setForms] = useState<string[]>([]);
  const [trail, setTrail] = useState(false);
  const [mark, setMark] = useState(false);
  const [files, setFiles] = useState(false);
  const formats = useQuery({
    queryKey: ['exportFormats'],
    queryFn: async () => (await ask(api.GET('/v1/exportFormats'))).formats,
    staleTime: Infinity,
  });
  const design = useDesign(study);
  const chosen = formats.data?.find(({ name }) => name === format);
  const hasFiles = design.data?.study.items.some(({ dataType }) => dataType === 'FILE') ?? false;
  const isWhole = chosen?.needsWholeCasebooks ?? false;
  // What people read is in the language of this page; programs get the same names everywhere.
  const isRead = format === 'casebook-pdf';
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/exports', {
      params: { path: { studyOid: study } },
      body: {
        format, trail, byteOrderMark: mark, attachedFiles: files, formOids: isWhole ? [] : forms, requestId: newRequestId(),
        ...(site ? { siteOid: site } : {}), ...(asOf ? { asOf: new Date(asOf).toISOString() } : {}),
        ...(isRead ? { language } : {}),
      },
    })),
    onSuccess: onStarted,
  });
  return (
    <section className="section">
      <Loaded from={formats}>
        {(list) => (
          <form className="start-export" onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
            <fieldset>
              <legend>{t('export.format')}</legend>
              <div className="formats">
                {list.map((one) => {
                  // Without its mapping the study cannot be written in this format, and the server refuses it.
                  const isMissing = one.needsTabulation && design.data?.study.hasTabulation === false;
                  return (
                    <label key={one.name} className={`radio line${format === one.name ? ' chosen' : ''}${isMissing ? ' off' : ''}`}>
                      <input type="radio" name="format" aria-label={formatName(one.name, t)} aria-describedby={isMissing ? `why-${one.name}` : undefined} disabled={isMissing} checked={format === one.name} onChange={() => setFormat(one.name)} />
                      <span>
                        <strong>{formatName(one.name, t)}</strong> <span className="fine">{formatSummary(one.name, one.summary, t)}</span>
                        {isMissing && <span id={`why-${one.name}`} className="fine why"><Icon name="dash" />{t('export.nomapping')}</span>}
                      </span>
                    </label>
                  );
                })}
              </div>
            </fieldset>
            <div className="row-fields">
              <label>{t('export.asof')}<input className="input" type="datetime-local" value={asOf} onChange={(event) => setAsOf(event.target.value)} /></label>
              <span className="fine">{site ? t('export.site', { site }) : t('export.allsites')}</span>
            </div>
            {isWhole ? <p className="fine">{t('export.whole')}</p> : <ChooseForms study={study} chosen={forms} onChoose={setForms} />}
            <div className="checks">
              {chosen?.hasTrail && <label className="check"><input type="checkbox" checked={trail} onChange={(event) => setTrail(event.target.checked)} />{t('export.trail')}</label>}
              {format.startsWith('csv') && <label className="check"><input type="checkbox" checked={mark} onChange={(event) => setMark(event.target.checked)} />{t('export.mark')}</label>}
              {hasFiles && <label className="check"><input type="checkbox" checked={files} onChange={(event) => setFiles(event.target.checked)} />{t('export.files')}</label>}
            </div>
            {run.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(run.error, t)}</p>}
            <div><button type="submit" className="button primary" disabled={run.isPending}><Icon name="out" />{t('export.start')}</button></div>
          </form>
        )}
      </Loaded>
    </section>
  );
}

function ChooseForms({ study, chosen, onChoose }: { study: string; chosen: string[]; onChoose: (forms: string[]) => void }) {
  const { t, text } = useLocale();
  const design = useDesign(study).data;
  const all = design?.study.forms ?? [];
  const toggle = (oid: string) => onChoose(chosen.includes(oid) ? chosen.filter((one) => one !== oid) : [...chosen, oid]);
  return (
    <details className="choose-forms">
      <summary>{chosen.length === 0 ? t('export.allforms') : t('export.someforms', { n: chosen.length })}</summary>
      <fieldset>
        <legend className="hidden">{t('export.forms')}</legend>
        <div className="form-checks">
          {all.map((form) => <label key={form.formOid} className="check"><input type="checkbox" checked={chosen.includes(form.formOid)} onChange={() => toggle(form.formOid)} />{text(form.description, form.name)}</label>)}
        </div>
      </fieldset>
      {chosen.length > 0 && <button type="button" className="button small" onClick={() => onChoose([])}>{t('export.allforms')}</button>}
    </details>
  );
}
