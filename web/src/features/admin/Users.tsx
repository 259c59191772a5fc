import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask } from '../../api/client';
import type { User } from '../../api/types';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import { Menu } from '../../ui/Menu';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import { refusalText } from '../../ui/refusal';
import { useSay } from '../../ui/Toast';
import { ReasonDialog } from '../../ui/ReasonDialog';
import { GrantDialog } from './GrantDialog';
import { GrantList, RevokeDialog, type Grant } from './GrantList';
import { InviteDialog } from './InviteDialog';
import { ProgramDialog, RotateDialog } from './ProgramDialog';

type Asked = { what: 'grant'; user: User } | { what: 'disable' | 'enable'; user: User } | { what: 'revoke'; user: User; grant: Grant } | { what: 'invite' | 'program' } | { what: 'rotate'; user: User };

export default function Users() {
  const { t, instant } = useLocale();
  const client = useQueryClient();
  const say = useSay();
  const [, go] = useLocation();
  const [asked, setAsked] = useState<Asked | undefined>();
  const [find, setFind] = useState('');
  const users = useQuery({
    queryKey: ['users'],
    queryFn: async () => (await ask(api.GET('/v1/users', { params: { query: { pageSize: 500 } } }))).users,
  });
  const again = () => void client.invalidateQueries({ queryKey: ['users'] });
  const done = () => {
    setAsked(undefined);
    again();
  };
  const able = useMutation({
    mutationFn: async ({ what, user, reason }: { what: 'disable' | 'enable'; user: User; reason: string }) => {
      const options = { params: { path: { username: user.username } }, body: { reason } };
      return what === 'disable' ? ask(api.POST('/v1/users/{username}:disable', options)) : ask(api.POST('/v1/users/{username}:enable', options));
    },
    onSuccess: done,
    onError: (error) => say(refusalText(error, t), true),
  });
  const wanted = find.trim().toLowerCase();
  return (
    <Page title={t('nav.users')} help="users.help" isFull
      actions={<>
        <a className="button" href="/v1/accessReview" download><Icon name="out" />{t('users.review')}</a>
        <button type="button" className="button" onClick={() => setAsked({ what: 'program' })}><Icon name="key" />{t('programs.new')}</button>
        <button type="button" className="button primary" onClick={() => setAsked({ what: 'invite' })}><Icon name="plus" />{t('users.invite')}</button>
      </>}>
      <div className="filters"><input className="input" type="search" aria-label={t('users.find')} placeholder={t('users.find')} value={find} onChange={(event) => setFind(event.target.value)} /></div>
      <Loaded from={users}>
        {(list) => list.length === 0 ? <Empty title={t('users.none')} /> : (
          <div className="scroll-x tall">
            <table className="table">
              <thead><tr><th>{t('login.name')}</th><th>{t('users.fullname')}</th><th>{t('users.roles')}</th><th>{t('users.factor')}</th><th>{t('users.last')}</th><th><span className="hidden">{t('row.acts')}</span></th></tr></thead>
              <tbody>
                {list.filter((user) => `${user.username} ${user.fullName}`.toLowerCase().includes(wanted)).map((user) => (
                  <tr key={user.username} className={user.disabled ? 'removed' : undefined}>
                    <td>{user.username}{user.isServiceAccount && <span className="tag">{t('users.program')}</span>}{user.disabled && <span className="tag">{t('users.disabled')}</span>}</td>
                    <td>{user.fullName}</td>
                    <td><GrantList user={user} onRevoke={(grant) => setAsked({ what: 'revoke', user, grant })} /></td>
                    <td>{user.hasTotp ? <span className="status tone-green"><Icon name="check" />TOTP</span> : '–'}</td>
                    <td className="nowrap">{instant(user.lastLogInAt) || '–'}</td>
                    <td>
                      <Menu label={t('users.acts', { name: user.username })} items={[
                        { key: 'grant', label: t('users.grant'), onChoose: () => setAsked({ what: 'grant', user }) },
                        ...(user.isServiceAccount ? [{ key: 'rotate', label: t('programs.rotate'), onChoose: () => setAsked({ what: 'rotate', user }) }] : []),
                        { key: 'trail', label: t('users.trail'), onChoose: () => go(`/access?part=users&user=${encodeURIComponent(user.username)}`) },
                        { key: 'able', label: t(user.disabled ? 'users.enable' : 'users.disable'), isDanger: !user.disabled, onChoose: () => setAsked({ what: user.disabled ? 'enable' : 'disable', user }) },
                      ]}><Icon name="down" /></Menu>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      {asked?.what === 'invite' && <InviteDialog onClose={() => setAsked(undefined)} onDone={done} />}
      {asked?.what === 'program' && <ProgramDialog onClose={() => setAsked(undefined)} onDone={again} />}
      {asked?.what === 'rotate' && <RotateDialog user={asked.user} onClose={() => setAsked(undefined)} />}
      {asked?.what === 'grant' && <GrantDialog username={asked.user.username} onClose={() => setAsked(undefined)} onDone={done} />}
      {asked?.what === 'revoke' && <RevokeDialog user={asked.user} grant={asked.grant} onClose={() => setAsked(undefined)} onDone={done} />}
      {(asked?.what === 'disable' || asked?.what === 'enable') && (
        <ReasonDialog title={`${t(`users.${asked.what}`)}: ${asked.user.username}`} onClose={() => setAsked(undefined)} onGive={(reason) => able.mutate({ ...asked, reason })} />
      )}
    </Page>
  );
}
