import { Link, useParams } from 'wouter';
import type { FormDef } from '../../api/types';
import { useLocale } from '../../i18n';
import { useDesign, type Design } from '../../lib/study';
import { studyPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { useDraft, useDraftDesign, type Draft } from './draft';
import { Sheet } from './Sheet';
import './build.css';

/** The case report forms of a published version on paper. */
export function PublishedPaper() {
  const { study } = useParams<{ study: string }>();
  const [version] = useParam('version');
  const design = useDesign(study, version);
  return <Loaded from={design}>{(known) => <Papers design={known} mark={known.study.versionHash.slice(0, 12)} />}</Loaded>;
}

/** The same of the draft. */
export function DraftPaper() {
  const { study } = useParams<{ study: string }>();
  const { t } = useLocale();
  const draft = useDraft(study);
  return <Loaded from={draft}>{(known) => (known ? <OfDraft draft={known} /> : <Page title={t('draft.title')}><Empty title={t('draft.none')} /></Page>)}</Loaded>;
}

function OfDraft({ draft }: { draft: Draft }) {
  const { t } = useLocale();
  const design = useDraftDesign(draft);
  return <Papers design={design} mark={`${t('draft.title')} ${draft.revision}`} />;
}

/** One form or all of them, blank or annotated; each begins on a page of its own. */
function Papers({ design, mark }: { design: Design; mark: string }) {
  const { t, text } = useLocale();
  const { study } = design;
  const [mode = 'blank', setMode] = useParam('mode');
  const [chosen, setChosen] = useParam('form');
  const forms: FormDef[] = study.forms.filter(({ formOid }) => chosen === undefined || formOid === chosen);
  return (
    <Page title={t('paper.title')} help="build.paper" crumbs={<Link href={studyPath(study.studyOid, '/build')}>{t('nav.build')}</Link>}
      actions={
        <>
          <select className="input" aria-label={t('build.form')} value={chosen ?? ''} onChange={(event) => setChosen(event.target.value || undefined)}>
            <option value="">{t('paper.all')}</option>
            {study.forms.map((form) => <option key={form.formOid} value={form.formOid}>{text(form.description, form.name)}</option>)}
          </select>
          <div className="segments" role="radiogroup" aria-label={t('build.part')}>
            {(['blank', 'annotated'] as const).map((one) => (
              <label key={one} className={mode === one ? 'segment chosen' : 'segment'}><input type="radio" name="mode" checked={mode === one} onChange={() => setMode(one)} />{t(`build.${one}`)}</label>
            ))}
          </div>
          <button type="button" className="button" onClick={() => window.print()}><Icon name="print" />{t('act.print')}</button>
        </>
      }>
      {forms.map((form) => <Sheet key={form.formOid} design={design} form={form} isAnnotated={mode === 'annotated'} mark={mark} />)}
    </Page>
  );
}
