import type { KeyboardEvent } from 'react';
import { flushSync } from 'react-dom';
import type { FormStore } from './store';
import { splitKey, type CellKey } from './values';

const FIELDS = '[data-cell]';
const ISSUES = '.item.state-refused, .item.state-conflict, .item.state-unread, .message.hard, .message.soft, .badge, td.state-refused, td.state-conflict, td.state-unread';

/**
 * Items became collected, or are so no longer. Whoever went on meanwhile is brought to the first
 * that he passed over, or on from one that is not asked any more; never away from what he types.
 */
export function followCollection(store: FormStore, left: CellKey | undefined, collected: CellKey[]): void {
  const at = currentKey();
  if (!at || !left || store.cell(at).state === 'typing') return;
  const order = [...store.keys()];
  const here = order.indexOf(at);
  const passed = collected.find((key) => order.indexOf(key) > order.indexOf(left) && order.indexOf(key) < here);
  const next = store.cell(at).isSkipped ? order.slice(here + 1).find((key) => !store.cell(key).isSkipped) : passed;
  if (!next) return;
  // What is collected now is not on the screen before the next rendering.
  queueMicrotask(() => {
    flushSync(() => undefined);
    focusCell(next);
  });
}

/** What can be answered; Enter passes over what is computed. */
const fields = () => [...document.querySelectorAll<HTMLElement>(`.form ${FIELDS}:not([data-computed])`)].filter((field) => !field.matches('input[type=radio]:not(:checked)') || field.dataset['cell'] !== undefined);

export function focusCell(key: CellKey): void {
  document.querySelector<HTMLElement>(`.form [data-cell="${CSS.escape(key)}"]`)?.focus();
}

/** To the next or the previous item, in the same tick, so that no key typed ahead is lost. */
function step(from: HTMLElement, by: 1 | -1): boolean {
  const key = from.closest<HTMLElement>(FIELDS)?.dataset['cell'] ?? from.closest('.radios')?.querySelector<HTMLElement>(FIELDS)?.dataset['cell'];
  const all = fields();
  const at = all.findIndex((field) => field.dataset['cell'] === key);
  const next = all[at + by];
  if (at < 0 || !next) return false;
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function toIssue(by: 1 | -1): void {
  const places = [...document.querySelectorAll<HTMLElement>(`.form :is(${ISSUES})`)].map((issue) => issue.closest<HTMLElement>('.item, td') ?? issue);
  const unique = [...new Set(places)];
  if (unique.length === 0) return;
  const now = document.activeElement?.closest<HTMLElement>('.item, td') ?? null;
  const at = now ? unique.indexOf(now) : -1;
  const index = at < 0 ? (by === 1 ? 0 : unique.length - 1) : (at + by + unique.length) % unique.length;
  const target = unique[index];
  target?.querySelector<HTMLElement>(FIELDS)?.focus();
  target?.scrollIntoView({ block: 'center' });
}

function currentKey(): CellKey | undefined {
  const active = document.activeElement as HTMLElement | null;
  const own = active?.closest<HTMLElement>(FIELDS) ?? active?.closest('.item, td')?.querySelector<HTMLElement>(FIELDS);
  return own?.dataset['cell'];
}

type Acts = { store: FormStore; mayEnter: boolean; toNextForm: () => void };

/** The keys of data entry. Letters by their place on the keyboard; nothing while an input method composes. */
export function onFormKey(event: KeyboardEvent<HTMLElement>, { store, mayEnter, toNextForm }: Acts): void {
  if (event.nativeEvent.isComposing || event.nativeEvent.keyCode === 229) return;
  const target = event.target as HTMLElement;
  const isField = target.matches('input, select') && target.closest('.panel, .reason-bar') === null;
  const isHandled = alt(event, store, mayEnter) || other(event, target, isField, store, mayEnter, toNextForm);
  if (isHandled) event.preventDefault();
}

function alt(event: KeyboardEvent, store: FormStore, mayEnter: boolean): boolean {
  if (!event.altKey || event.ctrlKey || event.metaKey) return false;
  const cell = currentKey();
  const open = (kind: 'queries' | 'history' | 'missing') => {
    if (cell) flushSync(() => store.open({ cell, kind }));
    return cell !== undefined;
  };
  switch (event.code) {
    case 'KeyQ':
      return open('queries');
    case 'KeyH':
      return open('history');
    case 'KeyM':
      return mayEnter && open('missing');
    case 'KeyR': {
      const group = cell ? splitKey(cell).group : undefined;
      const add = document.querySelector<HTMLElement>(group ? `[data-add="${CSS.escape(group)}"]` : '[data-add]');
      if (add) flushSync(() => add.click());
      return add !== null;
    }
    default:
      return false;
  }
}

function other(event: KeyboardEvent, target: HTMLElement, isField: boolean, store: FormStore, mayEnter: boolean, toNextForm: () => void): boolean {
  if (event.key === 'F8') {
    toIssue(event.shiftKey ? -1 : 1);
    return true;
  }
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    target.blur();
    toNextForm();
    return true;
  }
  if (event.key === 'Enter' && isField) {
    // At the end there is nothing to go to; what was typed is recorded all the same.
    if (!step(target, event.shiftKey ? -1 : 1) && target.dataset['cell']) store.leave(target.dataset['cell']);
    return true;
  }
  if (event.code === 'KeyZ' && (event.ctrlKey || event.metaKey) && !event.shiftKey && mayEnter) {
    const key = currentKey();
    if (key && store.cell(key).state === 'typing') return false;
    const undone = store.undo();
    if (undone) focusCell(undone);
    return undone !== undefined;
  }
  if (event.key === 'Delete' && target instanceof HTMLSelectElement && mayEnter && target.dataset['cell']) {
    store.commit(target.dataset['cell'], undefined);
    return true;
  }
  return false;
}
