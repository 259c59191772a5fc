import { Link, useParams } from 'wouter';
import type { FormDef, ItemDef } from '../../api/types';
import { useLocale } from '../../i18n';
import { kindOf } from '../../forms/values';
import { useDesign, type Design } from '../../lib/study';
import { studyPath, useParam } from '../../lib/url';
import { Icon } from '../../ui/icons';
import { Empty, Loaded } from '../../ui/State';
import { Page } from '../../ui/Page';
import './build.css';

/** A form on paper: blank, or annotated with the names and types under which its items are kept. */
export default function FormPreview() {
  const { study, form } = useParams<{ study: string; form: string }>();
  const design = useDesign(study);
  const { t } = useLocale();
  return (
    <Loaded from={design}>
      {(known) => {
        const found = known.forms.get(form);
        return found ? <Paper design={known} form={found} /> : <Page title={t('state.unknown')}><Empty title={t('state.unknown')}>{t('state.unknown.next')}</Empty></Page>;
      }}
    </Loaded>
  );
}

function Paper({ design, form }: { design: Design; form: FormDef }) {
  const { t, text } = useLocale();
  const [mode = 'blank', setMode] = useParam('mode');
  const { study } = design;
  const isAnnotated = mode === 'annotated';
  const title = text(form.description, form.name);
  return (
    <Page
      title={title}
      help="build.paper"
      crumbs={<Link href={studyPath(study.studyOid, '/build')}>{t('nav.build')}</Link>}
      actions={
        <>
          <div className="segments" role="radiogroup" aria-label={t('build.part')}>
            {(['blank', 'annotated'] as const).map((one) => (
              <label key={one} className={mode === one ? 'segment chosen' : 'segment'}><input type="radio" name="mode" checked={mode === one} onChange={() => setMode(one)} />{t(`build.${one}`)}</label>
            ))}
          </div>
          <button type="button" className="button" onClick={() => window.print()}><Icon name="print" />{t('act.print')}</button>
        </>
      }
    >
      <article className="paper">
        <header><strong>{study.protocolName}</strong><span>{title}</span><span>{t('build.subject')}: ____________</span><code>{study.versionHash.slice(0, 12)}</code></header>
        {form.itemGroups.map(({ itemGroupOid }) => {
          const group = design.groups.get(itemGroupOid);
          if (!group) return null;
          return (
            <section key={itemGroupOid}>
              <h2>{text(group.description, group.name)}{group.repeating && <small> {t('build.repeats')}</small>}{isAnnotated && <code>{itemGroupOid}</code>}</h2>
              {group.items.map((itemRef) => {
                const item = design.items.get(itemRef.itemOid);
                return item && (
                  <div key={item.itemOid} className="paper-item">
                    <div>
                      {text(item.question, item.name)}{itemRef.mandatory && ' *'}
                      {isAnnotated && (
                        <span className="note">
                          <code>{item.name}</code> <code>{item.itemOid}</code> {item.dataType.toLowerCase()}{item.length ? ` ${item.length}` : ''} {item.codeListOid && <code>{item.codeListOid}</code>}
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
      </article>
    </Page>
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
