import type { EvaluateFormResponse, Finding, FormRecord, ItemChange, ItemDef, ItemValue, Place, Query } from '../api/types';
import type { Key } from '../i18n';
import type { Design } from '../lib/study';
import { evaluate, Skips } from './collection';
import { outbox, placeKey, type Send } from './outbox';
import { cellKey, isBlank, isSame, needsReason, read, splitKey, type CellKey } from './values';

const DRAFT_MS = 250;
/** A change that waits is evaluated when nothing else was left for so long. */
const EVALUATE_MS = 100;
/** After the last save the record is read again, for what follows from it elsewhere. */
const REFRESH_MS = 500;

/** One item as the screen shows it. A new object whenever anything of it changes. */
export type Cell = {
  text: string;
  saved: ItemValue | undefined;
  state: 'clean' | 'typing' | 'unread' | 'sending' | Send['state'];
  /** Why typed text is not understood. */
  problem?: Key;
  send?: Send;
  /** What is on its way. It is known before the outbox has taken it. */
  wanted?: { value: ItemValue | undefined };
  isVerified: boolean;
  isDerived: boolean;
  /** The conditions of the study say that it is not collected. */
  isSkipped: boolean;
  /** The unit that was chosen for what is typed. */
  unitOid?: string;
  /** What it would be once the changes that wait are recorded. */
  foreseen?: { value: ItemValue | undefined } | undefined;
};

export type Row = { key: string; isRemoved: boolean; isNew: boolean };
export type Panel = { cell: CellKey; kind: 'queries' | 'history' | 'missing' };
export type FormState = {
  version: number;
  record: FormRecord;
  findings: Finding[];
  queries: Query[];
  rows: Map<string, Row[]>;
  waitingForReason: number;
  panel: Panel | undefined;
  isChangedElsewhere: boolean;
};

const EMPTY: Cell = { text: '', saved: undefined, state: 'clean', isVerified: false, isDerived: false, isSkipped: false };

const EMPTY_DERIVED: Cell = { ...EMPTY, isDerived: true };

/** The values of one form record between the keyboard and the server. React only shows it. */
export class FormStore {
  private cells = new Map<CellKey, Cell>();
  private listeners = new Map<string, Set<() => void>>();
  private undone: { cell: CellKey; before: ItemValue | undefined }[] = [];
  private draftTimers = new Map<CellKey, ReturnType<typeof setTimeout>>();
  private refresh: ReturnType<typeof setTimeout> | undefined;
  private evaluation: ReturnType<typeof setTimeout> | undefined;
  private skips = new Skips();
  private left: CellKey | undefined;
  private collectionWatcher: ((left: CellKey | undefined, collected: CellKey[]) => void) | undefined;
  private form: FormState;
  readonly place: Place;
  readonly design: Design;

  constructor(design: Design, place: Place, record: FormRecord) {
    this.design = design;
    this.place = place;
    this.form = {
      version: 0, record, findings: [], queries: [], rows: new Map(), waitingForReason: 0, panel: undefined, isChangedElsewhere: false,
    };
    this.take(record);
    void outbox.loaded.then(() => this.restore());
  }

  state = (): FormState => this.form;
  cell = (key: CellKey): Cell => this.cells.get(key) ?? (this.isDerived(key) ? EMPTY_DERIVED : EMPTY);
  private isDerived(key: CellKey): boolean {
    const { group, item } = splitKey(key);
    return this.design.groups.get(group)?.items.some(({ itemOid, derivation }) => itemOid === item && derivation !== undefined) ?? false;
  }
  subscribe(key: string): (listener: () => void) => () => void {
    return (listener) => {
      const set = this.listeners.get(key) ?? new Set();
      this.listeners.set(key, set.add(listener));
      return () => void set.delete(listener);
    };
  }
  /** Tells when items become collected or are so no longer, with the item that was left last. */
  watchCollection(watcher: (left: CellKey | undefined, collected: CellKey[]) => void): () => void {
    this.collectionWatcher = watcher;
    return () => {
      this.collectionWatcher = undefined;
    };
  }
  /** Follows what becomes of the changes of this form. */
  connect(reload: () => void): () => void {
    // What was recorded while this record was on its way here is not in it.
    if (outbox.ownVersion(this.place) > this.form.version) reload();
    return outbox.follow((news) => {
      const place = news.kind === 'elsewhere' ? news.place : placeKey(news.send.place);
      if (place !== placeKey(this.place)) return;
      if (news.kind === 'changed') return this.show(news.send);
      if (news.kind === 'elsewhere') {
        this.set({ isChangedElsewhere: true });
        return reload();
      }
      const { version, changes, findings, openedQueries, closedQueries, notCollected } = news.answer;
      const closed = new Set(closedQueries.map(({ queryId }) => queryId));
      const queries = [...this.form.queries.filter(({ queryId }) => !closed.has(queryId)), ...openedQueries];
      this.settle(news.send);
      for (const change of changes) this.apply(change);
      this.set({ version, findings, queries });
      this.collect(new Skips(notCollected));
      this.foresee();
      clearTimeout(this.refresh);
      if (this.sends().length === 0) this.refresh = setTimeout(reload, REFRESH_MS);
    });
  }

