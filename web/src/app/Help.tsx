import { useLocale, type Key } from '../i18n';
import { Dialog } from '../ui/Dialog';
import { ENTRY, QUERY, Status, TIMING } from '../ui/Status';

const KEYS: readonly (readonly [string, Key])[] = [
  ['Ctrl K', 'keys.palette'], ['?', 'keys.help'],
  ['Tab / Enter', 'keys.next'], ['Shift Tab / Shift Enter', 'keys.previous'],
  ['1 – 9', 'keys.option'], ['Delete', 'keys.clear'],
  ['F8 / Shift F8', 'keys.issue'], ['Alt Q', 'keys.query'], ['Alt H', 'keys.history'],
  ['Alt M', 'keys.missing'], ['Alt R', 'keys.row'], ['Alt C', 'keys.reason'],
  ['Ctrl Z', 'keys.undo'], ['Ctrl Enter', 'keys.nextform'],
  ['← ↑ → ↓ Home End PgUp PgDn', 'keys.matrix'], ['N', 'keys.nextissue'],
];
const DATES: readonly (readonly [string, string])[] = [
  ['20260312 · 12 mar 2026 · 2026-3-12', '2026-03-12'],
  ['UN/MAR/2026 · 2026-03 · 2026-03-UN', '2026-03'],
  ['2026', '2026'], ['t · t-1 · t+7', '±'],
];

export function Help({ onClose }: { onClose: () => void }) {
  const { t } = useLocale();
  return (
    <Dialog title={t('nav.help')} isOpen isWide onClose={onClose}>
      <div className="columns">
        <section>
          <h3>{t('help.keys')}</h3>
          <dl className="pairs">
            {KEYS.map(([keys, key]) => <div key={key}><dt><kbd>{keys}</kbd></dt><dd>{t(key)}</dd></div>)}
          </dl>
        </section>
        <section>
          <h3>{t('help.marks')}</h3>
          <div className="legend">
            {[...Object.values(ENTRY).slice(1), ...Object.values(QUERY).slice(1), ...Object.values(TIMING).slice(2)].map((look) => <Status key={look.key} look={look} />)}
          </div>
          <h3>{t('help.dates')}</h3>
          <dl className="pairs">
            {DATES.map(([typed, kept]) => <div key={kept}><dt><code>{typed}</code></dt><dd>{kept === '±' ? t('help.today') : kept}</dd></div>)}
          </dl>
          <p className="fine">{t('help.saving')}</p>
        </section>
      </div>
    </Dialog>
  );
}
