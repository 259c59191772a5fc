import { useEffect, useState, type ReactNode } from 'react';
import { Refused, OFFLINE } from '../api/client';
import { useLocale } from '../i18n';
import { refusalText } from './refusal';
import { Icon, type IconName } from './icons';

/** Says why there is nothing to see, and what to do next. */
export function Notice({ icon, title, children, tone = 'quiet' }: { icon: IconName; title: string; children?: ReactNode; tone?: string }) {
  return (
    <div className={`notice tone-${tone}`} role={tone === 'red' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div>
        <strong>{title}</strong>
        {children && <div className="notice-text">{children}</div>}
      </div>
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Notice icon="circle" title={title}>
      {children}
    </Notice>
  );
}

/** Shown only when the answer takes longer than a glance. */
export function Loading() {
  const { t } = useLocale();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="loading" role="status">
      {isLong && (
        <>
          <span className="skeleton" />
          <span className="skeleton short" />
          <span className="hidden">{t('state.loading')}</span>
        </>
      )}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useLocale();
  const reason = error instanceof Refused ? error.reason : 'INCIDENT';
  const isOffline = reason === OFFLINE;
  const incident = error instanceof Refused ? error.body.instance?.split(':').pop() : undefined;
  return (
    <Notice icon={isOffline ? 'cloud' : 'dot'} tone={isOffline ? 'amber' : 'red'} title={refusalText(error, t)}>
      {!isOffline && (
        <span className="fine">
          {reason}
          {incident && ` · ${incident}`}
        </span>
      )}
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {t('act.retry')}
        </button>
      )}
    </Notice>
  );
}

type Loadable<T> = { data: T | undefined; error: unknown; refetch: () => unknown };

/** The loading, refused and offline form of whatever comes from the server. */
export function Loaded<T>({ from, children }: { from: Loadable<T>; children: (data: T) => ReactNode }) {
  if (from.data !== undefined) return <>{children(from.data)}</>;
  if (from.error) return <Failed error={from.error} onRetry={() => void from.refetch()} />;
  return <Loading />;
}