  /** Takes the record as the server has it; what is typed or waits stays on top of it. */
  take(record: FormRecord): void {
    const seen = new Set<CellKey>();
    for (const { itemGroupOid, itemGroupRepeatKey, items } of record.itemGroups) {
      for (const { itemOid, value, verified, derived } of items) {
        const key = cellKey(itemGroupOid, itemGroupRepeatKey, itemOid);
        seen.add(key);
        this.base(key, value, verified, derived);
      }
    }
    for (const [key, cell] of this.cells) if (!seen.has(key) && !isBlank(cell.saved)) this.base(key, undefined, false, cell.isDerived);
    const { version, findings, queries } = record;
    this.set({ record, version: Math.max(version, this.form.version), findings, queries, rows: this.rowsOf(record) });
    this.collect(new Skips(record.notCollected));
    this.foresee();
  }

  type(key: CellKey, text: string): void {
    this.put(key, { text, state: 'typing' });
    clearTimeout(this.draftTimers.get(key));
    this.draftTimers.set(key, setTimeout(() => void outbox.draft(this.place, key, text), DRAFT_MS));
  }

  /** The item was left: what was typed is understood, kept and sent, or it is said why not. */
  leave(key: CellKey): void {
    const cell = this.cell(key);
    if (cell.state !== 'typing' && cell.state !== 'unread') return;
    clearTimeout(this.draftTimers.get(key));
    if (cell.text.trim() === '') return this.commit(key, undefined);
    const understood = read(this.item(key), cell.text, new Date());
    if ('problem' in understood) {
      this.put(key, { state: 'unread', problem: understood.problem });
      void outbox.draft(this.place, key, cell.text);
      return;
    }
    // The same text again is no change, also where the recorded value lacks the unit.
    if (understood.value === cell.saved?.value) return this.commit(key, cell.saved);
    const unitOid = this.unitOf(key);
    if (!unitOid && this.item(key).unitOids.length > 1) return this.put(key, { state: 'unread', problem: 'field.unitneeded' });
    this.commit(key, { value: understood.value, ...(unitOid ? { unitOid } : {}) });
  }

  /** The unit of a value: chosen, recorded, or the only one there is. None is taken for granted. */
  unitOf(key: CellKey): string | undefined {
    const { unitOid, wanted, saved } = this.cell(key);
    const { unitOids } = this.item(key);
    return unitOid ?? wanted?.value?.unitOid ?? saved?.unitOid ?? (unitOids.length === 1 ? unitOids[0] : undefined);
  }

  /** A unit is chosen before or after its value. */
  chooseUnit(key: CellKey, unitOid: string): void {
    const { state, saved } = this.cell(key);
    this.mark(key, { unitOid });
    if (state === 'unread') this.leave(key);
    else if (state !== 'typing' && saved?.value !== undefined) this.commit(key, { value: saved.value, unitOid });
  }

  /** Makes a value the one that is to be recorded. */
  commit(key: CellKey, value: ItemValue | undefined, isUndo = false): void {
    const cell = this.cell(key);
    const before = cell.send ? cell.send.value : cell.saved;
    void outbox.forgetDraft(this.place, key);
    if (cell.wanted && isSame(value, cell.wanted.value)) return this.put(key, { text: textOf(value), state: cell.send?.state ?? 'ready' });
    if (isSame(value, cell.saved)) {
      if (cell.send && cell.send.state !== 'ready') void outbox.drop(cell.send);
      if (!cell.send || cell.send.state !== 'ready') return this.clean(key, cell.saved);
    }
    if (!isUndo) this.undone.push({ cell: key, before });
    // What is on its way may have arrived: the new change stands on it. What never left is replaced.
    const isUnderway = cell.send?.state === 'ready' && cell.send.sentVersion !== undefined;
    const base = isUnderway ? cell.send?.value : cell.saved;
    const isReasonNeeded = needsReason(this.form.record, base);
    const text = textOf(value);
    this.put(key, { text, wanted: { value }, state: isReasonNeeded ? 'reason' : 'ready' });
    this.left = key;
    void outbox.add({ place: this.place, cell: key, value, base, sawVersion: this.form.version, state: isReasonNeeded ? 'reason' : 'ready' }).then(() => this.foresee());
  }

