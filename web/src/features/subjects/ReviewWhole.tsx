import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, newRequestId, type Schemas } from '../../api/client';
import { SignDialog, type Signing } from '../../forms/SignDialog';
import { useLocale } from '../../i18n';
import { useMayChange } from '../../lib/lock';
import { useUser } from '../../lib/session';
import { Icon } from '../../ui/icons';
import { Menu } from '../../ui/Menu';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';

type Mark = 'freeze' | 'unfreeze' | 'lock' | 'unlock';
type Props = {
  studyOid: string;
  subjectKey: string;
  siteOid: string;
  /** One visit; the whole casebook without. */
  visit?: { studyEventOid: string; studyEventRepeatKey: string; name: string };
  /** What a signature is authorised for; nothing where nothing is to be signed. */
  signingSha256: string | undefined;
};

/** Freezes, locks or signs a visit or a casebook as a whole. */
export function ReviewWhole({ studyOid, subjectKey, siteOid, visit, signingSha256 }: Props) {
  const { t } = useLocale();
  const may = useMayChange(studyOid);
  const say = useSay();
  const user = useUser();
  const client = useQueryClient();
  const [asked, setAsked] = useState<'unfreeze' | 'unlock' | 'sign' | undefined>();
  const name = visit?.name ?? subjectKey;
  const refresh = () => {
    for (const key of ['subject', 'matrix', 'work', 'workload', 'record']) void client.invalidateQueries({ queryKey: [key] });
  };
  const mark = useMutation({
    mutationFn: ({ act, reason }: { act: Mark; reason?: string }): Promise<{ results: Schemas['RecordResult'][] }> => {
      const params = { path: { studyOid, subjectKey } };
      const place = visit ? { studyEventOid: visit.studyEventOid, studyEventRepeatKey: visit.studyEventRepeatKey } : {};
      const body = { ...place, undo: act.startsWith('un'), requestId: newRequestId(), ...(reason ? { reason } : {}) };
      if (act.endsWith('freeze')) return ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:freeze', { params, body }));
      return ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:lock', { params, body }));
    },
    onSuccess: ({ results }) => {
      const refused = results.filter(({ reason }) => reason);
      const done = t('whole.done', { n: results.filter(({ isChanged }) => isChanged).length, of: results.length });
      const why = refused[0]?.reason;
      say(why ? `${done}. ${t('whole.refused', { n: refused.length, why: refusalText(why, t) })}` : done, refused.length > 0);
      refresh();
    },
    onError: (error) => say(refusalText(error, t), true),
  });
  const sign = ({ meaning, signingTicket, requestId }: Signing): Promise<unknown> => {
    const body = { signingSha256: signingSha256 ?? '', meaning, signingTicket, requestId };
    if (!visit) return ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}:sign', { params: { path: { studyOid, subjectKey } }, body }));
    const { studyEventOid, studyEventRepeatKey } = visit;
    return ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}:sign', { params: { path: { studyOid, subjectKey, studyEventOid, studyEventRepeatKey } }, body }));
  };
  const items = [
    ...(signingSha256 && may('sign_data', siteOid) ? [{ key: 'sign', label: t(visit ? 'whole.signvisit' : 'whole.signcasebook'), onChoose: () => setAsked('sign') }] : []),
    ...(may('freeze_data', siteOid) ? [{ key: 'freeze', label: t('whole.freeze'), onChoose: () => mark.mutate({ act: 'freeze' }) }, { key: 'unfreeze', label: t('whole.unfreeze'), onChoose: () => setAsked('unfreeze') }] : []),
    ...(may('lock_data', siteOid) ? [{ key: 'lock', label: t('whole.lock'), onChoose: () => mark.mutate({ act: 'lock' }) }, { key: 'unlock', label: t('whole.unlock'), onChoose: () => setAsked('unlock') }] : []),
  ];
  if (items.length === 0) return null;
  const what = t('sign.whole', { name: user.fullName, what: visit ? t('sign.visit', { name }) : t('sign.casebook', { name }) });
  return (
    <>
      <Menu label={t('whole.acts', { name })} items={items}><Icon name="shield" /><Icon name="down" /></Menu>
      {(asked === 'unfreeze' || asked === 'unlock') && (
        <ReasonDialog title={t(`whole.${asked}`)} onClose={() => setAsked(undefined)} onGive={(reason) => { setAsked(undefined); mark.mutate({ act: asked, reason }); }} />
      )}
      {asked === 'sign' && (
        <SignDialog
          title={t(visit ? 'whole.signvisit' : 'whole.signcasebook')}
          what={what}
          signingSha256={signingSha256 ?? ''}
          sign={sign}
          onClose={() => setAsked(undefined)}
          onSigned={() => { setAsked(undefined); refresh(); }}
        />
      )}
    </>
  );
}
