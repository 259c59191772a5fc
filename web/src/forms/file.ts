import { api, ask, newRequestId } from '../api/client';
import type { Place } from '../api/types';
import { sendPieces, type Sending } from '../lib/pieces';
import { splitKey, type CellKey } from './values';

/** What the value of an item of type file says. */
export type FileReference = { sha256: string; sizeBytes: number; mediaType: string; name: string };

/** What can be attached, for the dialog in which a file is chosen. The server looks at the bytes. */
export const ACCEPTED = '.pdf,.jpg,.jpeg,.png,.gif,.webp,.tif,.tiff,.heic,.heif';
export const MOST_BYTES = 50 * 1024 * 1024;
/** Pictures that the browser can show, and are shown small beside the name up to this size. */
const SHOWN = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const SHOWN_MOST_BYTES = 10 * 1024 * 1024;

const FORM = /^sha256:([0-9a-f]{64});size=(\d+);type=([^;]+);name=(.+)$/su;

/** Reads a reference; a value that is none belongs to no file. */
export function readReference(value: string | undefined): FileReference | undefined {
  const [, sha256, size, mediaType, name] = FORM.exec(value ?? '') ?? [];
  return sha256 && size && mediaType && name ? { sha256, sizeBytes: Number(size), mediaType, name } : undefined;
}

export const isShown = ({ mediaType, sizeBytes }: FileReference) => SHOWN.includes(mediaType) && sizeBytes <= SHOWN_MOST_BYTES;

/** Where the bytes of a file are, as long as the item holds it or has held it. */
export function fileAddress(place: Place, key: CellKey, { name, sha256 }: FileReference): string {
  const { group, row, item } = splitKey(key);
  const path = [
    'v1', 'studies', place.studyOid, 'subjects', place.subjectKey, 'events', place.studyEventOid, place.studyEventRepeatKey,
    'forms', place.formOid, place.formRepeatKey, 'items', group, row, item, 'files', name,
  ];
  return `/${path.map(encodeURIComponent).join('/')}?sha256=${sha256}`;
}

/** Sends a file for the subject; answers the reference that is then saved as the value of an item. */
export async function upload(place: Place, file: File, tell: (sending: Sending) => void): Promise<string> {
  const uploadId = newRequestId();
  const { studyOid, subjectKey } = place;
  let reference: string | undefined;
  const send = async (offset: number, content: string) => {
    const answer = await ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}/files:upload', {
      params: { path: { studyOid, subjectKey } },
      body: { uploadId, fileName: file.name, sizeBytes: String(file.size), offsetBytes: String(offset), content },
    }));
    reference = answer.file?.reference;
    return Number(answer.receivedBytes);
  };
  await sendPieces(file, send, tell);
  if (!reference) throw new Error('the last piece was answered without the file');
  return reference;
}