  /** Gives all changes that wait for one the reason. */
  giveReason(reason: string): void {
    for (const send of this.sends()) if (send.state === 'reason') void outbox.revise(send, { state: 'ready', reason });
  }

  /** Drops changes that were not sent, and shows what is recorded. */
  discard(key: CellKey): void {
    for (const send of this.sends()) if (send.cell === key) void outbox.drop(send);
    this.clean(key, this.cell(key).saved);
    this.foresee();
  }

  /** Decides a conflict for what was typed here: it is sent on top of what the other one recorded. */
  insist(key: CellKey): void {
    const { send } = this.cell(key);
    if (!send?.conflict) return;
    const { current, version } = send.conflict;
    const state = needsReason(this.form.record, current) ? 'reason' : 'ready';
    void outbox.revise(send, { state, sawVersion: version, base: current });
  }

  /** Takes the last change back, as another recorded change. */
  undo(): CellKey | undefined {
    const last = this.undone.pop();
    if (last) this.commit(last.cell, last.before, true);
    return last?.cell;
  }

  addRow(group: string): string {
    const rows = this.form.rows.get(group) ?? [];
    const key = String(Math.max(0, ...rows.map((row) => Number(row.key) || 0)) + 1);
    const next = new Map(this.form.rows).set(group, [...rows, { key, isRemoved: false, isNew: true }]);
    this.set({ rows: next });
    this.collect(this.skips);
    return key;
  }

  open(panel: Panel | undefined): void {
    this.set({ panel });
  }
  item(key: CellKey): ItemDef {
    const item = this.design.items.get(splitKey(key).item);
    if (!item) throw new Error('the design has no such item');
    return item;
  }
  sends(): Send[] {
    return outbox.of(placeKey(this.place));
  }
  setVersion(version: number): void {
    this.set({ version });
  }

  private restore(): void {
    for (const send of this.sends()) this.show(send);
    for (const { cell, text } of outbox.draftsOf(placeKey(this.place))) {
      if (this.cell(cell).text !== text) this.put(cell, { text, state: 'typing' });
    }
    this.set({ rows: this.rowsOf(this.form.record) });
  }

  private show(send: Send): void {
    const cell = this.cell(send.cell);
    if (cell.state === 'typing' || cell.state === 'unread') return this.put(send.cell, { send });
    const isSending = send.state === 'ready' && send.sentVersion !== undefined;
    this.put(send.cell, { text: textOf(send.value), wanted: { value: send.value }, state: isSending ? 'sending' : send.state, send });
    this.count();
  }

  private settle(send: Send): void {
    const cell = this.cell(send.cell);
    if (cell.state === 'typing' || cell.state === 'unread') {
      const { send: _, wanted: __, ...rest } = cell;
      this.replace(send.cell, { ...rest, saved: send.value });
    } else if (!cell.send || cell.send.id === send.id) this.clean(send.cell, send.value);
    else this.put(send.cell, { saved: send.value });
  }

  private apply({ place, cause, newValue }: ItemChange): void {
    if (!place) return;
    const key = cellKey(place.itemGroupOid ?? '', place.itemGroupRepeatKey || '1', place.itemOid ?? '');
    const cell = this.cell(key);
    if (cause === 'ENTERED' && (cell.send || cell.state === 'typing')) return this.put(key, { saved: newValue, isVerified: false });
    this.clean(key, newValue);
    this.put(key, { isVerified: false, isDerived: this.isDerived(key) });
  }

  private base(key: CellKey, saved: ItemValue | undefined, isVerified: boolean, isDerived: boolean): void {
    const cell = this.cell(key);
    const isKept = cell.state !== 'clean';
    this.put(key, { saved, isVerified, isDerived, ...(isKept ? {} : { text: textOf(saved) }) });
  }

  /** Shows what is collected now. */
  private collect(skips: Skips): void {
    this.skips = skips;
    const collected: CellKey[] = [];
    for (const key of this.keys()) {
      const isSkipped = skips.has(key);
      if (this.cell(key).isSkipped === isSkipped) continue;
      this.mark(key, { isSkipped });
      if (!isSkipped) collected.push(key);
    }
    this.collectionWatcher?.(this.left, collected);
  }

