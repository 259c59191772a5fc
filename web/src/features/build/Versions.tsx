import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { api, ask, newRequestId, type Schemas } from '../../api/client';
import { useLocale } from '../../i18n';
import { useMay } from '../../lib/session';
import { useSites } from '../../lib/study';
import { studyPath, useParam } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { Compared } from './Compared';
import { useRefused } from './draft';
import { ImpactView } from './Impact';
import { Migration } from './Migration';
import './build.css';

type Listed = Schemas['BuildListVersionsResponse'];
const PARTS = ['sites', 'diff', 'impact', 'migration'] as const;

/** The published versions: how they differ, where each is in force, whom it touches. */
export default function Versions() {
  const { study } = useParams<{ study: string }>();
  const found = useQuery({
    queryKey: ['versions', study],
    queryFn: () => ask(api.GET('/v1/studies/{studyOid}/versions', { params: { path: { studyOid: study } } })),
  });
  return <Loaded from={found}>{(listed) => <Shown study={study} listed={listed} />}</Loaded>;
}

function Shown({ study, listed }: { study: string; listed: Listed }) {
  const { t, instant } = useLocale();
  const may = useMay(study);
  const [chosen, setChosen] = useParam('version');
  const [part = 'sites', setPart] = useParam('part');
  const last = listed.versions.at(-1);
  const hash = chosen ?? last?.versionHash ?? '';
  const at = listed.versions.findIndex(({ versionHash }) => versionHash === hash);
  const version = listed.versions[at];
  const before = listed.versions[at - 1];
  const parts = PARTS.filter((one) => one === 'sites' || (one === 'migration' ? may('migrate_data') : may('design_study')));
  return (
    <Page title={t('versions.title')} help="versions.help" crumbs={<Link href={studyPath(study, '/build')}>{t('nav.build')}</Link>}
      actions={may('design_study') && <Link className="button" href={studyPath(study, '/build/draft')}><Icon name="pen" />{t('draft.title')}</Link>}>
      <table className="table">
        <thead><tr><th>{t('build.version')}</th><th>{t('versions.published')}</th><th>{t('draft.who')}</th><th>{t('draft.reason')}</th><th>{t('versions.force')}</th></tr></thead>
        <tbody>
          {listed.versions.toReversed().map((one) => (
            <tr key={`${one.versionHash}${one.publishedAt}`}>
              <td><label className="tick"><input type="radio" name="version" checked={one.versionHash === hash} onChange={() => setChosen(one.versionHash)} />{one.metaDataVersionName} <code>{one.versionHash.slice(0, 12)}</code></label></td>
              <td className="nowrap">{instant(one.publishedAt)}</td>
              <td>{one.publishedBy}</td>
              <td>{one.reason ?? '–'}</td>
              <td>{one.versionHash === listed.generalVersionHash ? <span className="status tone-green"><Icon name="check" />{t('versions.all')}</span> : one.siteBySite ? t('versions.bysite') : t('versions.replaced')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="segments" role="radiogroup" aria-label={t('build.part')}>
        {parts.map((one) => <label key={one} className={part === one ? 'segment chosen' : 'segment'}><input type="radio" name="part" checked={part === one} onChange={() => setPart(one)} />{t(`versions.part.${one}`)}</label>)}
      </div>
      {part === 'sites' && version && <SiteVersions study={study} listed={listed} version={version} />}
      {part === 'diff' && before && <Compared study={study} oldHash={before.versionHash} newHash={hash} />}
      {part === 'impact' && <ImpactView key={hash} study={study} hash={hash} isReady />}
      {part === 'migration' && <Migration key={hash} study={study} hash={hash} />}
    </Page>
  );
}

/** From when each site works under the version. */
function SiteVersions({ study, listed, version }: { study: string; listed: Listed; version: Schemas['BuildVersion'] }) {
  const { t, text } = useLocale();
  const may = useMay(study);
  const sites = useSites(study);
  const [isOpen, setOpen] = useState(false);
  const said = listed.sites.filter(({ versionHash }) => versionHash === version.versionHash);
  const isGeneral = version.versionHash === listed.generalVersionHash;
  const general = listed.versions.findIndex(({ versionHash }) => versionHash === listed.generalVersionHash);
  const canSchedule = version.siteBySite && listed.versions.indexOf(version) > general && may('publish_study');
  return (
    <section className="section">
      <p>{isGeneral ? t('versions.general') : version.siteBySite ? t('versions.bysite.how') : t('versions.replaced')}</p>
      {canSchedule && <div><button type="button" className="button primary" onClick={() => setOpen(true)}><Icon name="clock" />{t('versions.schedule')}</button></div>}
      {said.length > 0 && (
        <table className="table">
          <thead><tr><th>{t('scope.site')}</th><th>{t('versions.from')}</th><th>{t('draft.state')}</th><th>{t('draft.who')}</th><th>{t('draft.reason')}</th></tr></thead>
          <tbody>{said.map((one, at) => <tr key={at}><td>{one.siteOid} {text(sites.data?.find(({ siteOid }) => siteOid === one.siteOid)?.name)}</td><td>{one.effectiveDate}</td><td>{t(one.inForce ? 'versions.inforce' : 'versions.tocome')}</td><td>{one.scheduledBy}</td><td>{one.reason}</td></tr>)}</tbody>
        </table>
      )}
      {isOpen && <ScheduleDialog study={study} hash={version.versionHash} onClose={() => setOpen(false)} />}
    </section>
  );
}

function ScheduleDialog({ study, hash, onClose }: { study: string; hash: string; onClose: () => void }) {
  const { t, text } = useLocale();
  const client = useQueryClient();
  const sites = useSites(study);
  const refused = useRefused(study);
  const [chosen, setChosen] = useState<string[]>([]);
  const [date, setDate] = useState('');
  const [reason, setReason] = useState('');
  const schedule = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/versions:schedule', { params: { path: { studyOid: study } }, body: { siteOids: chosen, versionHash: hash, effectiveDate: date, reason: reason.trim(), requestId: newRequestId() } })),
    onSuccess: () => { void client.invalidateQueries({ queryKey: ['versions', study] }); onClose(); },
    onError: refused,
  });
  const toggle = (oid: string) => setChosen((now) => (now.includes(oid) ? now.filter((one) => one !== oid) : [...now, oid]));
  return (
    <Dialog title={t('versions.schedule')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); schedule.mutate(); }}>
        <fieldset><legend>{t('scope.site')}</legend>
          <div className="scroll-y">{(sites.data ?? []).map((site) => <label key={site.siteOid} className="tick"><input type="checkbox" checked={chosen.includes(site.siteOid)} onChange={() => toggle(site.siteOid)} />{site.siteOid} {text(site.name)}</label>)}</div>
        </fieldset>
        <label>{t('versions.from')}<input className="input" type="date" required value={date} onChange={(event) => setDate(event.target.value)} /></label>
        <label>{t('draft.reason')}<input className="input big" required value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={chosen.length === 0 || date === '' || reason.trim() === '' || schedule.isPending}>{t('versions.schedule')}</button></div>
      </form>
    </Dialog>
  );
}
