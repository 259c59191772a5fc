import { useState } from 'react';
import { Link, useLocation, useParams } from 'wouter';
import type { Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';
import { studyPath } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { useDraft, useDraftDesign, useEdit, type Draft } from './draft';
import { Examples } from './Examples';
import { useChecked, Verdict } from './ExpressionField';
import { TextsField } from './TextsField';
import './build.css';

type Check = Schemas['Check'];

export default function CheckEditor() {
  const { study, check } = useParams<{ study: string; check: string }>();
  const { t } = useLocale();
  const draft = useDraft(study);
  return (
    <Loaded from={draft}>
      {(known) => {
        const found = check === 'new' ? known && blank(known) : known?.study.checks.find(({ checkOid }) => checkOid === check);
        return known && found ? <Editor key={check} draft={known} kept={found} isNew={check === 'new'} /> : <Page title={t('state.unknown')}><Empty title={t('state.unknown')}>{t('state.unknown.next')}</Empty></Page>;
      }}
    </Loaded>
  );
}

function blank({ study }: Draft): Check {
  return { checkOid: '', name: '', scope: 'FORM', severity: 'SOFT', expression: '', message: {}, formOid: study.forms[0]?.formOid ?? '', itemOid: '', studyEventOids: [], blinded: false, examples: [] };
}

/** An edit check: typed by the server while it is written, tried with example cases, then kept. */
function Editor({ draft, kept, isNew }: { draft: Draft; kept: Check; isNew: boolean }) {
  const { t } = useLocale();
  const { studyOid } = draft;
  const [, go] = useLocation();
  const design = useDraftDesign(draft);
  const edit = useEdit(draft);
  const [check, setCheck] = useState(kept);
  const change = (part: Partial<Check>) => setCheck((now) => ({ ...now, ...part }));
  const checked = useChecked({ study: studyOid, form: check.formOid, group: check.itemGroupOid, purpose: 'CHECK', expression: check.expression, examples: check.examples });
  const isWhole = check.checkOid.trim() !== '' && check.itemOid !== '' && check.expression.trim() !== '' && Object.values(check.message).some((said) => said.trim() !== '');
  const keep = () => edit.mutate([{ putCheck: check }], { onSuccess: () => go(studyPath(studyOid, '/build/draft?part=checks')) });
  const crumbs = <><Link href={studyPath(studyOid, '/build')}>{t('nav.build')}</Link><Link href={studyPath(studyOid, '/build/draft?part=checks')}>{t('draft.title')}</Link></>;
  return (
    <Page title={isNew ? t('draft.newcheck') : kept.checkOid} help="draft.check.help" crumbs={crumbs}
      actions={<button type="button" className="button primary" disabled={!isWhole || edit.isPending} onClick={keep}><Icon name="check" />{t('draft.keep')}</button>}>
      <section className="section editor">
        <div className="row-fields">
          <label>OID<input className="input" required readOnly={!isNew} value={check.checkOid} onChange={(event) => change({ checkOid: event.target.value.replace(/\s/g, '') })} /></label>
          <label>{t('draft.name')}<input className="input" value={check.name} onChange={(event) => change({ name: event.target.value })} /></label>
          <label>{t('build.severity')}
            <select className="input" value={check.severity} onChange={(event) => change({ severity: event.target.value as Check['severity'] })}><option value="SOFT">{t('build.soft')}</option><option value="HARD">{t('build.hard')}</option></select>
          </label>
          <label className="tick"><input type="checkbox" checked={check.blinded} onChange={(event) => change({ blinded: event.target.checked })} />{t('draft.blinded')}</label>
        </div>
        <Where design={design} check={check} onChange={change} />
        <div className="expression">
          <label htmlFor="expression">{t('draft.holds')}</label>
          <textarea id="expression" className="input code" rows={3} spellCheck={false} aria-invalid={(checked?.faults.length ?? 0) > 0 || undefined} value={check.expression} onChange={(event) => change({ expression: event.target.value })} />
          <div aria-live="polite"><Verdict expression={check.expression} checked={checked} /></div>
        </div>
        <TextsField label={t('build.message')} texts={check.message} isLong onChange={(message) => change({ message })} />
      </section>
      <Examples examples={check.examples} checked={checked} onChange={(examples) => change({ examples })} />
    </Page>
  );
}

/** On which records the check runs, and at which item its query stands. */
function Where({ design, check, onChange }: { design: Design; check: Check; onChange: (part: Partial<Check>) => void }) {
  const { t, text } = useLocale();
  const form = design.forms.get(check.formOid);
  const groups = (form?.itemGroups ?? []).map(({ itemGroupOid }) => design.groups.get(itemGroupOid)).filter((group) => group !== undefined);
  const items = groups.flatMap((group) => group.items.map(({ itemOid }) => design.items.get(itemOid))).filter((item) => item !== undefined);
  return (
    <div className="row-fields">
      <label>{t('build.form')}
        <select className="input" value={check.formOid} onChange={(event) => onChange({ formOid: event.target.value, itemOid: '', itemGroupOid: '' })}>
          {design.study.forms.map((one) => <option key={one.formOid} value={one.formOid}>{text(one.description, one.name)}</option>)}
        </select>
      </label>
      <label>{t('draft.eachrow')}
        <select className="input" value={check.itemGroupOid ?? ''} onChange={(event) => onChange({ itemGroupOid: event.target.value, scope: event.target.value ? 'ITEM_GROUP' : 'FORM' })}>
          <option value="">{t('draft.oncerecord')}</option>
          {groups.filter(({ repeating }) => repeating).map((group) => <option key={group.itemGroupOid} value={group.itemGroupOid}>{text(group.description, group.name)}</option>)}
        </select>
      </label>
      <label>{t('draft.askat')}
        <select className="input" required value={check.itemOid} onChange={(event) => onChange({ itemOid: event.target.value })}>
          <option value="">–</option>
          {items.map((item) => <option key={item.itemOid} value={item.itemOid}>{item.name} · {text(item.question, item.itemOid)}</option>)}
        </select>
      </label>
    </div>
  );
}