  /** Every item of the form, row by row. */
  *keys(): Generator<CellKey> {
    const form = this.design.forms.get(this.place.formOid);
    for (const { itemGroupOid } of form?.itemGroups ?? []) {
      const items = this.design.groups.get(itemGroupOid)?.items ?? [];
      for (const row of this.form.rows.get(itemGroupOid) ?? []) for (const { itemOid } of items) yield cellKey(itemGroupOid, row.key, itemOid);
    }
  }

  /** Asks what would follow from the changes that wait for a reason; from all others it will be told anyway. */
  private foresee(): void {
    clearTimeout(this.evaluation);
    const waiting = new Map(this.sends().filter(({ state }) => state === 'reason').map(({ cell, value }) => [cell, value]));
    if (waiting.size > 0) {
      // Without a connection nothing is foreseen; it is decided when it is sent.
      this.evaluation = setTimeout(() => void evaluate(this.place, waiting).then((found) => this.foreseen(found), () => undefined), EVALUATE_MS);
      return;
    }
    for (const [key, { foreseen }] of this.cells) if (foreseen) this.mark(key, { foreseen: undefined });
  }

  private foreseen({ changes, findings, notCollected }: EvaluateFormResponse): void {
    if (!this.sends().some(({ state }) => state === 'reason')) return;
    const wouldBe = new Map(changes.map(({ place, newValue }) => [cellKey(place?.itemGroupOid ?? '', place?.itemGroupRepeatKey || '1', place?.itemOid ?? ''), { value: newValue }]));
    for (const key of this.keys()) {
      const foreseen = wouldBe.get(key);
      if (foreseen || this.cell(key).foreseen) this.mark(key, { foreseen });
    }
    this.set({ findings });
    this.collect(new Skips(notCollected));
  }

  private clean(key: CellKey, saved: ItemValue | undefined): void {
    const { send: _, problem: __, wanted: ___, ...rest } = this.cell(key);
    this.replace(key, { ...rest, saved, text: textOf(saved), state: 'clean' });
  }
  private put(key: CellKey, change: Partial<Cell>): void {
    const { problem: _, ...rest } = this.cell(key);
    this.replace(key, { ...rest, ...change });
  }
  /** Changes what is said about a cell, not what it holds. */
  private mark(key: CellKey, change: Pick<Partial<Cell>, 'isSkipped' | 'foreseen' | 'unitOid'>): void {
    this.replace(key, { ...this.cell(key), ...change });
  }
  private replace(key: CellKey, cell: Cell): void {
    this.cells.set(key, cell);
    this.listeners.get(key)?.forEach((listener) => listener());
    this.count();
  }
  private count(): void {
    const waiting = this.sends().filter(({ state }) => state === 'reason').length;
    if (waiting !== this.form.waitingForReason) this.set({ waitingForReason: waiting });
  }
  private set(change: Partial<FormState>): void {
    this.form = { ...this.form, ...change };
    this.listeners.get('')?.forEach((listener) => listener());
  }

  private rowsOf(record: FormRecord): Map<string, Row[]> {
    const form = this.design.forms.get(record.place?.formOid ?? '');
    const rows = new Map<string, Row[]>();
    for (const { itemGroupOid } of form?.itemGroups ?? []) {
      const stored = record.itemGroups.filter((group) => group.itemGroupOid === itemGroupOid);
      const own = stored.map(({ itemGroupRepeatKey: key, removed }) => ({ key, isRemoved: removed, isNew: false }));
      const known = new Set(own.map(({ key }) => key));
      const typed = new Set([...this.sends().map(({ cell }) => splitKey(cell)), ...outbox.draftsOf(placeKey(this.place)).map(({ cell }) => splitKey(cell))]
        .filter(({ group, row }) => group === itemGroupOid && !known.has(row)).map(({ row }) => row));
      const added = (this.form.rows.get(itemGroupOid) ?? []).filter(({ key, isNew }) => isNew && !known.has(key) && !typed.has(key));
      const all = [...own, ...[...typed].map((key) => ({ key, isRemoved: false, isNew: true })), ...added];
      rows.set(itemGroupOid, all.length > 0 ? all : [{ key: '1', isRemoved: false, isNew: true }]);
    }
    return rows;
  }
}

export const textOf = (value: ItemValue | undefined): string => value?.value ?? '';
