import { useEffect, useRef } from 'react';
import type { ItemDef, MissingReason } from '../api/types';
import { useLocale } from '../i18n';
import { Icon } from '../ui/icons';
import { useForm, useFormState } from './context';
import { focusCell } from './keyboard';
import { History } from './History';
import { NewQuery, Thread } from './Thread';
import { splitKey, type CellKey } from './values';

const REASONS: MissingReason[] = ['NOT_DONE', 'NOT_APPLICABLE', 'UNKNOWN', 'REFUSED', 'NOT_ASKED'];

export function ItemPanel({ cell: key, item, kind }: { cell: CellKey; item: ItemDef; kind: 'queries' | 'history' | 'missing' }) {
  const { t, text } = useLocale();
  const { store } = useForm();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = box.current?.querySelector<HTMLElement>('textarea, .panel-body button');
    (first ?? box.current)?.focus();
  }, [kind]);
  const close = () => {
    store.open(undefined);
    focusCell(key);
  };
  const titles = { queries: t('field.queries'), history: t('field.history'), missing: t('field.missing') };
  return (
    <div ref={box} role="region" tabIndex={-1} className="panel" aria-label={`${titles[kind]}: ${text(item.question, item.name)}`}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); close(); } }}>
      <div className="panel-head">
        <strong>{titles[kind]}</strong>
        <button type="button" className="button plain square" aria-label={t('act.close')} onClick={close}><Icon name="cross" /></button>
      </div>
      <div className="panel-body">
        {kind === 'queries' && <Queries cell={key} />}
        {kind === 'history' && <History cell={key} item={item} />}
        {kind === 'missing' && (
          <div className="missing-reasons">
            {REASONS.map((reason) => (
              <button key={reason} type="button" className="button" onClick={() => { store.commit(key, { missingReason: reason }); close(); }}>
                {t(`missing.${reason}` as 'missing.NOT_DONE')}
              </button>
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

function Queries({ cell: key }: { cell: CellKey }) {
  const { t } = useLocale();
  const { queries } = useFormState();
  const { store, may, siteOid, reload } = useForm();
  const { group, row, item } = splitKey(key);
  const own = queries.filter((query) => query.item?.itemOid === item && query.item.itemGroupOid === group && (query.item.itemGroupRepeatKey || '1') === row);
  return (
    <>
      {own.length === 0 && <p className="fine">{t('query.none')}</p>}
      {own.map((query) => <Thread key={query.queryId} studyOid={store.place.studyOid} query={query} may={may} onChange={reload} />)}
      {may('raise_queries', siteOid) && (
        <NewQuery place={store.place} item={{ itemGroupOid: group, itemGroupRepeatKey: row, itemOid: item }} onChange={reload} />
      )}
    </>
  );
}
