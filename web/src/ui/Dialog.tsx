import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { useLocale } from '../i18n';
import { Icon } from './icons';

type Props = {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: ReactNode;
  /** Stands at the right edge over the full height, so that what it is about stays in view. */
  isSide?: boolean;
  isWide?: boolean;
};

export function Dialog({ title, isOpen, onClose, children, isSide = false, isWide = false }: Props) {
  const { t } = useLocale();
  const kind = isSide ? 'dialog side' : isWide ? 'dialog wide' : 'dialog';
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={isSide ? 'backdrop clear' : 'backdrop'} />
        <Base.Popup className={kind}>
          <header>
            <Base.Title>{title}</Base.Title>
            <Base.Close className="button plain square" aria-label={t('act.close')}>
              <Icon name="cross" />
            </Base.Close>
          </header>
          <div className="dialog-body">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
