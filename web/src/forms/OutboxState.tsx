import { useSyncExternalStore } from 'react';
import { useLocale } from '../i18n';
import { Icon } from '../ui/icons';
import { outbox } from './outbox';

/** Whether what was entered is recorded. Always in view. */
export function OutboxState() {
  const { t, language } = useLocale();
  const { waiting, isSending, isOffline, savedAt, isKept } = useSyncExternalStore(outbox.subscribe, outbox.state);
  const clock = savedAt === undefined ? '' : new Date(savedAt).toLocaleTimeString(language, { hour12: false });
  const isQuiet = waiting === 0 && !isOffline;
  const tone = isOffline || !isKept ? 'amber' : waiting > 0 ? 'blue' : 'green';
  const text = isOffline
    ? t('save.offline', { n: waiting })
    : waiting > 0
      ? t(isSending ? 'save.sending' : 'save.waiting', { n: waiting })
      : savedAt === undefined ? '' : t('save.saved', { at: clock });
  if (!text) return null;
  return (
    <span className={`status save-state tone-${tone}`} role="status">
      <Icon name={isOffline ? 'cloud' : isQuiet ? 'check' : 'half'} />
      {text}
      {!isKept && waiting > 0 && ` · ${t('save.notkept')}`}
    </span>
  );
}
