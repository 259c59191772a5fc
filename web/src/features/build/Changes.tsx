import { useLocale } from '../../i18n';
import { Icon } from '../../ui/icons';
import { useUndo, type Draft } from './draft';

/** What was done to the draft, newest first; an edit is taken back by a further one. */
export function Changes({ draft }: { draft: Draft }) {
  const { t, instant } = useLocale();
  const undo = useUndo(draft);
  return (
    <table className="table">
      <thead><tr><th className="number">{t('draft.revision')}</th><th>{t('draft.when')}</th><th>{t('draft.who')}</th><th>{t('draft.what')}</th><th><span className="hidden">{t('draft.undo')}</span></th></tr></thead>
      <tbody>
        {draft.changes.map((change) => (
          <tr key={change.revision}>
            <td className="number">{change.revision}</td>
            <td className="nowrap">{instant(change.changedAt)}</td>
            <td>{change.changedBy}</td>
            <td>
              <strong>{t(`draft.kind.${change.kind}` as 'draft.kind.EDITED')}</strong>{change.undoneRevision !== undefined && ` ${change.undoneRevision}`}
              {change.words.map((line, at) => <div key={at} className="fine wrap" lang="en">{line}</div>)}
            </td>
            <td>
              {change.kind !== 'BEGUN' && change.kind !== 'IMPORTED' && (
                <button type="button" className="button small" disabled={undo.isPending} aria-label={t('draft.undo.one', { n: change.revision })} onClick={() => undo.mutate(change.revision)}><Icon name="undo" />{t('draft.undo')}</button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
