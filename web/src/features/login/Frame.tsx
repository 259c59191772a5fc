import type { ReactNode } from 'react';
import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import type { Theme } from '../../ui/theme';
import './login.css';

export type FrameProps = { theme: Theme; onTheme: () => void };

/** What stands around everything that is asked before somebody is logged in. */
export function Frame({ theme, onTheme, children }: FrameProps & { children: ReactNode }) {
  const { t, language, setLanguage } = useLocale();
  return (
    <div className="login">
      <div className="login-tools">
        <button type="button" className="button plain" onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}>
          <Icon name="globe" />{language === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" className="button plain square" aria-label={t(theme === 'dark' ? 'nav.light' : 'nav.dark')} onClick={onTheme}>
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
        </button>
      </div>
      <main className="login-card">
        <h1><img src="/icon.svg" alt="" width="32" height="32" />Casebook</h1>
        {children}
      </main>
    </div>
  );
}
