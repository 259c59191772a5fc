import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId } from '../../api/client';
import { useLocale, type Key } from '../../i18n';
import { Dialog } from '../../ui/Dialog';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';
import type { Endpoint } from './EndpointDialog';

/** What waits to be sent again and what was accepted last, and sending again from an event or a time on. */
export function Deliveries({ study, endpoint, onClose }: { study: string; endpoint: Endpoint; onClose: () => void }) {
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const say = useSay();
  const [from, setFrom] = useState('');
  const path = { studyOid: study, endpointId: endpoint.endpointId };
  const key = ['deliveries', study, endpoint.endpointId];
  const found = useQuery({
    queryKey: key,
    queryFn: async () => (await ask(api.GET('/v1/studies/{studyOid}/webhooks/{endpointId}/deliveries', { params: { path } }))).deliveries,
    refetchInterval: 5000,
  });
  const replay = useMutation({
    mutationFn: (where: { fromTime: string } | { fromEventId: string }) => ask(api.POST('/v1/studies/{studyOid}/webhooks/{endpointId}:replay', { params: { path }, body: { ...where, requestId: newRequestId() } })),
    onSuccess: () => { say(t('hooks.replayed')); void client.invalidateQueries({ queryKey: key }); },
    onError: (error) => say(refusalText(error, t), true),
  });
  return (
    <Dialog title={t('hooks.deliveries')} isOpen isWide onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); replay.mutate({ fromTime: new Date(from).toISOString() }); }}>
        <div className="row-fields">
        <label>{t('hooks.replayfrom')}<input className="input" type="datetime-local" required value={from} onChange={(event) => setFrom(event.target.value)} /></label>
        <button type="submit" className="button" disabled={replay.isPending}><Icon name="undo" />{t('hooks.replay')}</button>
        </div>
      </form>
      <Loaded from={found}>
        {(list) => list.length === 0 ? <Empty title={t('hooks.nodeliveries')}>{t('hooks.nodeliveries.next')}</Empty> : (
          <div className="scroll-x">
            <table className="table">
              <thead><tr><th>{t('hooks.event')}</th><th>{t('hooks.about')}</th><th>{t('job.state')}</th><th>{t('hooks.attempted')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
              <tbody>
                {list.map((one) => (
                  <tr key={`${one.eventId}.${one.status}`}>
                    <td><code>{one.eventType}</code></td>
                    <td>{one.logKey}{one.sequence && <span className="fine"> #{one.sequence}</span>}</td>
                    <td>
                      <span className={`status tone-${one.status === 'DELIVERED' ? 'green' : 'amber'}`}><Icon name={one.status === 'DELIVERED' ? 'check' : 'clock'} />{t(`hooks.${one.status}` as Key)}{one.httpStatus ? ` ${one.httpStatus}` : ''}</span>
                      {one.failure && <div className="fine">{t(`hooks.${one.failure}` as Key)}</div>}
                      {one.nextAttemptAt && <div className="fine">{t('hooks.next', { at: instant(one.nextAttemptAt) })}</div>}
                    </td>
                    <td className="nowrap">{instant(one.attemptedAt)}<div className="fine">{t('hooks.attempts', { n: one.attempts })}</div></td>
                    <td><button type="button" className="button small" onClick={() => replay.mutate({ fromEventId: one.eventId })}>{t('hooks.replayhere')}</button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}
