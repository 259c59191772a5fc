import { createContext, useContext, useMemo, useSyncExternalStore } from 'react';
import type { May } from '../lib/may';
import type { Cell, FormState, FormStore } from './store';
import type { CellKey } from './values';

/** What the parts of a form share. */
export type FormContext = {
  store: FormStore;
  mayEnter: boolean;
  may: May;
  siteOid: string;
  /** Reads the record again. */
  reload: () => void;
};

export const Context = createContext<FormContext | undefined>(undefined);

export function useForm(): FormContext {
  const context = useContext(Context);
  if (!context) throw new Error('this is no part of a form');
  return context;
}

export function useFormState(): FormState {
  const { store } = useForm();
  const subscribe = useMemo(() => store.subscribe(''), [store]);
  return useSyncExternalStore(subscribe, store.state);
}

/** One item; only what shows it is rendered when it changes. */
export function useCell(key: CellKey): Cell {
  const { store } = useForm();
  const subscribe = useMemo(() => store.subscribe(key), [store, key]);
  return useSyncExternalStore(subscribe, () => store.cell(key));
}
