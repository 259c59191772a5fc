import { api, ask, newRequestId, OFFLINE, Refused } from '../api/client';
import type { FormRecord, ItemValue, Place, SaveFormResponse } from '../api/types';
import { all, openDatabase, put, remove } from '../lib/idb';
import type { Violation } from '../ui/refusal';
import { entryOf, isSame, splitKey, type CellKey } from './values';

/**
 * One change of one item on its way to the server. It is kept by the browser until the server has
 * said that it is recorded, and is sent again under the same request id until an answer comes.
 */
export type Send = {
  /** Sorts by the time at which it was made. */
  id: string;
  user: string;
  place: Place;
  cell: CellKey;
  value: ItemValue | undefined;
  /** What the item was when the change was made. */
  base: ItemValue | undefined;
  /** The version of the record on the screen when the change was made. */
  sawVersion: number;
  requestId: string;
  /** Set with the first attempt, so that a repetition is the same call. */
  sentVersion?: number;
  reason?: string;
  state: 'ready' | 'reason' | 'refused' | 'conflict';
  refusal?: { reason: string; violation?: Violation };
  conflict?: { current: ItemValue | undefined; version: number; by?: string; at?: string };
};

/** Text that was typed and not yet left. */
export type Draft = { id: string; user: string; place: string; cell: CellKey; text: string };

export type OutboxState = { waiting: number; isSending: boolean; isOffline: boolean; savedAt: number | undefined; isKept: boolean };
type News =
  | { kind: 'saved'; send: Send; answer: SaveFormResponse }
  | { kind: 'changed'; send: Send }
  | { kind: 'elsewhere'; place: string };

/** Told to the page when a save is not taken because nobody is logged in any more. */
export const SESSION_OVER = 'casebook-session-over';
/** The server has said that the study is locked. */
export const LOCK_MET = 'casebook-lock-met';
const DATABASE = 'casebook';
const RETRY_MS = [1000, 2000, 5000, 10_000, 15_000];
export const placeKey = (place: Place) =>
  [place.studyOid, place.subjectKey, place.studyEventOid, place.studyEventRepeatKey, place.formOid, place.formRepeatKey].join('\u001f');

class Outbox {
  private database: Promise<IDBDatabase | undefined> | undefined;
  private sends = new Map<string, Send>();
  private drafts = new Map<string, Draft>();
  private user = '';
  private own = new Map<string, number>();
  private listeners = new Set<() => void>();
  private followers = new Set<(news: News) => void>();
  private snapshot: OutboxState = { waiting: 0, isSending: false, isOffline: false, savedAt: undefined, isKept: true };
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sequence = 0;
  loaded: Promise<void> = Promise.resolve();

