import { api, ask } from '../../api/client';
import { sendPieces, type Sending } from '../../lib/pieces';

/** Sends a file of an import. */
export async function sendFile(place: { studyOid: string; importId: string }, file: File, tell: (sending: Sending) => void): Promise<void> {
  const send = async (offset: number, content: string) => {
    const { receivedBytes } = await ask(api.POST('/v1/studies/{studyOid}/imports/{importId}:upload', {
      params: { path: place },
      body: { fileName: file.name, sizeBytes: String(file.size), offsetBytes: String(offset), content },
    }));
    return Number(receivedBytes);
  };
  await sendPieces(file, send, tell);
}
