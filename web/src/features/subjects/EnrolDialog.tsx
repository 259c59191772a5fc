import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId, Refused } from '../../api/client';
import type { Criterion, Subject } from '../../api/types';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import { DateField } from './DateField';

type Verdict = 'against' | 'open' | undefined;

/** Which criteria a refusal names, and how. */
function verdicts(error: Error | null): Map<string, Verdict> {
  const found = new Map<string, Verdict>();
  if (!(error instanceof Refused)) return found;
  const verdict = error.reason === 'NOT_ELIGIBLE' ? 'against' : error.reason === 'CRITERIA_OPEN' ? 'open' : undefined;
  const named = Object.values(error.body.metadata ?? {}).join(' ');
  const violations = (error.body.violations ?? []).map(({ field, description }) => `${field} ${description}`).join(' ');
  for (const oid of `${named} ${violations} ${error.body.detail ?? ''}`.match(/[\w.-]*\w/g) ?? []) found.set(oid, verdict);
  return found;
}

/** Enrols a participant, with the criteria one by one: what is computed, and what the investigator says. */
export function EnrolDialog({ design, subject, onClose }: { design: Design; subject: Subject; onClose: () => void }) {
  const { t, text } = useLocale();
  const client = useQueryClient();
  const { studyOid, criteria } = design.study;
  const [said, setSaid] = useState<{ [oid: string]: boolean }>({});
  const [date, setDate] = useState('');
  const [number, setNumber] = useState('');
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:enrol', {
      params: { path: { studyOid, subjectKey: subject.subjectKey } },
      body: { enrolmentDate: date, attestedCriteria: said, requestId: newRequestId(), ...(number.trim() ? { enrolmentNumber: number.trim() } : {}) },
    })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['subject', studyOid, subject.subjectKey] });
      void client.invalidateQueries({ queryKey: ['subjects', studyOid] });
      void client.invalidateQueries({ queryKey: ['matrix', studyOid] });
      onClose();
    },
  });
  const verdict = verdicts(run.error);
  const open = criteria.filter((one) => one.expression === undefined && said[one.criterionOid] === undefined).length;
  return (
    <Dialog title={t('enrol.title', { subject: subject.subjectKey })} isOpen isWide onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p className="fine">{t('enrol.what')}</p>
        <div className="criteria">
          {criteria.map((criterion) => (
            <Line key={criterion.criterionOid} criterion={criterion} verdict={verdict.get(criterion.criterionOid)} isKnownAgainst={subject.failedCriterionOids.includes(criterion.criterionOid)}
              said={said[criterion.criterionOid]} onSay={(isMet) => setSaid((now) => ({ ...now, [criterion.criterionOid]: isMet }))} sentence={text(criterion.text, criterion.name)} />
          ))}
        </div>
        <div className="row-fields">
          <DateField label={t('subject.enrolment')} value={date} onChange={setDate} />
          <label>{t('enrol.number')}<input className="input" value={number} onChange={(event) => setNumber(event.target.value)} /></label>
          <span className="fine">{t('enrol.open', { n: open })}</span>
        </div>
        {run.error && <p className="error" role="alert"><Icon name="dot" />{refusalText(run.error instanceof Refused ? run.error.reason : 'INCIDENT', t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={date === '' || run.isPending}>{t('enrol.do')}</button></div>
      </form>
    </Dialog>
  );
}

type LineProps = { criterion: Criterion; verdict: Verdict; isKnownAgainst: boolean; said: boolean | undefined; onSay: (isMet: boolean) => void; sentence: string };

function Line({ criterion, verdict, isKnownAgainst, said, onSay, sentence }: LineProps) {
  const { t } = useLocale();
  const { criterionOid, kind, expression, name } = criterion;
  return (
    <div className={verdict ? 'criterion bad' : 'criterion'}>
      <div>
        <strong>{name}</strong> <span className="tag">{t(kind === 'EXCLUSION' ? 'enrol.exclusion' : 'enrol.inclusion')}</span>
        <p>{sentence}</p>
        {verdict === 'against' && <p className="message hard"><Icon name="cross" />{t('enrol.against')}</p>}
        {verdict === 'open' && <p className="message soft"><Icon name="triangle" />{t('enrol.undecided')}</p>}
        {!verdict && isKnownAgainst && <p className="message soft"><Icon name="triangle" />{t('enrol.lastagainst')}</p>}
      </div>
      {expression === undefined ? (
        <div className="segments" role="radiogroup" aria-label={name}>
          {[true, false].map((isMet) => (
            <label key={String(isMet)} className={said === isMet ? 'segment chosen' : 'segment'}>
              <input type="radio" name={criterionOid} checked={said === isMet} onChange={() => onSay(isMet)} />{t(isMet ? 'enrol.met' : 'enrol.notmet')}
            </label>
          ))}
        </div>
      ) : <span className="fine" title={expression}>{t('enrol.computed')}</span>}
    </div>
  );
}
