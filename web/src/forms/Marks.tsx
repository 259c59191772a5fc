import { useMutation } from '@tanstack/react-query';
import { api, ask, newRequestId } from '../api/client';
import type { ItemDef } from '../api/types';
import { useLocale } from '../i18n';
import { Icon } from '../ui/icons';
import { QUERY } from '../ui/Status';
import { useSay } from '../ui/Toast';
import { refusalText } from '../ui/refusal';
import { useCell, useForm, useFormState } from './context';
import { isBlank, splitKey, type CellKey } from './values';

/** The state of an item at the end of its line: how its save stands, its queries, whether it is verified. */
export function Marks({ cell: key, item, label }: { cell: CellKey; item: ItemDef; label: string }) {
  const { t } = useLocale();
  const { store, mayEnter } = useForm();
  const { queries } = useFormState();
  const cell = useCell(key);
  const { group, row, item: itemOid } = splitKey(key);
  const own = queries.filter((query) => query.item?.itemOid === itemOid && query.item.itemGroupOid === group && (query.item.itemGroupRepeatKey || '1') === row);
  const isOpen = own.some(({ status }) => status === 'OPEN');
  const look = own.length > 0 ? QUERY[isOpen ? 'OPEN' : 'ANSWERED'] : undefined;
  return (
    <div className="item-marks">
      <SaveMark state={cell.state} />
      {item.verificationRequired && <Verified cell={key} label={label} />}
      {mayEnter && cell.saved === undefined && !cell.isDerived && !cell.isSkipped && cell.state === 'clean' && (
        <button type="button" tabIndex={-1} className="button plain square quiet" title={`${t('field.missing')} (Alt M)`} aria-label={`${t('field.missing')}: ${label}`} onClick={() => store.open({ cell: key, kind: 'missing' })}>
          <Icon name="dash" />
        </button>
      )}
      <button type="button" tabIndex={-1} className="button plain square quiet" title={`${t('field.history')} (Alt H)`} aria-label={`${t('field.history')}: ${label}`} onClick={() => store.open({ cell: key, kind: 'history' })}>
        <Icon name="history" />
      </button>
      <button type="button" tabIndex={-1} className={look ? `button plain badge tone-${look.tone}` : 'button plain square quiet'} title={`${t('field.queries')} (Alt Q)`} aria-label={`${t('field.queries')}: ${label}${own.length > 0 ? ` (${own.length})` : ''}`} onClick={() => store.open({ cell: key, kind: 'queries' })}>
        <Icon name={look?.icon ?? 'chat'} />{own.length > 0 && own.length}
      </button>
    </div>
  );
}

function SaveMark({ state }: { state: string }) {
  const { t } = useLocale();
  if (state === 'ready') return <span className="status tone-blue"><Icon name="circle" />{t('cell.waiting')}</span>;
  if (state === 'sending') return <span className="status tone-blue"><Icon name="half" />{t('cell.sending')}</span>;
  if (state === 'typing') return <span className="status tone-quiet"><Icon name="pen" /><span className="hidden">{t('cell.typing')}</span></span>;
  return null;
}

/** Source data verification of one item. A later change of the value takes it back. */
function Verified({ cell: key, label }: { cell: CellKey; label: string }) {
  const { t } = useLocale();
  const { store, may, siteOid, reload } = useForm();
  const cell = useCell(key);
  const say = useSay();
  const { group, row, item } = splitKey(key);
  const mayVerify = may('verify_data', siteOid);
  const verify = useMutation({
    mutationFn: () => ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}:verify', {
      params: { path: store.place },
      body: { items: [{ itemGroupOid: group, itemGroupRepeatKey: row, itemOid: item }], seenVersion: store.state().version, requestId: newRequestId() },
    })),
    onSuccess: reload,
    onError: (error) => say(refusalText(error, t), true),
  });
  if (cell.isVerified) return <span className="status tone-green" title={t('review.verified')}><Icon name="shield" /><span className="hidden">{t('review.verified')}</span></span>;
  if (!mayVerify || isBlank(cell.saved)) return null;
  return (
    <button type="button" className="button small" disabled={verify.isPending} aria-label={`${t('review.verify')}: ${label}`} onClick={() => verify.mutate()}>
      <Icon name="shield" />{t('review.verify')}
    </button>
  );
}
