import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale } from '../../i18n';
import { useMay } from '../../lib/session';
import { studyPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Page } from '../../ui/Page';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { Empty, Loaded } from '../../ui/State';
import { Changes } from './Changes';
import { Compared } from './Compared';
import { useDraft, useDraftDesign, useForgetDraft, useRefused, type Draft } from './draft';
import { EventList } from './EventList';
import { Faults, Findings } from './Faults';
import { ImpactView } from './Impact';
import { ImportDialog } from './ImportDialog';
import { CheckList, CodeListList, FormList } from './Lists';
import { PublishDialog } from './PublishDialog';
import './build.css';

const PARTS = ['forms', 'events', 'checks', 'codes', 'faults', 'diff', 'impact', 'changes'] as const;

/** The draft of a study version: imported, edited, compared, published. */
export default function DraftPage() {
  const { study } = useParams<{ study: string }>();
  const draft = useDraft(study);
  return <Loaded from={draft}>{(known) => (known ? <Shown draft={known} /> : <None study={study} />)}</Loaded>;
}

function None({ study }: { study: string }) {
  const { t } = useLocale();
  const may = useMay(study);
  const [isImporting, setImporting] = useState(false);
  const forget = useForgetDraft(study);
  const refused = useRefused(study);
  const begin = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/draft:begin', { params: { path: { studyOid: study } }, body: { requestId: newRequestId() } })),
    onSuccess: forget,
    onError: refused,
  });
  const crumbs = <Link href={studyPath(study, '/build')}>{t('nav.build')}</Link>;
  return (
    <Page title={t('draft.title')} help="draft.help" crumbs={crumbs}>
      <Empty title={t('draft.none')}>
        {t('draft.none.next')}
        {may('design_study') && (
          <>
            <button type="button" className="button primary" disabled={begin.isPending} onClick={() => begin.mutate()}><Icon name="pen" />{t('draft.begin')}</button>
            <button type="button" className="button" onClick={() => setImporting(true)}><Icon name="plus" />{t('draft.import')}</button>
          </>
        )}
      </Empty>
      {isImporting && <ImportDialog study={study} onClose={() => setImporting(false)} />}
    </Page>
  );
}

function Shown({ draft }: { draft: Draft }) {
  const { t } = useLocale();
  const { studyOid, study, faults } = draft;
  const may = useMay(studyOid);
  const design = useDraftDesign(draft);
  const [part = 'forms', setPart] = useParam('part');
  const [asked, setAsked] = useState<'import' | 'publish' | 'discard' | undefined>();
  const close = () => setAsked(undefined);
  const forget = useForgetDraft(studyOid);
  const refused = useRefused(studyOid);
  const discard = useMutation({
    mutationFn: (reason: string) => ask(api.POST('/v1/studies/{studyOid}/draft:discard', { params: { path: { studyOid } }, body: { seenRevision: draft.revision, reason, requestId: newRequestId() } })),
    onSuccess: () => { close(); forget(); },
    onError: refused,
  });
  return (
    <Page
      title={t('draft.title')}
      help="draft.help"
      crumbs={<Link href={studyPath(studyOid, '/build')}>{t('nav.build')}</Link>}
      actions={
        <>
          <Link className="button" href={studyPath(studyOid, '/build/draft/paper')}><Icon name="print" />{t('draft.paper')}</Link>
          <button type="button" className="button" onClick={() => setAsked('import')}>{t('draft.import')}</button>
          <button type="button" className="button" onClick={() => setAsked('discard')}>{t('draft.discard')}</button>
          {may('publish_study') && <button type="button" className="button primary" disabled={faults.length > 0} onClick={() => setAsked('publish')}><Icon name="check" />{t('draft.publish')}</button>}
        </>
      }
    >
      <dl className="facts">
        <div><dt>{t('build.version')}</dt><dd>{study.metaDataVersionName} <span className="fine">{study.metaDataVersionOid}</span></dd></div>
        <div><dt>{t('draft.revision')}</dt><dd>{draft.revision}</dd></div>
        <div><dt>{t('draft.from')}</dt><dd>{draft.baseVersionHash ? <code>{draft.baseVersionHash.slice(0, 12)}</code> : draft.files.map(({ name, sha256 }) => <span key={name} title={sha256}>{name} </span>)}</dd></div>
        <div><dt>{t('draft.state')}</dt><dd>{faults.length > 0 ? <span className="status tone-red"><Icon name="dot" />{t('draft.faulty', { n: faults.length })}</span> : <span className="status tone-green"><Icon name="check" />{t('draft.sound')}</span>}</dd></div>
      </dl>
      <div className="segments" role="radiogroup" aria-label={t('build.part')}>
        {PARTS.map((one) => (
          <label key={one} className={part === one ? 'segment chosen' : 'segment'}>
            <input type="radio" name="part" checked={part === one} onChange={() => setPart(one)} />
            {t(`draft.part.${one}`)}{one === 'faults' && faults.length > 0 && ` (${faults.length})`}
          </label>
        ))}
      </div>
      {part === 'forms' && <FormList draft={draft} design={design} />}
      {part === 'events' && <EventList draft={draft} design={design} />}
      {part === 'checks' && <CheckList draft={draft} />}
      {part === 'codes' && <CodeListList draft={draft} />}
      {part === 'faults' && <><Faults faults={faults} study={studyOid} /><Findings findings={draft.findings} /></>}
      {part === 'diff' && <Compared study={studyOid} />}
      {part === 'impact' && <ImpactView study={studyOid} isReady={faults.length === 0} />}
      {part === 'changes' && <Changes draft={draft} />}
      {asked === 'import' && <ImportDialog study={studyOid} seenRevision={draft.revision} onClose={close} />}
      {asked === 'publish' && <PublishDialog draft={draft} onClose={close} />}
      {asked === 'discard' && <ReasonDialog title={t('draft.discard')} onClose={close} onGive={(reason) => discard.mutate(reason)} />}
    </Page>
  );
}
