import { Link } from 'wouter';
import type { StudySummary } from '../../api/types';
import { useLocale, type Key } from '../../i18n';
import { useMay } from '../../lib/session';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import './home.css';

type Step = { key: 'define' | 'sites' | 'users'; to: string | undefined; isDone: boolean };

/** What a new installation, or a study without sites, needs before anybody can enter data. */
export function FirstSteps({ summary }: { summary: StudySummary | undefined }) {
  const { t } = useLocale();
  const may = useMay(summary?.studyOid);
  const steps: Step[] = [
    { key: 'define', to: may('design_study') ? '/drafts' : undefined, isDone: summary !== undefined },
    { key: 'sites', to: summary && may('publish_study') ? studyPath(summary.studyOid, '/build?part=sites') : undefined, isDone: (summary?.siteCount ?? 0) > 0 },
    { key: 'users', to: may('manage_users') ? '/users' : undefined, isDone: false },
  ];
  const next = steps.find(({ isDone }) => !isDone)?.key;
  return (
    <section className="card steps" aria-labelledby="steps">
      <header><h2 id="steps">{t('steps.title')}</h2></header>
      <ol>
        {steps.map(({ key, to, isDone }, at) => (
          <li key={key} aria-current={key === next ? 'step' : undefined}>
            <span className={`status tone-${isDone ? 'green' : key === next ? 'blue' : 'quiet'}`}><Icon name={isDone ? 'check' : key === next ? 'half' : 'circle'} />{at + 1}</span>
            <span className="grow"><strong>{t(`steps.${key}`)}</strong><br /><span className="fine">{t(`steps.${key}.what`)}</span></span>
            {to && !isDone && <Link className={key === next ? 'button primary' : 'button'} href={to}>{t(`steps.${key}.do` as Key)}</Link>}
          </li>
        ))}
      </ol>
    </section>
  );
}
