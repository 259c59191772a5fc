import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Refused } from '../api/client';
import { useLocale } from '../i18n';
import { bytes } from '../lib/bytes';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/icons';
import { useForm } from './context';
import { fileAddress, isShown, type FileReference } from './file';
import type { CellKey } from './values';

type Props = { cell: CellKey; file: FileReference; isRecorded: boolean };

/** A file with its name, size and bytes; a picture is shown small, and large when asked for. */
export function AttachedFile({ cell: key, file, isRecorded }: Props) {
  const { t } = useLocale();
  const { store } = useForm();
  const [isLarge, setIsLarge] = useState(false);
  const address = fileAddress(store.place, key, file);
  const picture = usePicture(address, isRecorded && isShown(file));
  return (
    <div className="file-held">
      {picture && (
        <button type="button" className="file-picture" aria-label={t('file.show', { name: file.name })} onClick={() => setIsLarge(true)}>
          <img src={picture} alt="" />
        </button>
      )}
      <div>
        {isRecorded
          ? <a href={address} download={file.name}><Icon name="out" />{file.name}</a>
          : <span>{file.name}</span>}
        <div className="fine">{bytes(file.sizeBytes)} · {file.mediaType} · <code title={`SHA-256 ${file.sha256}`}>{file.sha256.slice(0, 12)}</code></div>
      </div>
      {picture && isLarge && (
        <Dialog title={file.name} isOpen isWide onClose={() => setIsLarge(false)}>
          <img className="file-large" src={picture} alt={file.name} />
        </Dialog>
      )}
    </div>
  );
}

/** A picture as an address inside this page; given up when it is not shown any more. */
function usePicture(address: string, isWanted: boolean): string | undefined {
  const found = useQuery({
    queryKey: ['file', address],
    queryFn: async () => {
      const answer = await fetch(address, { credentials: 'same-origin', headers: { 'X-Casebook-Csrf': '1', 'X-Casebook-Session': 'cookie' } });
      if (!answer.ok) throw new Refused('FILE_GONE', answer.status);
      return answer.blob();
    },
    enabled: isWanted,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
  });
  const [picture, setPicture] = useState<string | undefined>();
  useEffect(() => {
    if (!found.data) return undefined;
    const made = URL.createObjectURL(found.data);
    setPicture(made);
    return () => {
      URL.revokeObjectURL(made);
      setPicture(undefined);
    };
  }, [found.data]);
  return isWanted ? picture : undefined;
}
