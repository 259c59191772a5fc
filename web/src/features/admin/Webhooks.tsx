import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'wouter';
import { api, ask, newRequestId, Refused } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { Icon } from '../../ui/icons';
import { Menu } from '../../ui/Menu';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';
import { Deliveries } from './Deliveries';
import { EndpointDialog, type Endpoint } from './EndpointDialog';
import { SecretDialog } from './SecretDialog';
import './admin.css';

type Asked = { what: 'new' } | { what: 'edit' | 'deliveries' | 'secret'; endpoint: Endpoint };
type Act = 'enable' | 'disable' | 'rotateKey' | 'delete' | 'test';

/** Where the events of the study are sent, how they stand, and what came of them. */
export default function Webhooks() {
  const { study } = useParams<{ study: string }>();
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const say = useSay();
  const [asked, setAsked] = useState<Asked | undefined>();
  const found = useQuery({
    queryKey: ['webhooks', study],
    queryFn: async () => (await ask(api.GET('/v1/studies/{studyOid}/webhooks', { params: { path: { studyOid: study } } }))).endpoints,
    refetchInterval: 10_000,
  });
  const again = () => void client.invalidateQueries({ queryKey: ['webhooks', study] });
  const act = useMutation({
    mutationFn: async ({ what, endpointId }: { what: Act; endpointId: string }): Promise<string> => {
      const params = { path: { studyOid: study, endpointId } };
      const body = { requestId: newRequestId() };
      if (what === 'test') {
        const { delivered, failure, httpStatus } = await ask(api.POST('/v1/studies/{studyOid}/webhooks/{endpointId}:test', { params, body }));
        if (delivered) return t('hooks.tested', { status: httpStatus ?? '' });
        throw new Error(`${t(`hooks.${failure ?? 'FAILURE_UNSPECIFIED'}` as Key)}${httpStatus ? ` (${httpStatus})` : ''}`);
      }
      if (what === 'enable') await ask(api.POST('/v1/studies/{studyOid}/webhooks/{endpointId}:enable', { params, body }));
      if (what === 'disable') await ask(api.POST('/v1/studies/{studyOid}/webhooks/{endpointId}:disable', { params, body }));
      if (what === 'rotateKey') await ask(api.POST('/v1/studies/{studyOid}/webhooks/{endpointId}:rotateKey', { params, body }));
      if (what === 'delete') await ask(api.DELETE('/v1/studies/{studyOid}/webhooks/{endpointId}', { params: { ...params, query: body } }));
      return t(`hooks.${what}.done` as Key);
    },
    onSuccess: (said) => say(said),
    onError: (error) => say(error instanceof Refused ? refusalText(error, t) : error.message, true),
    onSettled: again,
  });
  const close = () => setAsked(undefined);
  return (
    <Page title={t('nav.webhooks')} help="hooks.help" isFull
      actions={<button type="button" className="button primary" onClick={() => setAsked({ what: 'new' })}><Icon name="plus" />{t('hooks.new')}</button>}>
      <Loaded from={found}>
        {(list) => list.length === 0 ? <Empty title={t('hooks.none')}>{t('hooks.none.next')}</Empty> : (
          <div className="scroll-x tall">
            <table className="table">
              <thead><tr><th>{t('hooks.url')}</th><th>{t('hooks.events')}</th><th>{t('job.state')}</th><th>{t('hooks.made')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
              <tbody>
                {list.map((one) => (
                  <tr key={one.endpointId}>
                    <td className="wrap"><code>{one.url}</code>{one.description && <div className="fine">{one.description}</div>}</td>
                    <td className="fine">{one.eventTypes.length === 0 ? t('hooks.allevents') : one.eventTypes.join(', ')}</td>
                    <td><EndpointStatus one={one} /></td>
                    <td className="nowrap">{instant(one.createdAt)}<div className="fine">{one.createdBy}</div></td>
                    <td>
                      <Menu label={t('hooks.acts', { url: one.url })} items={[
                        { key: 'test', label: t('hooks.test'), onChoose: () => act.mutate({ what: 'test', endpointId: one.endpointId }) },
                        { key: 'deliveries', label: t('hooks.deliveries'), onChoose: () => setAsked({ what: 'deliveries', endpoint: one }) },
                        { key: 'edit', label: t('hooks.edit'), onChoose: () => setAsked({ what: 'edit', endpoint: one }) },
                        { key: 'secret', label: t('hooks.secret'), onChoose: () => setAsked({ what: 'secret', endpoint: one }) },
                        { key: 'rotate', label: t('hooks.rotateKey'), onChoose: () => act.mutate({ what: 'rotateKey', endpointId: one.endpointId }) },
                        one.status === 'DISABLED'
                          ? { key: 'enable', label: t('hooks.enable'), onChoose: () => act.mutate({ what: 'enable', endpointId: one.endpointId }) }
                          : { key: 'disable', label: t('hooks.disable'), onChoose: () => act.mutate({ what: 'disable', endpointId: one.endpointId }) },
                        { key: 'delete', label: t('hooks.delete'), isDanger: true, onChoose: () => act.mutate({ what: 'delete', endpointId: one.endpointId }) },
                      ]}><Icon name="down" /></Menu>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {(asked?.what === 'new' || asked?.what === 'edit') && <EndpointDialog study={study} endpoint={asked.what === 'edit' ? asked.endpoint : undefined} onClose={close} onDone={() => { close(); again(); }} />}
      {asked?.what === 'deliveries' && <Deliveries study={study} endpoint={asked.endpoint} onClose={close} />}
      {asked?.what === 'secret' && <SecretDialog study={study} endpoint={asked.endpoint} onClose={close} />}
    </Page>
  );
}

function EndpointStatus({ one }: { one: Endpoint }) {
  const { t, instant } = useLocale();
  if (one.status === 'DISABLED') {
    return <span className="status tone-quiet"><Icon name="cross" />{t(`hooks.${one.disabledBecause ?? 'BY_CALLER'}` as Key)}</span>;
  }
  const isFailing = one.failingSince !== undefined;
  return (
    <>
      <span className={`status tone-${isFailing ? 'red' : 'green'}`}><Icon name={isFailing ? 'triangle' : 'check'} />{t(isFailing ? 'hooks.failing' : 'hooks.enabled')}</span>
      {isFailing && <div className="fine">{t('hooks.since', { at: instant(one.failingSince) })}</div>}
      {one.heldBack > 0 && <div className="fine">{t('hooks.held', { n: one.heldBack })}</div>}
    </>
  );
}
