import { useLocale, type Key } from '../i18n';
import type { EntryStatus, QueryStatus, ReviewState, SubjectStatus, Schemas } from './kinds';
import { Icon, type IconName } from './icons';

export type Look = { icon: IconName; tone: string; key: Key };
type VisitTiming = Schemas['VisitTiming'];

export const ENTRY: { [status in EntryStatus]: Look } = {
  STATUS_UNSPECIFIED: { icon: 'dash', tone: 'quiet', key: 'entry.none' },
  NOT_STARTED: { icon: 'circle', tone: 'quiet', key: 'entry.none' },
  IN_PROGRESS: { icon: 'half', tone: 'blue', key: 'entry.progress' },
  COMPLETE: { icon: 'check', tone: 'green', key: 'entry.complete' },
  REMOVED: { icon: 'cross', tone: 'quiet', key: 'entry.removed' },
};

export const QUERY: { [status in QueryStatus]: Look } = {
  STATUS_UNSPECIFIED: { icon: 'dash', tone: 'quiet', key: 'query.closed' },
  OPEN: { icon: 'triangle', tone: 'amber', key: 'query.open' },
  ANSWERED: { icon: 'chat', tone: 'blue', key: 'query.answered' },
  CLOSED: { icon: 'check', tone: 'green', key: 'query.closed' },
  CANCELLED: { icon: 'cross', tone: 'quiet', key: 'query.cancelled' },
};

export const SUBJECT: { [status in SubjectStatus]: Look } = {
  STATUS_UNSPECIFIED: { icon: 'dash', tone: 'quiet', key: 'subject.screening' },
  SCREENING: { icon: 'half', tone: 'blue', key: 'subject.screening' },
  SCREEN_FAILED: { icon: 'cross', tone: 'quiet', key: 'subject.failed' },
  ENROLLED: { icon: 'dot', tone: 'blue', key: 'subject.enrolled' },
  COMPLETED: { icon: 'check', tone: 'green', key: 'subject.completed' },
  DISCONTINUED: { icon: 'dash', tone: 'amber', key: 'subject.discontinued' },
};

export const TIMING: { [timing in VisitTiming]: Look } = {
  TIMING_UNSPECIFIED: { icon: 'dash', tone: 'quiet', key: 'timing.unplanned' },
  NOT_PLANNED: { icon: 'dash', tone: 'quiet', key: 'timing.unplanned' },
  UPCOMING: { icon: 'circle', tone: 'quiet', key: 'timing.upcoming' },
  IN_WINDOW: { icon: 'clock', tone: 'blue', key: 'timing.due' },
  OVERDUE: { icon: 'clock', tone: 'red', key: 'timing.overdue' },
  DONE: { icon: 'check', tone: 'green', key: 'timing.done' },
  DONE_OUT_OF_WINDOW: { icon: 'clock', tone: 'amber', key: 'timing.outside' },
};

/** What a condition of the study leaves out. */
export const NOT_COLLECTED: Look = { icon: 'dash', tone: 'quiet', key: 'field.notcollected' };

/** A state by shape, colour and text. */
export function Status({ look, isBare = false }: { look: Look; isBare?: boolean }) {
  const { t } = useLocale();
  return (
    <span className={`status tone-${look.tone}`} title={isBare ? t(look.key) : undefined}>
      <Icon name={look.icon} />
      {isBare ? <span className="hidden">{t(look.key)}</span> : t(look.key)}
    </span>
  );
}

export const REVIEW: readonly (readonly [keyof ReviewState, Look])[] = [
  ['verified', { icon: 'shield', tone: 'green', key: 'review.verified' }],
  ['frozen', { icon: 'snow', tone: 'blue', key: 'review.frozen' }],
  ['locked', { icon: 'lock', tone: 'violet', key: 'review.locked' }],
  ['signed', { icon: 'pen', tone: 'green', key: 'review.signed' }],
];

/** What reviewers have stated, each by its own mark; nothing when they have stated nothing. */
export function Review({ state, isBare = false }: { state: ReviewState; isBare?: boolean }) {
  const stated = REVIEW.filter(([name]) => state[name]);
  return (
    <span className="marks">
      {stated.map(([name, look]) => (
        <Status key={name} look={look} isBare={isBare} />
      ))}
    </span>
  );
}
