import { useLocale } from '../i18n';
import type { ItemDef } from '../api/types';
import { Icon } from '../ui/icons';
import { refusalText, violationText } from '../ui/refusal';
import { leftOut } from './Item';
import { useCell, useForm, useFormState } from './context';
import { splitKey, type CellKey } from './values';
import { valueText } from './text';

/** Whatever is to be said about an item, beside it: what was not understood, refused, found, or changed by somebody else. */
export function Messages({ cell: key, item, id }: { cell: CellKey; item: ItemDef; id: string }) {
  const { t, text, instant } = useLocale();
  const { store } = useForm();
  const { findings } = useFormState();
  const cell = useCell(key);
  const { group, row, item: itemOid } = splitKey(key);
  const found = findings.filter(({ place }) => place?.itemOid === itemOid && place.itemGroupOid === group && (place.itemGroupRepeatKey || '1') === row);
  const { send } = cell;
  const conflict = cell.state === 'conflict' ? send?.conflict : undefined;
  const shown = (value: typeof cell.saved) => valueText(store.design, item, value, text, t) || t('field.blank');
  return (
    <div id={id} className="messages">
      {cell.problem && <p className="message hard"><Icon name="dot" />{t(cell.problem)}</p>}
      {cell.state === 'refused' && send?.refusal && (
        <p className="message hard" role="alert">
          <Icon name="dot" />
          {(send.refusal.violation && violationText(send.refusal.violation, t)) || refusalText(send.refusal.reason, t)}
          <button type="button" className="button small" onClick={() => store.discard(key)}>{t('field.discard', { value: shown(cell.saved) })}</button>
        </p>
      )}
      {cell.isSkipped && !leftOut(cell) && <p className="message quiet"><Icon name="dash" />{cell.foreseen ? t('field.wouldclear', { value: shown(cell.saved) }) : t('field.skipped')}</p>}
      {cell.foreseen && !cell.isSkipped && <p className="message blue"><Icon name="half" />{t('field.foreseen', { value: shown(cell.foreseen.value) })}</p>}
      {cell.state === 'reason' && <p className="message blue"><Icon name="pen" />{t('field.reason', { value: shown(cell.saved) })}</p>}
      {found.map(({ checkOid, severity, message }) => (
        <p key={checkOid} className={severity === 'HARD' ? 'message hard' : 'message soft'}>
          <Icon name={severity === 'HARD' ? 'dot' : 'triangle'} />{text(message)}
        </p>
      ))}
      {conflict && (
        <div className="conflict" role="alert">
          <strong><Icon name="triangle" />{t('conflict.title')}</strong>
          <dl>
            <div><dt>{t('conflict.mine')}</dt><dd>{shown(send?.value)}</dd></div>
            <div><dt>{conflict.by ? t('conflict.theirs', { who: conflict.by, at: instant(conflict.at) }) : t('conflict.now')}</dt><dd>{shown(conflict.current)}</dd></div>
          </dl>
          <button type="button" className="button small" onClick={() => store.discard(key)}>{t('conflict.keep')}</button>
          <button type="button" className="button small primary" onClick={() => store.insist(key)}>{t('conflict.insist')}</button>
        </div>
      )}
    </div>
  );
}
