import type { Schemas } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { Icon, type IconName } from '../../ui/icons';
import { refusalText } from '../../ui/refusal';
import type { JobState } from './jobs';

const LOOK: { [state in JobState]: readonly [IconName, string] } = {
  STATE_UNSPECIFIED: ['dash', 'quiet'],
  RECEIVING: ['half', 'blue'],
  WAITING: ['clock', 'quiet'],
  RUNNING: ['half', 'blue'],
  CHECKED: ['circle', 'amber'],
  DONE: ['check', 'green'],
  FAILED: ['dot', 'red'],
  CANCELLED: ['cross', 'quiet'],
  EXPIRED: ['dash', 'quiet'],
};

type Job = { state: JobState; progress?: Schemas['JobProgress']; failure?: string };

/** How far a job is: by shape, colour and text, and while it is done by a bar. */
export function JobStatus({ job, unit }: { job: Job; unit: 'job.records' | 'job.rows' }) {
  const { t, count } = useLocale();
  const [icon, tone] = LOOK[job.state];
  const { progress } = job;
  const done = Number(progress?.done ?? 0);
  const total = Number(progress?.total ?? 0);
  return (
    <div className="job-status">
      <span className={`status tone-${tone}`}><Icon name={icon} />{t(`job.${job.state}` as Key)}</span>
      {job.state === 'RUNNING' && (
        <>
          <progress aria-label={t('job.RUNNING')} {...(total > 0 ? { max: total, value: Math.min(done, total) } : {})} />
          <span className="fine">
            {t(unit, { n: done })}{total > 0 && ` / ${count(total)}`}
            {(progress?.attempt ?? 0) > 1 && ` · ${t('job.again', { n: progress?.attempt ?? 0 })}`}
          </span>
        </>
      )}
      {job.failure && <span className="fine">{refusalText(job.failure, t)}</span>}
    </div>
  );
}
