import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask, newRequestId, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { workListPath } from '../../lib/work';
import { studyPath } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Icon, type IconName } from '../../ui/icons';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { Loaded } from '../../ui/State';
import { useSay } from '../../ui/Toast';

type Checklist = Schemas['LockChecklist'];
type Point = Schemas['LockChecklistPoint'];

const useChecklist = (studyOid: string) => useQuery({
  queryKey: ['lock', studyOid],
  queryFn: () => ask(api.GET('/v1/studies/{studyOid}/lock', { params: { path: { studyOid } } })),
  staleTime: 0,
});

/** The checklist before a study is locked, the lock, and its end. */
export default function Lock() {
  const { study } = useParams<{ study: string }>();
  const { t, instant } = useLocale();
  const found = useChecklist(study);
  const client = useQueryClient();
  const say = useSay();
  const [asked, setAsked] = useState<'lock' | 'unlock' | undefined>();
  const refresh = () => {
    for (const queryKey of [['lock', study], ['studies']]) void client.invalidateQueries({ queryKey });
  };
  const unlock = useMutation({
    mutationFn: (reason: string) => ask(api.POST('/v1/studies/{studyOid}/lock:unlock', { params: { path: { studyOid: study } }, body: { reason, requestId: newRequestId() } })),
    onSuccess: refresh,
    onError: (error) => say(refusalText(error, t), true),
  });
  return (
    <Loaded from={found}>
      {({ checklist, lock, history }) => {
        const isAbsolute = checklist?.points.some(({ count: open, isAbsolute: one }) => one && open > 0) ?? true;
        const actions = lock
          ? <button type="button" className="button" onClick={() => setAsked('unlock')}><Icon name="lock" />{t('lock.undo')}</button>
          : <button type="button" className="button primary" disabled={isAbsolute} onClick={() => setAsked('lock')}><Icon name="lock" />{t('lock.do')}</button>;
        return (
          <Page title={t('nav.lock')} help="lock.help" actions={actions}>
            <p className={`verdict tone-${lock ? 'violet' : 'quiet'}`} role="status"><Icon name="lock" />{lock ? t('lock.locked', { at: instant(lock.recordedAt), name: lock.user }) : t('lock.notlocked')}{lock?.reason && ` ${lock.reason}`}</p>
            {checklist && (
              <>
                <Points study={study} points={checklist.points} />
                <p className="fine">{t('lock.size', { subjects: checklist.subjectCount, forms: checklist.formCount, at: instant(checklist.countedAt) })}</p>
              </>
            )}
            <section className="section">
              <h2>{t('lock.history')}</h2>
              {history.length === 0 ? <p className="fine">{t('lock.never')}</p> : (
                <ul>{history.map((one, at) => <li key={at}>{instant(one.recordedAt)} · {one.user} <span className="fine">{one.role}</span> · {t(one.isLocked ? 'lock.islocked' : 'lock.isunlocked')}{one.reason && ` · ${one.reason}`}</li>)}</ul>
              )}
            </section>
            {asked === 'unlock' && <ReasonDialog title={t('lock.undo')} onClose={() => setAsked(undefined)} onGive={(reason) => { setAsked(undefined); unlock.mutate(reason); }} />}
            {asked === 'lock' && checklist && <LockDialog study={study} checklist={checklist} onClose={() => setAsked(undefined)} onDone={() => { setAsked(undefined); refresh(); }} />}
          </Page>
        );
      }}
    </Loaded>
  );
}

function stateOf({ count, isBlocking, isAbsolute }: Point): { icon: IconName; tone: string; key: 'lock.done' | 'lock.note' | 'lock.absolute' | 'lock.open' } {
  if (count === 0) return { icon: 'check', tone: 'green', key: 'lock.done' };
  if (isAbsolute) return { icon: 'cross', tone: 'red', key: 'lock.absolute' };
  return isBlocking ? { icon: 'triangle', tone: 'amber', key: 'lock.open' } : { icon: 'circle', tone: 'quiet', key: 'lock.note' };
}

function Points({ study, points }: { study: string; points: Point[] }) {
  const { t, count } = useLocale();
  const path = ({ kind, work }: Point) => {
    if (work) return workListPath(study, work);
    if (kind === 'QUERIES_PENDING') return studyPath(study, '/queries?status=OPEN');
    return kind === 'CASEBOOKS_UNSIGNED' ? workListPath(study, 'CASEBOOK_TO_SIGN') : studyPath(study, '/subjects');
  };
  return (
    <table className="table">
      <thead><tr><th>{t('lock.point')}</th><th className="number">{t('lock.count')}</th><th>{t('lock.state')}</th><th><span className="hidden">{t('lock.show')}</span></th></tr></thead>
      <tbody>
        {points.map((point) => {
          const { icon, tone, key } = stateOf(point);
          return (
            <tr key={point.kind}>
              <td>{t(`lock.${point.kind}`)}</td>
              <td className="number">{count(point.count)}</td>
              <td><span className={`status tone-${tone}`}><Icon name={icon} />{t(key)}</span></td>
              <td>{point.count > 0 && <Link href={path(point)}>{t('lock.show')}</Link>}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function LockDialog({ study, checklist, onClose, onDone }: { study: string; checklist: Checklist; onClose: () => void; onDone: () => void }) {
  const { t } = useLocale();
  const [reason, setReason] = useState('');
  const [requestId] = useState(newRequestId);
  const open = checklist.points.filter(({ count, isBlocking }) => isBlocking && count > 0);
  const run = useMutation({
    mutationFn: () => {
      const body = { checklistSha256: checklist.checklistSha256, requestId, ...(reason.trim() ? { reason: reason.trim() } : {}) };
      return ask(api.POST('/v1/studies/{studyOid}/lock:lock', { params: { path: { studyOid: study } }, body }));
    },
    onSuccess: onDone,
  });
  return (
    <Dialog title={t('lock.do')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <p>{t('lock.help')}</p>
        {open.length > 0 && <ul>{open.map((point) => <li key={point.kind}>{t(`lock.${point.kind}`)}: <strong>{point.count}</strong></li>)}</ul>}
        {open.length > 0 && <label>{t('lock.reason')}<textarea className="input big" rows={2} required value={reason} onChange={(event) => setReason(event.target.value)} /></label>}
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending || (open.length > 0 && reason.trim() === '')}>{t('lock.do')}</button></div>
      </form>
    </Dialog>
  );
}
