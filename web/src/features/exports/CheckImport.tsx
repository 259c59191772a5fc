import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { bytes } from '../../lib/bytes';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { keptColumns } from './head';
import type { Import } from './jobs';
import { MappingBuilder } from './MappingBuilder';
import { sendFile } from './upload';

const MAPPING = 'mapping.toml';
const kept = (importId: string) => `casebook.mapping.${importId}`;

/** The files of an import, its mapping, and the check that changes nothing. */
export function CheckImport({ one }: { one: Import }) {
  const { t } = useLocale();
  const client = useQueryClient();
  const isDocument = /\.(xml|json|ndjson)$/i.test(one.dataFile);
  const [mapping, setMapping] = useState(() => sessionStorage.getItem(kept(one.importId)) ?? '');
  const [reason, setReason] = useState(one.reason ?? '');
  const [complete, setComplete] = useState(one.complete);
  const input = useRef<HTMLInputElement>(null);
  const place = { studyOid: one.studyOid, importId: one.importId };
  const again = () => void client.invalidateQueries({ queryKey: ['import', one.studyOid, one.importId] });
  const change = (text: string) => {
    setMapping(text);
    sessionStorage.setItem(kept(one.importId), text);
  };
  const add = useMutation({ mutationFn: (file: File) => sendFile(place, file, () => undefined), onSettled: again });
  const check = useMutation({
    mutationFn: async () => {
      if (!isDocument && mapping.trim()) await sendFile(place, new File([mapping], MAPPING), () => undefined);
      return ask(api.POST('/v1/studies/{studyOid}/imports/{importId}:check', {
        params: { path: place },
        body: { complete, requestId: newRequestId(), ...(isDocument ? {} : { mappingFile: MAPPING }), ...(reason.trim() ? { reason: reason.trim() } : {}) },
      }));
    },
    onSuccess: (next) => client.setQueryData(['import', one.studyOid, one.importId], next),
  });
  const error = check.error ?? add.error;
  return (
    <section className="section">
      <h2>{t('import.files')}</h2>
      <ul className="grants">
        {one.received.map((file) => <li key={file.fileName}><Icon name={file.complete ? 'check' : 'half'} />{file.fileName} <span className="fine">{bytes(Number(file.receivedBytes))}</span></li>)}
      </ul>
      {!isDocument && (
        <>
          <div className="row-fields">
            <input ref={input} type="file" className="hidden" aria-label={t('import.addfile')} tabIndex={-1} onChange={(event) => { const file = event.target.files?.[0]; if (file) add.mutate(file); event.target.value = ''; }} />
            <button type="button" className="button small" onClick={() => input.current?.click()}><Icon name="plus" />{t('import.addfile')}</button>
            <span className="fine">{t('import.addfile.help')}</span>
          </div>
          <MappingBuilder study={one.studyOid} columns={keptColumns(one.importId)} onMade={change} />
          <label>{t('import.mapping')}
            <textarea className="input mapping" spellCheck={false} value={mapping} onChange={(event) => change(event.target.value)} />
          </label>
        </>
      )}
      <div className="row-fields">
        <label>{t('import.reason')}<input className="input" maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        <label className="check"><input type="checkbox" checked={complete} onChange={(event) => setComplete(event.target.checked)} />{t('import.complete')}</label>
      </div>
      {error && <p className="error" role="alert"><Icon name="dot" />{refusalText(error, t)}</p>}
      <div><button type="button" className="button primary" disabled={check.isPending || (!isDocument && mapping.trim() === '')} onClick={() => check.mutate()}><Icon name="shield" />{t('import.check')}</button></div>
    </section>
  );
}
