import { useEffect, useState, type RefObject } from 'react';
import { useLocale } from '../i18n';
import { Icon } from '../ui/icons';
import { useForm, useFormState } from './context';

const PRESETS = ['typing', 'source', 'query', 'late'] as const;
const LAST = 'casebook.reason';

/** Asks once, for all changes of recorded values that wait for it, why. Typing goes on meanwhile. */
export function ReasonBar({ field }: { field: RefObject<HTMLInputElement | null> }) {
  const { t } = useLocale();
  const { store } = useForm();
  const { waitingForReason } = useFormState();
  const [reason, setReason] = useState(() => sessionStorage.getItem(LAST) ?? '');
  const isWaiting = waitingForReason > 0;
  // From anywhere on the page, also from outside the form.
  useEffect(() => {
    if (!isWaiting) return;
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== 'KeyC' || event.isComposing) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [field, isWaiting]);
  if (!isWaiting) return null;
  const give = () => {
    if (reason.trim() === '') return;
    sessionStorage.setItem(LAST, reason.trim());
    store.giveReason(reason.trim());
  };
  return (
    <div className="reason-bar" role="region" aria-label={t('reason.title')}>
      <strong><Icon name="pen" />{t('reason.waiting', { n: waitingForReason })}</strong>
      <input
        ref={field}
        className="input"
        list="reasons"
        size={34}
        aria-label={t('reason.title')}
        placeholder={t('reason.title')}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
          event.preventDefault();
          event.stopPropagation();
          give();
        }}
      />
      <datalist id="reasons">{PRESETS.map((preset) => <option key={preset}>{t(`reason.${preset}`)}</option>)}</datalist>
      {PRESETS.map((preset) => (
        <button key={preset} type="button" className="button small wide-only" onClick={() => setReason(t(`reason.${preset}`))}>{t(`reason.${preset}`)}</button>
      ))}
      <button type="button" className="button primary" disabled={reason.trim() === ''} onClick={give}>{t('reason.give')} <kbd>Alt C</kbd></button>
    </div>
  );
}
