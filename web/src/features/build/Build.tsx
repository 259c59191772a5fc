import { Link, Redirect, useParams } from 'wouter';
import { Refused } from '../../api/client';
import { useLocale } from '../../i18n';
import { useMay } from '../../lib/session';
import { useDesign, type Design } from '../../lib/study';
import { studyPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Sites } from './Sites';
import './build.css';

const PARTS = ['forms', 'schedule', 'checks', 'criteria', 'codes', 'sites'] as const;

export default function Build() {
  const { study } = useParams<{ study: string }>();
  const design = useDesign(study);
  const mayDesign = useMay(study)('design_study');
  // A study that was never published has a draft only.
  const isNew = design.error instanceof Refused && (design.error.reason === 'STUDY_UNKNOWN' || design.error.reason === 'STUDY_NOT_PUBLISHED');
  if (isNew && mayDesign) return <Redirect to={studyPath(study, '/build/draft')} replace />;
  return <Loaded from={design}>{(known) => <Shown design={known} />}</Loaded>;
}

function Shown({ design }: { design: Design }) {
  const { t, text } = useLocale();
  const { study } = design;
  const may = useMay(study.studyOid);
  const [part = 'forms', setPart] = useParam('part');
  return (
    <Page title={t('nav.build')} help="build.help"
      actions={
        <>
          <Link className="button" href={studyPath(study.studyOid, '/build/paper')}><Icon name="print" />{t('paper.title')}</Link>
          <Link className="button" href={studyPath(study.studyOid, '/build/versions')}><Icon name="history" />{t('versions.title')}</Link>
          {may('design_study') && <Link className="button primary" href={studyPath(study.studyOid, '/build/draft')}><Icon name="pen" />{t('draft.title')}</Link>}
          {may('design_study') && <Link className="button" href="/drafts">{t('drafts.title')}</Link>}
        </>
      }>
      <dl className="facts">
        <div><dt>{t('build.protocol')}</dt><dd>{study.protocolName}</dd></div>
        <div><dt>{t('build.version')}</dt><dd>{study.metaDataVersionName} <span className="fine">{study.metaDataVersionOid}</span></dd></div>
        <div><dt>SHA-256</dt><dd><code className="wrap">{study.versionHash}</code></dd></div>
      </dl>
      <p className="lead">{text(study.description)}</p>
      <div className="segments" role="radiogroup" aria-label={t('build.part')}>
        {PARTS.map((one) => (
          <label key={one} className={part === one ? 'segment chosen' : 'segment'}>
            <input type="radio" name="part" checked={part === one} onChange={() => setPart(one)} />{t(`build.${one}`)}
          </label>
        ))}
      </div>
      {part === 'forms' && <Forms design={design} />}
      {part === 'schedule' && <Schedule design={design} />}
      {part === 'checks' && <Checks design={design} />}
      {part === 'criteria' && <Criteria design={design} />}
      {part === 'codes' && <Codes design={design} />}
      {part === 'sites' && <Sites study={study.studyOid} />}
    </Page>
  );
}

