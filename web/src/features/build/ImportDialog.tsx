import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask, newRequestId, Refused } from '../../api/client';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { moved, useForgetDraft } from './draft';

/** All files of one definition together; the server takes bodies of four megabytes. */
const MAX_BYTES = 2_900_000;

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

/** Puts a definition from files into the draft. `study` is empty when the user says which. */
export function ImportDialog({ study, seenRevision, onClose }: { study: string; seenRevision?: string; onClose: () => void }) {
  const { t, count } = useLocale();
  const [, go] = useLocation();
  const [files, setFiles] = useState<File[]>([]);
  const [oid, setOid] = useState(study);
  const forget = useForgetDraft(oid);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const send = useMutation({
    mutationFn: async () => {
      const contents = await Promise.all(files.map(async (file) => ({ name: file.name, content: await base64(file) })));
      const body = { files: contents, requestId: newRequestId(), ...(seenRevision === undefined ? {} : { seenRevision }) };
      return ask(api.POST('/v1/studies/{studyOid}/draft:import', { params: { path: { studyOid: oid.trim() } }, body }));
    },
    onSuccess: ({ faults }) => {
      forget();
      onClose();
      go(studyPath(oid.trim(), `/build/draft${faults.length > 0 ? '?part=faults' : ''}`));
    },
  });
  const refused = send.error instanceof Refused ? send.error : undefined;
  const named = refused?.body.metadata?.['study'];
  const found = named === oid.trim() ? undefined : named;
  return (
    <Dialog title={t('draft.import')} isOpen isWide onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); send.mutate(); }}>
        {study === '' && <label>{t('draft.study')}<input className="input big" required value={oid} onChange={(event) => setOid(event.target.value)} /></label>}
        <label>{t('draft.files')}
          <input className="input big" type="file" multiple accept=".xml,.json,.toml,.csv,.xlsx" onChange={(event) => setFiles([...(event.target.files ?? [])])} />
        </label>
        <p className="fine">{t('draft.files.hint')}</p>
        {files.length > 0 && (
          <ol className="order" aria-label={t('draft.files.order')}>
            {files.map((file, at) => (
              <li key={file.name}>
                <span>{at + 1}. {file.name}</span><span className="fine">{count(Math.ceil(file.size / 1024))} KB</span>
                <button type="button" className="button small" disabled={at === 0} onClick={() => setFiles(moved(files, at, at - 1))}>{t('draft.up')}</button>
              </li>
            ))}
          </ol>
        )}
        {size > MAX_BYTES && <p className="error" role="alert"><Icon name="dot" />{t('draft.toolarge')}</p>}
        {refused && (
          <div role="alert">
            <p className="error"><Icon name="dot" />{refusalText(refused.reason, t)}</p>
            {found && <button type="button" className="button" onClick={() => { setOid(found); send.reset(); }}>{t('draft.usestudy', { study: found })}</button>}
            <ul className="faults">{(refused.body.violations ?? []).map(({ field, description }, at) => <li key={at}><code>{field}</code> {description}</li>)}</ul>
          </div>
        )}
        {seenRevision !== undefined && <p className="fine">{t('draft.replaces')}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={files.length === 0 || oid.trim() === '' || size > MAX_BYTES || send.isPending}>{t('draft.import')}</button></div>
      </form>
    </Dialog>
  );
}
