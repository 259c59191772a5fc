import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../api/client';
import type { ItemDef, ItemValue } from '../api/types';
import { useLocale } from '../i18n';
import { Loaded } from '../ui/State';
import { useForm, useFormState } from './context';
import { fileAddress, readReference } from './file';
import { valueText } from './text';
import { splitKey, type CellKey } from './values';

/** Everything that ever happened to an item, from the journal: what it was, what it became, who, when, why. */
export function History({ cell: key, item }: { cell: CellKey; item: ItemDef }) {
  const { t, text, instant } = useLocale();
  const { store } = useForm();
  const { version } = useFormState();
  const { group, row } = splitKey(key);
  const found = useQuery({
    queryKey: ['history', store.place, key, version],
    queryFn: async () => (await ask(api.GET('/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}/history', {
      params: { path: store.place, query: { itemGroupOid: group, itemGroupRepeatKey: row, itemOid: item.itemOid } },
    }))).entries,
    staleTime: 0,
  });
  const shown = (value: ItemValue | undefined) => {
    const words = valueText(store.design, item, value, text, t) || '–';
    const file = item.dataType === 'FILE' ? readReference(value?.value) : undefined;
    return file ? <a className="file-told" href={fileAddress(store.place, key, file)} download={file.name}>{words}</a> : words;
  };
  return (
    <Loaded from={found}>
      {(entries) => entries.length === 0 ? <p className="fine">{t('history.none')}</p> : (
        <div className="scroll-x" role="region" tabIndex={0} aria-label={t('field.history')}>
          <table className="table">
            <thead><tr><th>{t('history.when')}</th><th>{t('history.what')}</th><th>{t('history.old')}</th><th>{t('history.new')}</th><th>{t('history.who')}</th><th>{t('history.why')}</th><th>{t('history.version')}</th></tr></thead>
            <tbody>
              {entries.map((entry, at) => (
                <tr key={`${entry.sequence}-${at}`}>
                  <td className="nowrap">{instant(entry.recordedAt)}</td>
                  <td>{t(`history.kind.${entry.kind}` as 'history.kind.ENTERED')}</td>
                  <td>{shown(entry.oldValue)}</td>
                  <td>{shown(entry.newValue)}</td>
                  <td>{entry.user} <span className="fine">{entry.role} · {entry.origin}</span></td>
                  <td>{entry.reason ?? entry.note ?? ''}</td>
                  <td><code title={entry.versionHash}>{entry.versionHash.slice(0, 8)}</code> <span className="fine">#{entry.sequence}</span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Loaded>
  );
}