function Forms({ design }: { design: Design }) {
  const { t, text } = useLocale();
  const { study } = design;
  const count = (oid: string) => design.forms.get(oid)?.itemGroups.reduce((sum, group) => sum + (design.groups.get(group.itemGroupOid)?.items.length ?? 0), 0) ?? 0;
  return (
    <table className="table">
      <thead><tr><th>{t('build.form')}</th><th>OID</th><th className="number">{t('build.items')}</th><th className="number">{t('build.checks')}</th><th>{t('build.events')}</th></tr></thead>
      <tbody>
        {study.forms.map((form) => (
          <tr key={form.formOid}>
            <td><Link href={studyPath(study.studyOid, `/build/paper?form=${encodeURIComponent(form.formOid)}`)}>{text(form.description, form.name)}</Link></td>
            <td><code>{form.formOid}</code></td>
            <td className="number">{count(form.formOid)}</td>
            <td className="number">{study.checks.filter(({ formOid }) => formOid === form.formOid).length}</td>
            <td className="number">{study.studyEvents.filter(({ forms }) => forms.some(({ formOid }) => formOid === form.formOid)).length}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Schedule({ design }: { design: Design }) {
  const { t, text } = useLocale();
  const { study } = design;
  return (
    <>
      <div className="scroll-x" role="region" tabIndex={0} aria-label={t('build.schedule')}>
        <table className="table schedule">
          <thead><tr><th className="sticky">{t('build.event')}</th><th>{t('build.window')}</th>{study.forms.map((form) => <th key={form.formOid} title={text(form.description, form.name)}>{form.formOid.replace(/^F\./, '')}</th>)}</tr></thead>
          <tbody>
            {study.studyEvents.map((event) => (
              <tr key={event.studyEventOid}>
                <th scope="row" className="sticky">{text(event.description, event.name)}</th>
                <td className="nowrap">{event.window ? `${event.window.targetDay} (−${event.window.daysBefore} +${event.window.daysAfter})` : '–'}</td>
                {study.forms.map(({ formOid }) => <td key={formOid} className="mid">{event.forms.some((form) => form.formOid === formOid) ? '●' : ''}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Conditions design={design} />
    </>
  );
}

/** When an event, or a form within it, is not collected. */
function Conditions({ design }: { design: Design }) {
  const { t, text } = useLocale();
  const conditions = design.study.studyEvents.flatMap((event) => {
    const name = text(event.description, event.name);
    const ofForm = (oid: string) => `${name} · ${text(design.forms.get(oid)?.description, design.forms.get(oid)?.name ?? oid)}`;
    return [
      { place: name, expression: event.collectionException },
      ...event.forms.map(({ formOid, collectionException }) => ({ place: ofForm(formOid), expression: collectionException })),
    ].filter(({ expression }) => expression);
  });
  if (conditions.length === 0) return null;
  return (
    <table className="table">
      <thead><tr><th>{t('build.event')}</th><th>{t('draft.condition')}</th></tr></thead>
      <tbody>{conditions.map(({ place, expression }) => <tr key={place}><td>{place}</td><td><code className="wrap">{expression}</code></td></tr>)}</tbody>
    </table>
  );
}

function Checks({ design }: { design: Design }) {
  const { t, text } = useLocale();
  return (
    <table className="table">
      <thead><tr><th>OID</th><th>{t('build.message')}</th><th>{t('build.expression')}</th><th>{t('build.severity')}</th></tr></thead>
      <tbody>{design.study.checks.map((check) => <tr key={check.checkOid}><td className="nowrap"><code>{check.checkOid}</code></td><td>{text(check.message)}</td><td><code className="wrap">{check.expression}</code></td><td>{t(check.severity === 'HARD' ? 'build.hard' : 'build.soft')}</td></tr>)}</tbody>
    </table>
  );
}

function Criteria({ design }: { design: Design }) {
  const { t, text } = useLocale();
  return (
    <table className="table">
      <thead><tr><th>OID</th><th>{t('build.kind')}</th><th>{t('build.sentence')}</th><th>{t('build.expression')}</th></tr></thead>
      <tbody>{design.study.criteria.map((one) => <tr key={one.criterionOid}><td className="nowrap"><code>{one.criterionOid}</code></td><td>{t(one.kind === 'EXCLUSION' ? 'enrol.exclusion' : 'enrol.inclusion')}</td><td>{text(one.text, one.name)}</td><td>{one.expression ? <code className="wrap">{one.expression}</code> : t('enrol.said')}</td></tr>)}</tbody>
    </table>
  );
}

function Codes({ design }: { design: Design }) {
  const { text } = useLocale();
  return (
    <div className="codes">
      {design.study.codeLists.map((list) => (
        <section key={list.codeListOid} className="card">
          <h2>{list.name} <code>{list.codeListOid}</code></h2>
          <dl className="pairs">{list.items.map(({ codedValue, decode }) => <div key={codedValue}><dt><code>{codedValue}</code></dt><dd>{text(decode, codedValue)}</dd></div>)}</dl>
        </section>
      ))}
    </div>
  );
}
