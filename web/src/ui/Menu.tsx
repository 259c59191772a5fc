import { Menu as Base } from '@base-ui/react/menu';
import type { ReactNode } from 'react';

export type MenuItem = { key: string; label: ReactNode; onChoose: () => void; isDanger?: boolean };

export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger className="button plain" aria-label={label}>
        {children}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="over">
          <Base.Popup className="menu">
            {items.map(({ key, label: text, onChoose, isDanger }) => (
              <Base.Item key={key} className={isDanger ? 'menu-item danger' : 'menu-item'} onClick={onChoose}>
                {text}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
