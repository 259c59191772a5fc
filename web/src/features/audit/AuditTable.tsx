import { Link } from 'wouter';
import type { Schemas } from '../../api/client';
import { valueText } from '../../forms/text';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { formPath, subjectPath } from '../../lib/url';
import { Icon } from '../../ui/icons';

type Entry = Schemas['AuditEntry'];
const SHOWN = 6;

type Props = { studyOid: string; entries: Entry[]; design: Design | undefined; hasSubject: boolean; hasReviews?: boolean };

/** Entries of the audit trail: when, who, what, where, old, new, why, under which version. */
export function AuditTable({ studyOid, entries, design, hasSubject, hasReviews = false }: Props) {
  const { t, instant } = useLocale();
  return (
    <div className="scroll-x tall" role="region" tabIndex={0} aria-label={t('nav.audit')}>
      <table className="table">
        <thead>
          <tr>
            <th>{t('history.when')}</th><th>{t('history.who')}</th><th>{t('history.what')}</th>
            {hasSubject && <th>{t('nav.subject')}</th>}
            <th>{t('audit.where')}</th><th>{t('history.old')} → {t('history.new')}</th><th>{t('history.why')}</th><th>{t('history.version')}</th>
            {hasReviews && <th>{t('audit.reviewed')}</th>}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry, at) => (
            <tr key={at}>
              <td className="nowrap">{instant(entry.recordedAt)}</td>
              <td>{entry.user}{entry.onBehalfOf && <> {t('audit.by', { name: entry.onBehalfOf })}</>} <span className="fine">{entry.role} · {entry.origin}</span></td>
              <td>{t(`audit.kind.${entry.kind}`)}</td>
              {hasSubject && <td className="nowrap">{entry.subjectKey ? <Link href={`${subjectPath(studyOid, entry.subjectKey)}/history`}>{entry.subjectKey}</Link> : (entry.siteOid ?? '')}</td>}
              <td><Where studyOid={studyOid} entry={entry} design={design} /></td>
              <td><Changes entry={entry} design={design} /></td>
              <td><Why entry={entry} /></td>
              <td className="nowrap"><code title={entry.versionHash}>{entry.versionHash.slice(0, 8)}</code>{entry.sequence !== undefined && <span className="fine"> #{entry.sequence}</span>}</td>
              {hasReviews && <td>{entry.reviewIds.length > 0 && <span className="status tone-green"><Icon name="check" />{entry.reviewIds.join(', ')}</span>}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Where({ studyOid, entry, design }: { studyOid: string; entry: Entry; design: Design | undefined }) {
  const { text } = useLocale();
  const { subjectKey, studyEventOid, formOid } = entry;
  if (!studyEventOid) return null;
  const event = design?.events.get(studyEventOid);
  const times = (repeat: string | undefined) => (repeat && repeat !== '1' ? ` ${repeat}` : '');
  const visit = `${text(event?.description, event?.name ?? studyEventOid)}${times(entry.studyEventRepeatKey)}`;
  if (!formOid || !subjectKey) return <>{visit}</>;
  const form = design?.forms.get(formOid);
  const place = { studyOid, subjectKey, studyEventOid, studyEventRepeatKey: entry.studyEventRepeatKey ?? '1', formOid, formRepeatKey: entry.formRepeatKey ?? '1' };
  return <Link href={formPath(place)}>{visit} · {text(form?.description, form?.name ?? formOid)}{times(entry.formRepeatKey)}</Link>;
}

function Changes({ entry, design }: { entry: Entry; design: Design | undefined }) {
  const { t, text } = useLocale();
  const name = (itemOid: string | undefined) => {
    const item = design?.items.get(itemOid ?? '');
    return text(item?.question, item?.name ?? itemOid);
  };
  const rows = (repeat: string | undefined) => (repeat && repeat !== '1' ? ` [${repeat}]` : '');
  if (entry.changes.length > 0) {
    return (
      <ul className="changes">
        {entry.changes.slice(0, SHOWN).map(({ place, oldValue, newValue }, at) => {
          const item = design?.items.get(place?.itemOid ?? '');
          const said = (value: typeof oldValue) => (design && item ? valueText(design, item, value, text, t) : '') || '–';
          return <li key={at}><span className="fine">{name(place?.itemOid)}{rows(place?.itemGroupRepeatKey)}:</span> {said(oldValue)} → <strong>{said(newValue)}</strong></li>;
        })}
        {entry.changes.length > SHOWN && <li className="fine">{t('audit.more', { n: entry.changes.length - SHOWN })}</li>}
      </ul>
    );
  }
  if (entry.items.length > 0) {
    const more = entry.items.length - SHOWN;
    return <span className="fine">{entry.items.slice(0, SHOWN).map(({ itemOid }) => name(itemOid)).join(', ')}{more > 0 && ` · ${t('audit.more', { n: more })}`}</span>;
  }
  if (entry.oldState || entry.newState) return <>{entry.oldState && `${entry.oldState} → `}<strong>{entry.newState ?? '–'}</strong></>;
  return null;
}

function Why({ entry }: { entry: Entry }) {
  const { t, text } = useLocale();
  const said = text(entry.text);
  return (
    <>
      {said}
      {said && entry.reason && ' · '}
      {entry.reason}
      {entry.isReasonWithheld && <span className="fine">{t('audit.withheld')}</span>}
      {entry.isReasonMissing && <span className="status tone-amber"><Icon name="triangle" />{t('audit.noreason')}</span>}
    </>
  );
}
