import type { ReactNode } from 'react';
import type { SubjectStatus } from '../api/types';
import { useLocale, type Key } from '../i18n';
import type { useSubjectFilters } from '../lib/subjects';
import { SUBJECT } from './Status';

const SHOWN = ['all', 'queries', 'overdue'] as const;
const STATUSES: SubjectStatus[] = ['SCREENING', 'SCREEN_FAILED', 'ENROLLED', 'COMPLETED', 'DISCONTINUED'];

/** Narrows a list of subjects. The server looks through all of them, not through what is on the screen. */
export function SubjectFilterBar({ filters, children }: { filters: ReturnType<typeof useSubjectFilters>; children: ReactNode }) {
  const { t } = useLocale();
  const { find, setFind, status, setStatus, only, setOnly } = filters;
  return (
    <div className="filters">
      <input className="input" type="search" data-find maxLength={100} aria-label={t('filter.subject')} placeholder={t('filter.subject')} value={find} onChange={(event) => setFind(event.target.value)} />
      <select className="input" aria-label={t('filter.status')} value={status ?? ''} onChange={(event) => setStatus(event.target.value || undefined)}>
        <option value="">{t('filter.anystatus')}</option>
        {STATUSES.map((one) => <option key={one} value={one}>{t(SUBJECT[one].key)}</option>)}
      </select>
      <div className="segments" role="radiogroup" aria-label={t('filter.only')}>
        {SHOWN.map((one) => (
          <label key={one} className={only === one ? 'segment chosen' : 'segment'}>
            <input type="radio" name="only" checked={only === one} onChange={() => setOnly(one === 'all' ? undefined : one)} />
            {t(`matrix.only.${one}` as Key)}
          </label>
        ))}
      </div>
      {children}
    </div>
  );
}
