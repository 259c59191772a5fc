import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, ask } from '../api/client';
import { useLocale } from '../i18n';
import { Dialog } from '../ui/Dialog';
import { subjectPath } from '../lib/url';

type Entry = { path: string; label: string };
type Props = { studyOid: string | undefined; entries: Entry[]; onClose: () => void };
const SHOWN = 12;

/** Goes to any screen or participant by typing a part of its name. */
export function Palette({ studyOid, entries, onClose }: Props) {
  const { t } = useLocale();
  const [, go] = useLocation();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const subjects = useQuery({
    queryKey: ['subjects', studyOid, 'palette'],
    queryFn: async () =>
      (await ask(api.GET('/v1/studies/{studyOid}/subjects', { params: { path: { studyOid: studyOid ?? '' }, query: { pageSize: 1000 } } }))).subjects,
    enabled: studyOid !== undefined,
  });
  const wanted = typed.trim().toLowerCase();
  const people = (subjects.data ?? []).map(({ subjectKey }) => ({ path: subjectPath(studyOid ?? '', subjectKey), label: subjectKey }));
  const all = [...entries.map(({ path, label }) => ({ path, label })), ...(wanted ? people : [])];
  const found = all.filter(({ label }) => label.toLowerCase().includes(wanted)).slice(0, SHOWN);
  const chosen = found[Math.min(at, found.length - 1)];
  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    onClose();
    go(entry.path);
  };
  return (
    <Dialog title={t('nav.palette')} isOpen onClose={onClose}>
      <input
        className="input big"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen ? `palette-${found.indexOf(chosen)}` : undefined}
        aria-label={t('palette.hint')}
        autoFocus
        value={typed}
        onChange={(event) => { setTyped(event.target.value); setAt(0); }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === 'ArrowDown') setAt((now) => Math.min(now + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setAt((now) => Math.max(now - 1, 0));
          else if (event.key === 'Enter') choose(chosen);
          else return;
          event.preventDefault();
        }}
      />
      <p className="fine">{t('palette.hint')}</p>
      <div role="listbox" id="palette-list" className="choices" aria-label={t('nav.palette')}>
        {found.map((entry, index) => (
          // The input keeps the focus and chooses by arrow and Enter.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div key={entry.path} id={`palette-${index}`} role="option" tabIndex={-1} aria-selected={entry === chosen} className="choice" onClick={() => choose(entry)}>
            {entry.label}
          </div>
        ))}
      </div>
    </Dialog>
  );
}