  /** Begins to send what waits for a user; the answer ends it. */
  start(user: string): () => void {
    this.user = user;
    this.loaded = this.load();
    const wake = () => this.wake();
    const warn = (event: BeforeUnloadEvent) => {
      if (this.snapshot.waiting > 0 && !this.snapshot.isKept) event.preventDefault();
    };
    window.addEventListener('online', wake);
    window.addEventListener('beforeunload', warn);
    void this.loaded.then(wake);
    return () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('beforeunload', warn);
      clearTimeout(this.timer);
    };
  }

  state = (): OutboxState => this.snapshot;
  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
  follow(follower: (news: News) => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  of(place: string): Send[] {
    return this.mine().filter((send) => placeKey(send.place) === place);
  }
  draftsOf(place: string): Draft[] {
    return [...this.drafts.values()].filter((draft) => draft.place === place && draft.user === this.user);
  }

  /** Takes a change; what waited for the same item and was never sent is replaced by it. */
  async add(change: Pick<Send, 'place' | 'cell' | 'value' | 'base' | 'sawVersion' | 'state'> & { reason?: string }): Promise<void> {
    for (const send of this.of(placeKey(change.place))) {
      const isReplaced = send.cell === change.cell && (send.state !== 'ready' || send.sentVersion === undefined);
      if (isReplaced) await this.drop(send);
    }
    this.sequence += 1;
    const id = `${Date.now().toString().padStart(15, '0')}-${this.sequence.toString().padStart(6, '0')}`;
    await this.keep({ ...change, id, user: this.user, requestId: newRequestId() });
    await this.forgetDraft(change.place, change.cell);
    this.wake();
  }

  /** Changes what waits, as another call than the one that was refused. */
  async revise(send: Send, change: Partial<Pick<Send, 'reason' | 'state' | 'sawVersion' | 'base'>>): Promise<void> {
    const { sentVersion: _, refusal: __, conflict: ___, ...rest } = send;
    await this.keep({ ...rest, ...change, requestId: newRequestId() });
    this.wake();
  }

  async drop(send: Send): Promise<void> {
    this.sends.delete(send.id);
    const database = await this.database;
    if (database) await remove(database, 'sends', send.id);
    this.publish({});
  }

  async draft(place: Place, cell: CellKey, text: string): Promise<void> {
    const key = placeKey(place);
    const draft = { id: [this.user, key, cell].join('\u001e'), user: this.user, place: key, cell, text };
    this.drafts.set(draft.id, draft);
    const database = await this.database;
    if (database) await put(database, 'drafts', draft).catch(() => this.publish({ isKept: false }));
  }

  async forgetDraft(place: Place, cell: CellKey): Promise<void> {
    const id = [this.user, placeKey(place), cell].join('\u001e');
    if (!this.drafts.delete(id)) return;
    const database = await this.database;
    if (database) await remove(database, 'drafts', id);
  }

  /** At log-out nothing of the user stays in the browser. */
  async forgetDrafts(): Promise<void> {
    const database = await this.database;
    for (const draft of this.drafts.values()) {
      if (draft.user === this.user && database) await remove(database, 'drafts', draft.id);
    }
    this.drafts.clear();
  }

  private async load(): Promise<void> {
    this.database ??= openDatabase(DATABASE, ['sends', 'drafts']).catch(() => undefined);
    const database = await this.database;
    if (!database) return this.publish({ isKept: false });
    for (const send of await all<Send>(database, 'sends')) if (!this.sends.has(send.id)) this.sends.set(send.id, send);
    for (const draft of await all<Draft>(database, 'drafts')) this.drafts.set(draft.id, draft);
    this.publish({});
  }

  private mine(): Send[] {
    return [...this.sends.values()].filter(({ user }) => user === this.user).sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  private async keep(send: Send): Promise<void> {
    this.sends.set(send.id, send);
    this.publish({});
    this.tell({ kind: 'changed', send });
    const database = await this.database;
    if (database) await put(database, 'sends', send).catch(() => this.publish({ isKept: false }));
  }

  private publish(change: Partial<OutboxState>): void {
    this.snapshot = { ...this.snapshot, ...change, waiting: this.mine().length };
    for (const listener of this.listeners) listener();
  }
  private tell(news: News): void {
    for (const follower of this.followers) follower(news);
  }

  private wake(): void {
    clearTimeout(this.timer);
    if (!this.snapshot.isSending) void this.run();
  }

  /** Only one page of the browser sends at a time, where the browser can say so. */
  private async run(): Promise<void> {
    this.publish({ isSending: true });
    const locks = navigator.locks as LockManager | undefined;
    if (locks) await locks.request('casebook-outbox', () => this.drain());
    else await this.drain();
    this.publish({ isSending: false });
    if (this.mine().some(({ state }) => state === 'ready') && !this.snapshot.isOffline) this.wake();
  }

  private async drain(): Promise<void> {
    for (;;) {
      const next = this.mine().find(({ state }) => state === 'ready');
      if (!next) return;
      if (!(await this.attempt(next))) {
        const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
        this.failures += 1;
        this.timer = setTimeout(() => this.wake(), wait);
        return;
      }
      this.failures = 0;
    }
  }

  /** The version of a record that the last change from here made; 0 when nothing was changed. */
  ownVersion(place: Place): number {
    return this.own.get(placeKey(place)) ?? 0;
  }

  /** Whether the next may be tried. */
  private async attempt(send: Send): Promise<boolean> {
    const key = placeKey(send.place);
    const version = send.sentVersion ?? Math.max(send.sawVersion, this.own.get(key) ?? 0);
    const sent: Send = { ...send, sentVersion: version };
    if (send.sentVersion === undefined) await this.keep(sent);
    try {
      const answer = await ask(save(sent, version));
      this.own.set(key, answer.version);
      await this.drop(sent);
      this.publish({ savedAt: Date.now(), isOffline: false });
      this.tell({ kind: 'saved', send: sent, answer });
      return true;
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused(OFFLINE, 0);
      if (refused.isPassing || refused.status === 401) {
        this.publish({ isOffline: refused.status !== 401 });
        if (refused.status === 401) window.dispatchEvent(new Event(SESSION_OVER));
        return false;
      }
      this.publish({ isOffline: false });
      await this.refuse(sent, refused);
      return true;
    }
  }

  private async refuse(send: Send, refused: Refused): Promise<void> {
    const { reason, body } = refused;
    if (reason === 'STUDY_LOCKED') window.dispatchEvent(new Event(LOCK_MET));
    if (reason === 'STALE_RECORD') return this.meet(send, body.details?.[0] as unknown as Stale | undefined);
    if (reason === 'REASON_MISSING') return this.keep({ ...send, state: 'reason' });
    // A check of the study speaks for itself, in its languages.
    const said = { description: '', reason, metadata: body.metadata ?? {} };
    const violation = body.violations?.[0] ?? (body.metadata ? said : undefined);
    await this.keep({ ...send, state: 'refused', refusal: { reason, ...(violation ? { violation } : {}) } });
  }

  /**
   * Somebody else saved the form. Each change that waits for it is held against the record as it is
   * now: where the item is still what it was, the change stands; where it is not, a person decides.
   */
  private async meet(send: Send, stale: Stale | undefined): Promise<void> {
    const key = placeKey(send.place);
    const record = await ask(api.GET(RECORD, { params: { path: send.place } }));
    this.own.delete(key);
    this.tell({ kind: 'elsewhere', place: key });
    const met = new Set<CellKey>();
    for (const waiting of this.of(key)) {
      if (waiting.state !== 'ready' || met.has(waiting.cell)) continue;
      met.add(waiting.cell);
      const current = valueIn(record, waiting.cell);
      if (isSame(current, waiting.base)) {
        await this.revise(waiting, { sawVersion: record.version });
        continue;
      }
      const found = waiting.id === send.id ? stale?.conflicts?.[0] : undefined;
      const who = { ...(found?.changedBy ? { by: found.changedBy } : {}), ...(found?.changedAt ? { at: found.changedAt } : {}) };
      await this.keep({ ...waiting, state: 'conflict', conflict: { current, version: record.version, ...who } });
    }
  }
}

type Stale = { conflicts?: { changedBy?: string; changedAt?: string }[] };

const RECORD = '/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}';

function valueIn(record: FormRecord, cell: CellKey): ItemValue | undefined {
  const { group, row, item } = splitKey(cell);
  const data = record.itemGroups.find((one) => one.itemGroupOid === group && one.itemGroupRepeatKey === row);
  return data?.items.find(({ itemOid }) => itemOid === item)?.value;
}

function save(send: Send, seenVersion: number) {
  const body = {
    requestId: send.requestId,
    seenVersion,
    values: [entryOf(send.cell, send.value)],
    ...(send.reason ? { reason: send.reason } : {}),
  };
  return api.PUT(RECORD, { params: { path: send.place }, body });
}

export const outbox = new Outbox();
