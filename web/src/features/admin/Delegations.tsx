import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { api, ask } from '../../api/client';
import { useMay } from '../../lib/session';
import type { Role } from '../../api/types';
import { useLocale, type Key } from '../../i18n';
import { useSites } from '../../lib/study';
import { useParam } from '../../lib/url';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';

const DELEGATED: Role[] = ['COORDINATOR', 'INVESTIGATOR', 'PHARMACIST', 'IMAGING_READER'];

/** Who does which tasks at a site, from when until when, and who said so. */
export default function Delegations() {
  const { study } = useParams<{ study: string }>();
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const say = useSay();
  const may = useMay(study);
  const sites = useSites(study).data ?? [];
  const [chosen] = useParam('site');
  const site = chosen ?? sites[0]?.siteOid;
  const [asked, setAsked] = useState<'new' | { end: string } | undefined>();
  const found = useQuery({
    queryKey: ['delegations', study, site],
    queryFn: async () => (await ask(api.GET('/v1/studies/{studyOid}/sites/{siteOid}/delegations', { params: { path: { studyOid: study, siteOid: site ?? '' }, query: { pageSize: 500 } } }))).delegations,
    enabled: site !== undefined,
  });
  const done = () => {
    setAsked(undefined);
    void client.invalidateQueries({ queryKey: ['delegations', study] });
  };
  const end = useMutation({
    mutationFn: ({ delegationId, reason }: { delegationId: string; reason: string }) => ask(api.POST('/v1/studies/{studyOid}/sites/{siteOid}/delegations/{delegationId}:end', { params: { path: { studyOid: study, siteOid: site ?? '', delegationId } }, body: { reason } })),
    onSuccess: done,
    onError: (error) => say(refusalText(error, t), true),
  });
  const mayDelegate = may('delegate_tasks', site);
  return (
    <Page title={`${t('nav.delegations')} · ${site ?? ''}`} help="delegations.help"
      actions={<>
        {site && <a className="button" href={`/v1/studies/${encodeURIComponent(study)}/sites/${encodeURIComponent(site)}/delegationLog`} download><Icon name="out" />{t('delegations.log')}</a>}
        {mayDelegate && <button type="button" className="button primary" onClick={() => setAsked('new')}><Icon name="plus" />{t('delegations.new')}</button>}
      </>}>
      <Loaded from={found}>
        {(list) => list.length === 0 ? <Empty title={t('delegations.none')}>{t('delegations.none.next')}</Empty> : (
          <table className="table">
            <thead><tr><th>{t('users.fullname')}</th><th>{t('users.role')}</th><th>{t('delegations.tasks')}</th><th>{t('delegations.from')}</th><th>{t('delegations.until')}</th><th>{t('delegations.by')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
            <tbody>
              {list.map((line) => (
                <tr key={line.delegationId} className={line.endedBy ? 'removed' : undefined}>
                  <td>{line.fullName} <span className="fine">{line.username}</span></td>
                  <td>{t(`role.${line.role}` as Key)}</td>
                  <td>{line.tasks.join('; ')}</td>
                  <td className="nowrap">{instant(line.from)}</td>
                  <td className="nowrap">{instant(line.until)}{line.endReason && <span className="fine"> {line.endReason}</span>}</td>
                  <td>{line.delegatedBy}</td>
                  <td>{mayDelegate && !line.endedBy && <button type="button" className="button small" onClick={() => setAsked({ end: line.delegationId })}>{t('delegations.end')}</button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
      {asked === 'new' && site && <NewDelegation study={study} site={site} onClose={() => setAsked(undefined)} onDone={done} />}
      {typeof asked === 'object' && <ReasonDialog title={t('delegations.end')} onClose={() => setAsked(undefined)} onGive={(reason) => end.mutate({ delegationId: asked.end, reason })} />}
    </Page>
  );
}

function NewDelegation({ study, site, onClose, onDone }: { study: string; site: string; onClose: () => void; onDone: () => void }) {
  const { t } = useLocale();
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<Role>('COORDINATOR');
  const [tasks, setTasks] = useState('');
  const run = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/sites/{siteOid}/delegations', {
      params: { path: { studyOid: study, siteOid: site } },
      body: { username: username.trim(), role, tasks: tasks.split('\n').map((task) => task.trim()).filter(Boolean) },
    })),
    onSuccess: onDone,
  });
  return (
    <Dialog title={t('delegations.new')} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); run.mutate(); }}>
        <label>{t('login.name')}<input className="input big" required value={username} onChange={(event) => setUsername(event.target.value)} /></label>
        <label>{t('users.role')}<select className="input big" value={role} onChange={(event) => setRole(event.target.value as Role)}>{DELEGATED.map((one) => <option key={one} value={one}>{t(`role.${one}` as Key)}</option>)}</select></label>
        <label>{t('delegations.taskslines')}<textarea className="input big" rows={4} required value={tasks} onChange={(event) => setTasks(event.target.value)} /></label>
        {run.error && <p className="error" role="alert">{refusalText(run.error, t)}</p>}
        <div className="dialog-acts"><button type="submit" className="button primary" disabled={run.isPending}>{t('delegations.new')}</button></div>
      </form>
    </Dialog>
  );
}
