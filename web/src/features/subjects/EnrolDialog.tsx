import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import type { Subject } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { CriterionLine } from './CriterionLine';
import { DateField } from './DateField';
import { useEligibility } from './useEligibility';

/** Enrols a participant, with the criteria one by one: what is computed and from what, and what the investigator says. */
export function EnrolDialog({ design, subject, onClose }: { design: Design; subject: Subject; onClose: () => void }) {
  const { t } = useLocale();
  const client = useQueryClient();
  const { studyOid, criteria } = design.study;
  const [said, setSaid] = useState<{ [oid: string]: boolean }>({});
  const [date, setDate] = useState('');
  const [number, setNumber] = useState('');
  const [requestId] = useState(newRequestId);
  const eligibility = useEligibility(studyOid, subject.subjectKey, said);
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:enrol', {
      params: { path: { studyOid, subjectKey: subject.subjectKey } },
      body: { enrolmentDate: date, attestedCriteria: said, requestId, ...(number.trim() ? { enrolmentNumber: number.trim() } : {}) },
    })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['subject', studyOid, subject.subjectKey] });
      void client.invalidateQueries({ queryKey: ['subjects', studyOid] });
      void client.invalidateQueries({ queryKey: ['matrix', studyOid] });
      onClose();
    },
    onError: () => void eligibility.refetch(),
  });
  const verdicts = new Map(eligibility.data?.criteria.map((one) => [one.criterionOid, one]));
  const against = eligibility.data?.criteria.filter(({ standsAgainst }) => standsAgainst).length ?? 0;
  const open = eligibility.data?.criteria.filter(({ verdict }) => verdict === 'NOT_EVALUATED').length ?? 0;
  const isReady = eligibility.data?.eligible === true && eligibility.data.consented && date !== '';
  return (
    <Dialog title={t('enrol.title', { subject: subject.subjectKey })} isOpen isWide onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); if (isReady) run.mutate(); }}>
        <p className="fine">{t('enrol.what')}</p>
        <div className="criteria" role="group" aria-label={t('eligible.title')}>
          {criteria.map((criterion) => (
            <CriterionLine key={criterion.criterionOid} design={design} criterion={criterion} verdict={verdicts.get(criterion.criterionOid)}
              said={said[criterion.criterionOid]} onSay={(isMet) => setSaid((now) => ({ ...now, [criterion.criterionOid]: isMet }))} />
          ))}
        </div>
        <div className="row-fields">
          <DateField label={t('subject.enrolment')} value={date} onChange={setDate} />
          <label>{t('enrol.number')}<input className="input" value={number} onChange={(event) => setNumber(event.target.value)} /></label>
        </div>
        <p role="status" className="eligible-sum">
          {against > 0 && <span className="status tone-red"><Icon name="cross" />{t('eligible.count.against', { n: against })}</span>}
          {open > 0 && <span className="status tone-quiet"><Icon name="circle" />{t('eligible.count.open', { n: open })}</span>}
          {eligibility.data && !eligibility.data.consented && <span className="status tone-red"><Icon name="cross" />{t('eligible.noconsent')}</span>}
          {eligibility.data?.eligible && <span className="status tone-green"><Icon name="check" />{t('eligible.all')}</span>}
        </p>
        {eligibility.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(eligibility.error, t)}</p>}
        {run.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={!isReady || run.isPending}>{t('enrol.do')}</button></div>
      </form>
    </Dialog>
  );
}
