import { useEffect, type ReactNode } from 'react';
import { useLocale, type Key } from '../i18n';
import { Icon } from './icons';

type Props = { title: string; help?: Key; actions?: ReactNode; crumbs?: ReactNode; children: ReactNode; isFull?: boolean };

/** The frame of every screen: where one is, what it is for, what can be done. */
export function Page({ title, help, actions, crumbs, children, isFull = false }: Props) {
  const { t } = useLocale();
  useEffect(() => {
    document.title = `${title} · Casebook`;
  }, [title]);
  return (
    <div className={isFull ? 'page full' : 'page'}>
      <div className="page-head">
        <div>
          {crumbs && <nav className="crumbs" aria-label={t('nav.where')}>{crumbs}</nav>}
          <h1>{title}</h1>
        </div>
        <div className="actions">{actions}</div>
      </div>
      {help && (
        <details className="help-text">
          <summary>
            <Icon name="help" />
            {t('act.about')}
          </summary>
          <p>{t(help)}</p>
        </details>
      )}
      {children}
    </div>
  );
}
