import { memo, useRef, useState, type DragEvent } from 'react';
import { Refused } from '../api/client';
import type { ItemDef } from '../api/types';
import { useLocale } from '../i18n';
import { bytes } from '../lib/bytes';
import type { Sending } from '../lib/pieces';
import { refusalText } from '../ui/refusal';
import { useCell, useForm } from './context';
import { AttachedFile } from './AttachedFile';
import { ACCEPTED, MOST_BYTES, readReference, upload } from './file';
import type { CellKey } from './values';

type Props = { cell: CellKey; item: ItemDef; label: string; describedBy: string; isLocked: boolean };
/** A file that could not be sent, kept so that it can be tried again. */
type Failed = { file: File; reason: string };

/** An item that holds a file: choose or drop it, see it, replace it, remove it. */
export const FileInput = memo(function FileInput({ cell: key, label, describedBy, isLocked }: Props) {
  const { t } = useLocale();
  const { store } = useForm();
  const cell = useCell(key);
  const [sending, setSending] = useState<Sending | undefined>();
  const [failed, setFailed] = useState<Failed | undefined>();
  const [isOver, setIsOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const reference = readReference(cell.text);
  const take = async (file: File | undefined) => {
    if (!file || isLocked || sending) return;
    setFailed(undefined);
    if (file.size === 0 || file.size > MOST_BYTES) return setFailed({ file, reason: 'FILE_TOO_LARGE' });
    setSending({ name: file.name, sent: 0, size: file.size });
    try {
      store.commit(key, { value: await upload(store.place, file, setSending) });
    } catch (error) {
      setFailed({ file, reason: error instanceof Refused ? error.reason : 'INCIDENT' });
    } finally {
      setSending(undefined);
      button.current?.focus();
    }
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void take(event.dataTransfer.files[0]);
  };
  const onDrag = (event: DragEvent) => {
    if (isLocked || !event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    setIsOver(true);
  };
  const choose = t(reference ? 'file.replace' : 'file.choose');
  return (
    <div className={isOver ? 'file-input over' : 'file-input'} role="group" aria-label={label} onDragOver={onDrag} onDragLeave={() => setIsOver(false)} onDrop={onDrop}>
      {reference && <AttachedFile cell={key} file={reference} isRecorded={cell.saved?.value === cell.text} />}
      {cell.text !== '' && !reference && <span className="missing">{cell.text}</span>}
      {cell.text === '' && cell.saved?.missingReason && <span className="missing">{t(`missing.${cell.saved.missingReason}` as 'missing.NOT_DONE')}</span>}
      {!isLocked && (
        <div className="file-acts">
          <button ref={button} type="button" className="button small" data-cell={key} aria-describedby={describedBy} disabled={sending !== undefined} onClick={() => chooser.current?.click()}>{choose}<span className="hidden">: {label}</span></button>
          {reference && !sending && <button type="button" className="button small plain" onClick={() => store.commit(key, undefined)}>{t('file.remove')}<span className="hidden">: {label}</span></button>}
          {!reference && !sending && !cell.saved && <span className="fine">{t('file.drop')}</span>}
          <input ref={chooser} type="file" accept={ACCEPTED} hidden tabIndex={-1} aria-label={label}
            onChange={(event) => { void take(event.target.files?.[0]); event.target.value = ''; }} />
        </div>
      )}
      {isLocked && !reference && !cell.saved && <span className="fine" tabIndex={-1} data-cell={key}>{t('file.none')}</span>}
      {sending && (
        <span className="file-sending">
          <progress value={sending.sent} max={sending.size} aria-label={t('file.sending', { name: sending.name })} />
          <span className="fine">{t('file.sending', { name: sending.name })} · {bytes(sending.sent)} / {bytes(sending.size)}</span>
        </span>
      )}
      {failed && (
        <p className="message hard" role="alert">
          {failed.file.name}: {refusalText(failed.reason, t)}
          <button type="button" className="button small" onClick={() => void take(failed.file)}>{t('file.again')}</button>
          <button type="button" className="button small plain" onClick={() => setFailed(undefined)}>{t('file.forget')}</button>
        </p>
      )}
    </div>
  );
});
