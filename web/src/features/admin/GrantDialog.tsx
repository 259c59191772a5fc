import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api/client';
import type { Role } from '../../api/types';
import { useLocale, type Key } from '../../i18n';
import { useSites, useStudies } from '../../lib/study';
import { Dialog } from '../../ui/Dialog';
import { refusalText } from '../../ui/refusal';

export const ROLES: Role[] = ['STUDY_DESIGNER', 'DATA_MANAGER', 'INVESTIGATOR', 'COORDINATOR', 'MONITOR', 'CODER', 'STATISTICIAN', 'PHARMACIST', 'INSTITUTION_MANAGER', 'IMAGING_READER', 'AUDITOR', 'ADMINISTRATOR'];

export function GrantDialog({ username, onClose, onDone }: { username: string; onClose: () => void; onDone: () => void }) {
  const { t, text } = useLocale();
  const studies = useStudies().data ?? [];
  const [role, setRole] = useState<Role>('COORDINATOR');
  const [study, setStudy] = useState('');
  const [site, setSite] = useState('');
  const [until, setUntil] = useState('');
  const [reason, setReason] = useState('');
  const sites = useSites(study || undefined).data ?? [];
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/grants', {
      body: {
        username, role, ...(study ? { studyOid: study } : {}), ...(site ? { siteOid: site } : {}),
        ...(until ? { until: new Date(until).toISOString() } : {}), ...(reason.trim() ? { reason: reason.trim() } : {}),
      },
    })),
    onSuccess: onDone,
  });
  return (
    <Dialog title={`${t('users.grant')}: ${username}`} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <label>{t('users.role')}<select className="input big" value={role} onChange={(event) => setRole(event.target.value as Role)}>{ROLES.map((one) => <option key={one} value={one}>{t(`role.${one}` as Key)}</option>)}</select></label>
        <label>{t('scope.study')}<select className="input big" value={study} onChange={(event) => { setStudy(event.target.value); setSite(''); }}><option value="">{t('users.allstudies')}</option>{studies.map((one) => <option key={one.studyOid} value={one.studyOid}>{one.protocolName}</option>)}</select></label>
        {study && <label>{t('scope.site')}<select className="input big" value={site} onChange={(event) => setSite(event.target.value)}><option value="">{t('scope.all')}</option>{sites.map((one) => <option key={one.siteOid} value={one.siteOid}>{text(one.name, one.siteOid)}</option>)}</select></label>}
        <label>{t('users.untilwhen')}<input className="input" type="date" value={until} onChange={(event) => setUntil(event.target.value)} /></label>
        <label>{t('reason.title')}<input className="input big" value={reason} onChange={(event) => setReason(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t('users.grant')}</button></div>
      </form>
    </Dialog>
  );
}
