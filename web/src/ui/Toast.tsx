import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from 'react';
import { Icon } from './icons';
import { useLocale } from '../i18n';

const SHOWN_MS = 6000;
type Message = { id: number; text: string; isBad: boolean };
type Say = (text: string, isBad?: boolean) => void;
const Context = createContext<Say>(() => undefined);

export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useLocale();
  const [messages, setMessages] = useState<Message[]>([]);
  const drop = useCallback((id: number) => setMessages((all) => all.filter((message) => message.id !== id)), []);
  const say = useCallback<Say>((text, isBad = false) => {
    const id = performance.now();
    setMessages((all) => [...all.slice(-3), { id, text, isBad }]);
    if (!isBad) setTimeout(() => drop(id), SHOWN_MS);
  }, [drop]);
  const shown = useMemo(() => messages.map(({ id, text, isBad }) => (
    <div key={id} className={isBad ? 'toast bad' : 'toast'}>
      <Icon name={isBad ? 'dot' : 'check'} />
      <span>{text}</span>
      <button type="button" className="button plain square" aria-label={t('act.close')} onClick={() => drop(id)}>
        <Icon name="cross" />
      </button>
    </div>
  )), [messages, drop, t]);
  return (
    <Context.Provider value={say}>
      {children}
      <div className="toasts" role="status" aria-live="polite">{shown}</div>
    </Context.Provider>
  );
}

/** Says in passing what was done, or, until it is put away, what was not. */
export const useSay = () => useContext(Context);
