import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import type { Site } from '../../api/types';
import { useLocale } from '../../i18n';
import { useMay } from '../../lib/session';
import { useSites } from '../../lib/study';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { Empty, Loaded } from '../../ui/State';
import { useRefused } from './draft';

/** The sites of a study: which there are, and whether they take participants. */
export function Sites({ study }: { study: string }) {
  const { t } = useLocale();
  const sites = useSites(study);
  const mayChange = useMay(study)('publish_study');
  const [isAdding, setAdding] = useState(false);
  return (
    <section className="section">
      {mayChange && <div><button type="button" className="button primary" onClick={() => setAdding(true)}><Icon name="plus" />{t('sites.add')}</button></div>}
      <p className="fine">{t('sites.help')}</p>
      <Loaded from={sites}>
        {(list) => list.length === 0 ? <Empty title={t('sites.none')}>{t('sites.none.next')}</Empty> : (
          <table className="table">
            <thead><tr><th>{t('scope.site')}</th><th>OID</th><th>{t('sites.zone')}</th><th>{t('sites.country')}</th><th className="number">{t('subject.screened')}</th><th className="number">{t('sites.enrolled')}</th><th>{t('draft.state')}</th><th><span className="hidden">{t('sites.act')}</span></th></tr></thead>
            <tbody>{list.map((site) => <SiteRow key={site.siteOid} study={study} site={site} mayChange={mayChange} />)}</tbody>
          </table>
        )}
      </Loaded>
      {isAdding && <AddDialog study={study} onClose={() => setAdding(false)} />}
    </section>
  );
}

function useChanged(study: string) {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ['sites', study] });
}

function SiteRow({ study, site, mayChange }: { study: string; site: Site; mayChange: boolean }) {
  const { t, text, count } = useLocale();
  const changed = useChanged(study);
  const refused = useRefused(study);
  const [isAsked, setAsked] = useState(false);
  const isActive = site.status === 'ACTIVE';
  const act = t(isActive ? 'sites.close' : 'sites.open');
  const turn = useMutation({
    mutationFn: (reason: string) => ask(api.POST('/v1/studies/{studyOid}/sites/{siteOid}:changeStatus', { params: { path: { studyOid: study, siteOid: site.siteOid } }, body: { status: isActive ? 'CLOSED' : 'ACTIVE', reason, requestId: newRequestId() } })),
    onSuccess: () => { setAsked(false); changed(); },
    onError: refused,
  });
  return (
    <tr>
      <td>{text(site.name)}</td>
      <td><code>{site.siteOid}</code></td>
      <td>{site.timeZone}</td>
      <td>{site.country ?? '–'}</td>
      <td className="number">{count(site.subjectCount)}</td>
      <td className="number">{count(site.enrolledCount)}</td>
      <td><span className={`status tone-${isActive ? 'green' : 'quiet'}`}><Icon name={isActive ? 'check' : 'lock'} />{t(`sites.${site.status}`)}</span></td>
      <td>
        {mayChange && <button type="button" className="button small" aria-label={`${act}: ${site.siteOid}`} onClick={() => setAsked(true)}>{act}</button>}
        {isAsked && <ReasonDialog title={`${act}: ${text(site.name)}`} onClose={() => setAsked(false)} onGive={(reason) => turn.mutate(reason)} />}
      </td>
    </tr>
  );
}

const ZONES = Intl.supportedValuesOf('timeZone');

function AddDialog({ study, onClose }: { study: string; onClose: () => void }) {
  const { t, language } = useLocale();
  const changed = useChanged(study);
  const refused = useRefused(study);
  const [oid, setOid] = useState('');
  const [name, setName] = useState('');
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [country, setCountry] = useState('');
  const [reason, setReason] = useState('');
  const [requestId] = useState(newRequestId);
  const add = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/sites:add', {
      params: { path: { studyOid: study } },
      body: { siteOid: oid.trim(), name: { [language]: name.trim() }, timeZone: zone, requestId, ...(country ? { country } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}) },
    })),
    onSuccess: () => { changed(); onClose(); },
    onError: refused,
  });
  return (
    <Dialog title={t('sites.add')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}>
        <label>OID<input className="input big" required pattern="[\p{L}\p{N}._\-]{1,40}" title={t('sites.oid.hint')} value={oid} onChange={(event) => setOid(event.target.value)} /></label>
        <label>{t('sites.name')}<input className="input big" required maxLength={200} value={name} onChange={(event) => setName(event.target.value)} /></label>
        <label>{t('sites.zone')}<select className="input big" value={zone} onChange={(event) => setZone(event.target.value)}>{[...new Set([zone, ...ZONES])].map((one) => <option key={one}>{one}</option>)}</select></label>
        <label>{t('sites.country')}<input className="input big" pattern="[A-Z]{2,3}" title={t('sites.country.hint')} value={country} onChange={(event) => setCountry(event.target.value.toUpperCase())} /></label>
        <label>{t('draft.reason')}<input className="input big" value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={add.isPending}>{t('sites.add')}</button></div>
      </form>
    </Dialog>
  );
}
