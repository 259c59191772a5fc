import { Link } from 'wouter';
import { useLocale } from '../../i18n';
import { studyPath } from '../../lib/url';
import { Empty } from '../../ui/State';
import type { Fault, Finding } from './draft';

const SCREENS: { [kind: string]: string } = { FormDef: 'forms', StudyEventDef: 'events', EditCheck: 'checks', CodeList: 'codes' };

/** Where a definition is edited, if it has a screen of its own. */
function editor(study: string, { kind, oid }: Fault): string | undefined {
  const screen = SCREENS[kind];
  return screen && oid ? studyPath(study, `/build/draft/${screen}/${encodeURIComponent(oid)}`) : undefined;
}

/** Everything that keeps a draft from being published, at once. */
export function Faults({ faults, study }: { faults: Fault[]; study: string }) {
  const { t, text } = useLocale();
  if (faults.length === 0) return <Empty title={t('draft.sound')}>{t('draft.sound.next')}</Empty>;
  return (
    <table className="table">
      <thead><tr><th>{t('draft.place')}</th><th>{t('build.kind')}</th><th>OID</th><th>{t('draft.fault')}</th></tr></thead>
      <tbody>
        {faults.map((fault, at) => {
          const path = editor(study, fault);
          return (
            <tr key={at}>
              <td className="nowrap">{fault.file ? <code>{fault.file}:{fault.line}</code> : '–'}</td>
              <td>{fault.kind}</td>
              <td>{path ? <Link href={path}><code>{fault.oid}</code></Link> : <code>{fault.oid}</code>}</td>
              <td>{text(fault.text, fault.message)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What was read otherwise than written, when files were imported. */
export function Findings({ findings }: { findings: Finding[] }) {
  const { t } = useLocale();
  if (findings.length === 0) return null;
  return (
    <details>
      <summary>{t('draft.findings', { n: findings.length })}</summary>
      <table className="table">
        <thead><tr><th>{t('draft.place')}</th><th>{t('draft.about')}</th><th>{t('draft.finding')}</th></tr></thead>
        <tbody>{findings.map((one, at) => <tr key={at}><td className="nowrap"><code>{one.file}{one.line === undefined ? '' : `:${one.line}`}</code></td><td>{one.about}</td><td lang="en">{one.message}</td></tr>)}</tbody>
      </table>
    </details>
  );
}
