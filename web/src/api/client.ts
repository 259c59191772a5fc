import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type { Schemas };
export type ProblemBody = Schemas['Problem'];

/** No answer came: the network is cut, or the server is away. */
export const OFFLINE = 'OFFLINE';

/** A call that was not done. `reason` is the stable code of docs/refusals.md, or `OFFLINE`. */
export class Refused extends Error {
  readonly reason: string;
  readonly status: number;
  readonly body: Partial<ProblemBody>;

  constructor(reason: string, status: number, body: Partial<ProblemBody> = {}) {
    super(reason);
    this.reason = reason;
    this.status = status;
    this.body = body;
  }

  /** The answer may be another one when the same call is sent again. */
  get isPassing(): boolean {
    return this.reason === OFFLINE || this.status >= 500 || this.status === 429 || this.reason === 'BUSY';
  }
}

/** Calls the server; the cookie says who calls. */
export const api = createClient<paths>({
  baseUrl: '',
  credentials: 'same-origin',
  headers: { 'X-Casebook-Csrf': '1', 'X-Casebook-Session': 'cookie' },
  fetch: (request) => globalThis.fetch(request),
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer of a call, or a `Refused` that says why there is none. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch {
    throw new Refused(OFFLINE, 0);
  }
  if (answer.response.ok) return answer.data as T;
  throw refusal(answer.response.status, answer.error);
}

function refusal(status: number, error: unknown): Refused {
  const body = typeof error === 'object' && error !== null ? (error as Partial<ProblemBody>) : {};
  return new Refused(body.reason ?? (status >= 502 ? 'UNAVAILABLE' : 'INCIDENT'), status, body);
}

/** An id for a call that may be sent again and is done once. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
