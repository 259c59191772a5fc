import { useState } from 'react';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { Icon } from '../../ui/icons';
import { Failed, Loading } from '../../ui/State';
import { CriterionLine } from './CriterionLine';
import { useEligibility } from './useEligibility';

const NOBODY_SAID = {};

/** How far the eligibility of a participant in screening is known, and each criterion on demand. */
export function Eligibility({ design, subjectKey }: { design: Design; subjectKey: string }) {
  const { t } = useLocale();
  const { studyOid, criteria } = design.study;
  const [isOpen, setOpen] = useState(false);
  const found = useEligibility(studyOid, subjectKey, NOBODY_SAID);
  if (criteria.length === 0) return null;
  const verdicts = new Map(found.data?.criteria.map((one) => [one.criterionOid, one]));
  const count = (is: (verdict: { verdict: string; standsAgainst: boolean; cause: string }) => boolean) => found.data?.criteria.filter(is).length ?? 0;
  const against = count(({ standsAgainst }) => standsAgainst);
  const missing = count(({ cause }) => cause === 'VALUE_MISSING' || cause === 'FAILED');
  const inOrder = count(({ verdict, standsAgainst }) => verdict !== 'NOT_EVALUATED' && !standsAgainst);
  const toSay = count(({ cause }) => cause === 'NOT_ATTESTED');
  return (
    <section className="section" aria-label={t('eligible.title')}>
      <h2>{t('eligible.title')}</h2>
      {found.error && <Failed error={found.error} onRetry={() => void found.refetch()} />}
      {!found.data && !found.error && <Loading />}
      {found.data && (
        <div className="row-fields">
          {against > 0 && <span className="status tone-red"><Icon name="cross" />{t('eligible.count.against', { n: against })}</span>}
          {missing > 0 && <span className="status tone-quiet"><Icon name="circle" />{t('eligible.count.missing', { n: missing })}</span>}
          {inOrder > 0 && <span className="status tone-green"><Icon name="check" />{t('eligible.count.inorder', { n: inOrder })}</span>}
          {toSay > 0 && <span className="status tone-blue"><Icon name="pen" />{t('eligible.count.tosay', { n: toSay })}</span>}
          <span className="grow" />
          <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t(isOpen ? 'eligible.hide' : 'eligible.show')}</button>
        </div>
      )}
      {isOpen && (
        <div className="criteria" role="group" aria-label={t('eligible.title')}>
          {criteria.map((criterion) => <CriterionLine key={criterion.criterionOid} design={design} criterion={criterion} verdict={verdicts.get(criterion.criterionOid)} />)}
        </div>
      )}
    </section>
  );
}
