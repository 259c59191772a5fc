import type { Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { useParam } from '../../lib/url';

export type AuditKind = Schemas['AuditEntryKind'];
export const AUDIT_KINDS: readonly AuditKind[] = [
  'FORM_SAVED', 'REMOVED', 'RESTORED', 'VERIFIED', 'UNVERIFIED', 'FROZEN', 'UNFROZEN', 'LOCKED', 'UNLOCKED', 'SIGNED',
  'QUERY_OPENED', 'QUERY_ANSWERED', 'QUERY_CLOSED', 'QUERY_REOPENED', 'QUERY_CANCELLED',
  'SUBJECT_SCREENED', 'ELIGIBILITY_ASSESSED', 'SUBJECT_ENROLLED', 'STATUS_CHANGED', 'EVENT_NOTED', 'VISIT_DATED',
];
export const STUDY_KINDS: readonly AuditKind[] = ['VERSION_PUBLISHED', 'SITE_ADDED', 'SITE_STATUS_CHANGED', 'STUDY_LOCKED', 'STUDY_UNLOCKED', 'STUDY_CHANGED'];

/** What of the trail is looked at, as it stands in the address. */
export function useCriteria() {
  const [user, setUser] = useParam('user');
  const [kind, setKind] = useParam('kind');
  const [from, setFrom] = useParam('from');
  const [until, setUntil] = useParam('until');
  const [bare, setBare] = useParam('bare');
  const known = [...AUDIT_KINDS, ...STUDY_KINDS].find((one) => one === kind);
  const query = {
    ...(user ? { user } : {}), ...(known ? { kind: known } : {}), ...(from ? { fromDate: from } : {}),
    ...(until ? { untilDate: until } : {}), ...(bare ? { reasonMissing: true } : {}),
  };
  return { query, user, setUser, kind: known, setKind, from, setFrom, until, setUntil, bare, setBare };
}

type Props = { criteria: ReturnType<typeof useCriteria>; kinds: readonly AuditKind[] };

export function Filters({ criteria, kinds }: Props) {
  const { t } = useLocale();
  const { user, setUser, kind, setKind, from, setFrom, until, setUntil, bare, setBare } = criteria;
  return (
    <>
      <select className="input" aria-label={t('audit.kind')} value={kind ?? ''} onChange={(event) => setKind(event.target.value || undefined)}>
        <option value="">{t('audit.anykind')}</option>
        {kinds.map((one) => <option key={one} value={one}>{t(`audit.kind.${one}`)}</option>)}
      </select>
      <input className="input" type="search" aria-label={t('audit.user')} placeholder={t('audit.user')} defaultValue={user ?? ''} onKeyDown={(event) => event.key === 'Enter' && !event.nativeEvent.isComposing && setUser(event.currentTarget.value.trim() || undefined)} onBlur={(event) => setUser(event.target.value.trim() || undefined)} />
      <label className="inline">{t('audit.from')} <input className="input" type="date" value={from ?? ''} onChange={(event) => setFrom(event.target.value || undefined)} /></label>
      <label className="inline">{t('audit.until')} <input className="input" type="date" value={until ?? ''} onChange={(event) => setUntil(event.target.value || undefined)} /></label>
      <label className="inline"><input type="checkbox" checked={bare !== undefined} onChange={(event) => setBare(event.target.checked ? '1' : undefined)} /> {t('audit.bare')}</label>
    </>
  );
}
