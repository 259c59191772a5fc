import { useMutation } from '@tanstack/react-query';
import { api, ask } from '../../api/client';
import type { Schemas } from '../../api/client';
import type { User } from '../../api/types';
import { useLocale, type Key } from '../../i18n';
import { Icon } from '../../ui/icons';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';

export type Grant = Schemas['IdentityRoleGrant'];

/** The roles of a user, each with where it reaches and until when. */
export function GrantList({ user, onRevoke }: { user: User; onRevoke: (grant: Grant) => void }) {
  const { t, instant } = useLocale();
  return (
    <ul className="grants">
      {user.grants.map((grant, at) => {
        const role = t(`role.${grant.role ?? 'ROLE_UNSPECIFIED'}` as Key);
        const isOver = grant.until !== undefined && new Date(grant.until) < new Date();
        return (
          <li key={at} className={isOver ? 'over' : undefined}>
            {role} <span className="fine">{grant.studyOid ?? t('users.allstudies')}{grant.siteOid && ` · ${grant.siteOid}`}{grant.until && ` · ${t('users.until', { at: instant(grant.until) })}`}</span>
            {!isOver && <button type="button" className="button plain square quiet" aria-label={`${t('users.revoke')}: ${role}`} title={t('users.revoke')} onClick={() => onRevoke(grant)}><Icon name="cross" /></button>}
          </li>
        );
      })}
    </ul>
  );
}

export function RevokeDialog({ user, grant, onClose, onDone }: { user: User; grant: Grant; onClose: () => void; onDone: () => void }) {
  const { t } = useLocale();
  const say = useSay();
  const run = useMutation({
    mutationFn: (reason: string) => ask(api.POST('/v1/grants:revoke', {
      body: { username: user.username, role: grant.role ?? 'ROLE_UNSPECIFIED', reason, ...(grant.studyOid ? { studyOid: grant.studyOid } : {}), ...(grant.siteOid ? { siteOid: grant.siteOid } : {}) },
    })),
    onSuccess: onDone,
    onError: (error) => say(refusalText(error, t), true),
  });
  return <ReasonDialog title={`${t('users.revoke')}: ${user.username}`} onClose={onClose} onGive={(reason) => run.mutate(reason)} />;
}
