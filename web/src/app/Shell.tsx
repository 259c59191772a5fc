import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation, useRoute } from 'wouter';
import { api, ask } from '../api/client';
import { useLocale } from '../i18n';
import { Icon, type IconName } from '../ui/icons';
import { Menu } from '../ui/Menu';
import { useSay } from '../ui/Toast';
import type { Theme } from '../ui/theme';
import { OutboxState } from '../forms/OutboxState';
import { outbox } from '../forms/outbox';
import { studyPath } from '../lib/url';
import { Help } from './Help';
import { Palette } from './Palette';
import { Scope } from './Scope';
import { forget, useMay, useMaySystem, useUser } from '../lib/session';
import { useKeys } from '../lib/keys';
import { useLockedAt } from '../lib/lock';

type Entry = { path: string; label: string; icon: IconName; isShown: boolean };

function useEntries(studyOid: string | undefined): Entry[] {
  const { t } = useLocale();
  const may = useMay(studyOid);
  const maySystem = useMaySystem();
  const inStudy = (rest: string) => (studyOid ? studyPath(studyOid, rest) : '/');
  const hasStudy = studyOid !== undefined;
  return [
    { path: inStudy(''), label: t('nav.home'), icon: 'home', isShown: true },
    { path: inStudy('/matrix'), label: t('nav.matrix'), icon: 'grid', isShown: hasStudy && may('read_data') },
    { path: inStudy('/subjects'), label: t('nav.subjects'), icon: 'people', isShown: hasStudy && may('read_data') },
    { path: inStudy('/work'), label: t('nav.work'), icon: 'check', isShown: hasStudy && may('read_data') },
    { path: inStudy('/queries'), label: t('nav.queries'), icon: 'chat', isShown: hasStudy && may('read_data') },
    { path: inStudy('/audit'), label: t('nav.audit'), icon: 'clock', isShown: hasStudy && may('read_journal') },
    { path: inStudy('/lock'), label: t('nav.lock'), icon: 'lock', isShown: hasStudy && may('lock_data') },
    { path: inStudy('/exports'), label: t('nav.exports'), icon: 'out', isShown: hasStudy && may('export_data') },
    { path: inStudy('/imports'), label: t('nav.imports'), icon: 'in', isShown: hasStudy && may('import_data') },
    { path: inStudy('/build'), label: t('nav.build'), icon: 'tools', isShown: hasStudy && may('read_study') },
    { path: inStudy('/delegations'), label: t('nav.delegations'), icon: 'pen', isShown: hasStudy && may('read_study') },
    { path: inStudy('/webhooks'), label: t('nav.webhooks'), icon: 'send', isShown: hasStudy && may('manage_webhooks') },
    { path: '/drafts', label: t('drafts.title'), icon: 'pen', isShown: maySystem('design_study') },
    { path: '/users', label: t('nav.users'), icon: 'gear', isShown: may('manage_users') },
    { path: '/access', label: t('nav.access'), icon: 'history', isShown: maySystem('read_journal') },
    { path: '/developers', label: t('nav.portal'), icon: 'code', isShown: true },
  ].filter((entry): entry is Entry => entry.isShown);
}

function UserMenu() {
  const { t } = useLocale();
  const user = useUser();
  const client = useQueryClient();
  const say = useSay();
  const [, go] = useLocation();
  const logOut = async () => {
    if (outbox.state().waiting > 0) {
      say(t('login.unsent'), true);
      return;
    }
    await ask(api.POST('/v1/sessions:logOut', { body: {} })).catch(() => undefined);
    await outbox.forgetDrafts();
    forget(client);
    go('/');
  };
  const items = [
    { key: 'account', label: t('nav.account'), onChoose: () => go('/account') },
    { key: 'logout', label: t('login.out'), onChoose: () => void logOut() },
  ];
  return (
    <Menu label={t('nav.user', { name: user.fullName })} items={items}>
      <Icon name="user" />
      <span className="wide-only">{user.fullName || user.username}</span>
    </Menu>
  );
}

type Props = { theme: Theme; onTheme: () => void; children: ReactNode };

export function Shell({ theme, onTheme, children }: Props) {
  const { t, instant, language, setLanguage } = useLocale();
  const [, params] = useRoute('/s/:study/*?');
  const inPath = params?.study ? decodeURIComponent(params.study) : undefined;
  // Screens of the whole system keep the study in which one worked before.
  const [kept, keep] = useState(inPath);
  if (inPath !== undefined && inPath !== kept) keep(inPath);
  const studyOid = inPath ?? kept;
  const entries = useEntries(studyOid);
  const user = useUser();
  const may = useMay(studyOid);
  const lockedAt = useLockedAt(inPath);
  const [path] = useLocation();
  const [open, setOpen] = useState<'palette' | 'help' | undefined>();
  const close = useCallback(() => setOpen(undefined), []);
  useEffect(() => outbox.start(user.username), [user.username]);
  useKeys({
    'ctrl+k': () => setOpen('palette'),
    '?': () => setOpen('help'),
  });
  const current = entries.findLast(({ path: own }) => path === own || path.startsWith(`${own}/`));
  return (
    <div className={lockedAt ? 'shell locked' : 'shell'}>
      <a className="skip" href="#main">{t('nav.skip')}</a>
      <header className="top">
        <Link href="/" className="brand"><img src="/icon.svg" alt="" width="22" height="22" />Casebook</Link>
        <Scope studyOid={studyOid} />
        <span className="grow" />
        <OutboxState />
        <button type="button" className="button plain" onClick={() => setOpen('palette')}>
          <Icon name="search" /><span className="wide-only">{t('nav.palette')}</span><kbd>Ctrl K</kbd>
        </button>
        <button type="button" className="button plain square" aria-label={t('nav.help')} onClick={() => setOpen('help')}>
          <Icon name="help" />
        </button>
        <button type="button" className="button plain" lang={language === 'zh' ? 'en' : 'zh-CN'} onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}>
          <Icon name="globe" />{language === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" className="button plain square" aria-label={t(theme === 'dark' ? 'nav.light' : 'nav.dark')} onClick={onTheme}>
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
        <UserMenu />
      </header>
      <nav className="rail" aria-label={t('nav.main')}>
        {entries.map((entry) => (
          <Link key={entry.path} href={entry.path} aria-current={entry === current ? 'page' : undefined} title={entry.label}>
            <Icon name={entry.icon} /><span>{entry.label}</span>
          </Link>
        ))}
      </nav>
      {lockedAt && studyOid && (
        <p className="lock-banner" role="status">
          <Icon name="lock" /><span><strong>{t('lock.banner')}</strong> {t('lock.banner.what', { at: instant(lockedAt) })}</span>
          {may('lock_data') && <Link href={studyPath(studyOid, '/lock')}>{t('nav.lock')}</Link>}
        </p>
      )}
      <main id="main" tabIndex={-1}>{children}</main>
      {open === 'palette' && <Palette studyOid={studyOid} entries={entries} onClose={close} />}
      {open === 'help' && <Help onClose={close} />}
    </div>
  );
}
