import type { MatrixCell, MatrixRow, ReviewState } from '../../api/types';
import type { Translate } from '../../i18n';
import { markClass } from './marks';
import { ENTRY, REVIEW, SUBJECT, TIMING, type Look } from '../../ui/Status';

/** How a cell looks, and what it says to whoever does not see it. */
export type Face = { className: string; label: string };
export type Faces = { cell: (cell: MatrixCell) => Face; name: (row: MatrixRow) => string };

/** The marks of what reviewers have stated. */
export const reviewMarks = (state: ReviewState | undefined): Look[] => (state ? REVIEW.filter(([name]) => state[name]).map(([, look]) => look) : []);

/** Nothing is to be shown but the mark. */
export const isPlain = ({ openQueryCount, occurrenceCount, review }: MatrixCell) => openQueryCount === 0 && occurrenceCount <= 1 && reviewMarks(review).length === 0;

function lookOf({ status, timing }: MatrixCell): { look: Look; isIdle: boolean } {
  const isTimely = status === 'NOT_STARTED' && (timing === 'OVERDUE' || timing === 'IN_WINDOW');
  const isOutside = timing === 'DONE_OUT_OF_WINDOW' && status === 'COMPLETE';
  return { look: isTimely || isOutside ? TIMING[timing] : ENTRY[status], isIdle: status === 'NOT_STARTED' && !isTimely };
}

/** The faces in a language. Most cells look like another one, so each face is made once. */
export function facesIn(t: Translate): Faces {
  const kept = new Map<string, Face>();
  return {
    name: ({ subjectKey, status }) => `${subjectKey}, ${t(SUBJECT[status].key)}`,
    cell: (cell) => {
      const marks = reviewMarks(cell.review);
      const name = [cell.status, cell.timing, cell.openQueryCount, cell.occurrenceCount, ...marks.map(({ icon }) => icon)].join();
      const known = kept.get(name);
      if (known) return known;
      const { look, isIdle } = lookOf(cell);
      const said = [t(look.key), ...marks.map(({ key }) => t(key))];
      if (cell.openQueryCount > 0) said.push(t('form.queries', { n: cell.openQueryCount }));
      if (cell.occurrenceCount > 1) said.push(t('matrix.times', { n: cell.occurrenceCount }));
      const face = { className: isIdle ? 'mark idle' : markClass(look.icon, look.tone), label: said.join(', ') };
      kept.set(name, face);
      return face;
    },
  };
}
