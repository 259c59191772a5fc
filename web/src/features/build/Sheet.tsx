import type { FormDef, ItemDef } from '../../api/types';
import { kindOf } from '../../forms/values';
import { useLocale } from '../../i18n';
import type { Design } from '../../lib/study';

type Props = { design: Design; form: FormDef; isAnnotated: boolean; mark: string };

/** One form on paper: blank, or annotated with the names, types and SDTM variables under which its items are kept. Its head stands on each page. */
export function Sheet({ design, form, isAnnotated, mark }: Props) {
  const { t, text } = useLocale();
  const { study } = design;
  const title = text(form.description, form.name);
  const visits = study.studyEvents.filter(({ forms }) => forms.some(({ formOid }) => formOid === form.formOid));
  return (
    <table className="paper">
      <thead>
        <tr><td>
          <div className="paper-head"><strong>{study.protocolName}</strong><span>{title}{isAnnotated && <code> {form.formOid}</code>}</span><span>{t('build.subject')}: ____________</span><span>{t('build.version')} {study.metaDataVersionName} · <code>{mark}</code></span></div>
        </td></tr>
      </thead>
      <tbody>
        <tr><td>
          {isAnnotated && visits.length > 0 && <p className="note">{t('build.events')}: {visits.map((visit) => text(visit.description, visit.name)).join(' · ')}</p>}
          {form.itemGroups.map(({ itemGroupOid }) => {
            const group = design.groups.get(itemGroupOid);
            if (!group) return null;
            return (
              <section key={itemGroupOid}>
                <h2>{text(group.description, group.name)}{group.repeating && <small> {t('build.repeats')}</small>}{isAnnotated && <><code>{itemGroupOid}</code>{group.domain && <span className="domain">{group.domain}</span>}</>}</h2>
                {group.items.map((itemRef) => {
                  const item = design.items.get(itemRef.itemOid);
                  return item && (
                    <div key={item.itemOid} className="paper-item">
                      <div>
                        {text(item.question, item.name)}{itemRef.mandatory && ' *'}
                        {isAnnotated && (
                          <span className="note">
                            {item.sdtmVariables.map((name) => <span key={name} className="domain">{name}</span>)}
                            <code>{item.name}</code> <code>{item.itemOid}</code> {item.dataType.toLowerCase()}{item.length ? ` ${item.length}` : ''}{item.significantDigits ? `.${item.significantDigits}` : ''} {item.codeListOid && <code>{item.codeListOid}</code>}
                            {itemRef.derivation && <> = <code>{itemRef.derivation}</code></>}
                            {itemRef.collectionException && <> {t('build.notif')} <code>{itemRef.collectionException}</code></>}
                          </span>
                        )}
                      </div>
                      <Answer design={design} item={item} isAnnotated={isAnnotated} />
                    </div>
                  );
                })}
              </section>
            );
          })}
        </td></tr>
      </tbody>
    </table>
  );
}

function Answer({ design, item, isAnnotated }: { design: Design; item: ItemDef; isAnnotated: boolean }) {
  const { text } = useLocale();
  const codes = item.codeListOid ? design.codes.get(item.codeListOid) : undefined;
  const units = item.unitOids.map((oid) => text(design.units.get(oid)?.symbol)).filter(Boolean).join(' / ');
  if (codes) return <div className="boxes">{codes.items.map(({ codedValue, decode }) => <span key={codedValue}>☐ {text(decode, codedValue)}{isAnnotated && <code>{codedValue}</code>}</span>)}</div>;
  const kind = kindOf(item);
  return <div className="blank">{kind === 'date' ? '|_|_|_|_| – |_|_| – |_|_|' : kind === 'time' ? '|_|_| : |_|_|' : '______________________'} {units}</div>;
}
