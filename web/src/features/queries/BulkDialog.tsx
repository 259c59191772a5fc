import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId, type Schemas } from '../../api/client';
import type { Query } from '../../api/types';
import { useLocale } from '../../i18n';
import type { May } from '../../lib/may';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';

export type BulkStep = 'answer' | 'close' | 'reopen' | 'cancel';
type Result = Schemas['QueryResult'];
const STEPS = { close: 'CLOSE', reopen: 'REOPEN', cancel: 'CANCEL' } as const;

/** What may be done with some of the chosen queries. */
export function stepsFor(chosen: Query[], may: May): BulkStep[] {
  const any = (act: string, ...statuses: string[]) => chosen.some(({ status, siteOid }) => statuses.includes(status) && may(act, siteOid));
  const steps: BulkStep[] = [];
  if (any('answer_queries', 'OPEN')) steps.push('answer');
  if (any('raise_queries', 'OPEN', 'ANSWERED')) steps.push('close');
  if (any('raise_queries', 'ANSWERED', 'CLOSED', 'CANCELLED')) steps.push('reopen');
  if (any('raise_queries', 'OPEN')) steps.push('cancel');
  return steps;
}

function perform(studyOid: string, step: BulkStep, queryIds: string[], text: string, requestId: string): Promise<{ results: Result[] }> {
  const params = { path: { studyOid } };
  if (step === 'answer') return ask(api.POST('/v1/studies/{studyOid}/queries:answer', { params, body: { queryIds, text, requestId } }));
  return ask(api.POST('/v1/studies/{studyOid}/queries:settle', { params, body: { queryIds, step: STEPS[step], requestId, ...(text ? { text } : {}) } }));
}

type Props = { studyOid: string; step: BulkStep; queryIds: string[]; onClose: () => void };

/** The same text for many queries, and afterwards what became of each. */
export function BulkDialog({ studyOid, step, queryIds, onClose }: Props) {
  const { t } = useLocale();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [requestId] = useState(newRequestId);
  const run = useMutation({
    mutationFn: () => perform(studyOid, step, queryIds, text.trim(), requestId),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['queries'] });
      void client.invalidateQueries({ queryKey: ['workload'] });
    },
  });
  const isReady = step === 'close' || text.trim() !== '';
  const refused = run.data?.results.filter(({ reason }) => reason) ?? [];
  if (run.data) {
    return (
      <Dialog title={t('query.bulk.result')} isOpen onClose={onClose}>
        <p role="status">{t('query.bulk.done', { n: run.data.results.length - refused.length, of: run.data.results.length })}</p>
        {refused.length > 0 && <ul>{refused.map(({ queryId, reason }) => <li key={queryId}><strong>{queryId}</strong>: {refusalText(reason ?? '', t)}</li>)}</ul>}
        <div className="dialog-acts"><button type="button" className="button primary" onClick={onClose}>{t('act.close')}</button></div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t(`query.bulk.${step}`)} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p>{t('query.bulk.what', { n: queryIds.length })}</p>
        <label>{t(step === 'close' ? 'query.bulk.optional' : 'query.bulk.text')}<textarea className="input big" rows={3} value={text} onChange={(event) => setText(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={!isReady || run.isPending}>{t(`query.bulk.${step}`)}</button></div>
      </form>
    </Dialog>
  );
}
