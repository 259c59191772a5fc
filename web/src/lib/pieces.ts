import { Refused } from '../api/client';

/** What is sent at a time: a cut network costs one piece. */
const PIECE_BYTES = 1 << 20;
const ATTEMPTS = 5;
const PAUSE_MS = 1500;

/** How a file stands while it is sent. */
export type Sending = { name: string; sent: number; size: number };

/** Sends one piece, in base64; answers where the next one begins. */
export type SendPiece = (offset: number, content: string) => Promise<number>;

export async function base64(piece: Blob): Promise<string> {
  const buffer = new Uint8Array(await piece.arrayBuffer());
  let text = '';
  for (let at = 0; at < buffer.length; at += 0x8000) text += String.fromCharCode(...buffer.subarray(at, at + 0x8000));
  return btoa(text);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

/** Sends a file piece by piece; a piece that did not arrive is sent again. */
export async function sendPieces(file: File, send: SendPiece, tell: (sending: Sending) => void): Promise<void> {
  let offset = 0;
  let failures = 0;
  while (offset < file.size) {
    const content = await base64(file.slice(offset, offset + PIECE_BYTES));
    try {
      offset = await send(offset, content);
      failures = 0;
    } catch (error) {
      failures += 1;
      const isPassing = error instanceof Refused && (error.isPassing || error.reason === 'UPLOAD_OFFSET');
      if (!isPassing || failures > ATTEMPTS) throw error;
      if (error.reason === 'UPLOAD_OFFSET') offset = Number(error.body.metadata?.['received'] ?? 0);
      await pause();
    }
    tell({ name: file.name, sent: offset, size: file.size });
  }
}
