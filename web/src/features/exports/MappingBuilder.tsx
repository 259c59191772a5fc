import { useState } from 'react';
import { useLocale } from '../../i18n';
import { useDesign, type Design } from '../../lib/study';
import { itemsOf, likely, likelyEvent, likelySubject, mappingText } from './mapping';

type Props = { study: string; columns: string[]; onMade: (text: string) => void };

/** Makes a mapping from what is chosen: columns are proposed by their names. What it cannot say is written by hand. */
export function MappingBuilder({ study, columns, onMade }: Props) {
  const { t } = useLocale();
  const design = useDesign(study).data;
  if (columns.length === 0 || !design) return <p className="fine">{t('import.byhand')}</p>;
  return (
    <details className="choose-forms">
      <summary>{t('import.build')}</summary>
      <Builder study={study} design={design} columns={columns} onMade={onMade} />
    </details>
  );
}

function Builder({ study, design, columns, onMade }: Props & { design: Design }) {
  const { t, text } = useLocale();
  const [form, setForm] = useState(design.study.forms[0]?.formOid ?? '');
  const [subject, setSubject] = useState(likelySubject(columns));
  const [eventColumn, setEventColumn] = useState(likelyEvent(columns));
  const [event, setEvent] = useState(design.study.studyEvents[0]?.studyEventOid ?? '');
  const [chosen, setChosen] = useState<{ [itemOid: string]: string }>({});
  const all = itemsOf(design, form);
  const columnOf = (oid: string, name: string) => chosen[oid] ?? likely(columns, oid, name);
  const options = (blank: string) => [<option key="" value="">{blank}</option>, ...columns.map((column) => <option key={column} value={column}>{column}</option>)];
  const make = () => {
    const items = Object.fromEntries(all.map(({ def }) => [def.itemOid, columnOf(def.itemOid, def.name)]));
    onMade(mappingText(study, design, columns, { subject, form, items, event: eventColumn || event, isEventColumn: eventColumn !== '' }));
  };
  return (
    <div className="start-export">
      <div className="row-fields">
        <label>{t('import.subject')}<select className="input" value={subject} onChange={(one) => setSubject(one.target.value)}>{columns.map((column) => <option key={column}>{column}</option>)}</select></label>
        <label>{t('import.event')}<select className="input" value={eventColumn} onChange={(one) => setEventColumn(one.target.value)}>{options(t('import.sameevent'))}</select></label>
        {eventColumn === '' && <label>{t('build.event')}<select className="input" value={event} onChange={(one) => setEvent(one.target.value)}>{design.study.studyEvents.map((one) => <option key={one.studyEventOid} value={one.studyEventOid}>{text(one.description, one.name)}</option>)}</select></label>}
        <label>{t('build.form')}<select className="input" value={form} onChange={(one) => { setForm(one.target.value); setChosen({}); }}>{design.study.forms.map((one) => <option key={one.formOid} value={one.formOid}>{text(one.description, one.name)}</option>)}</select></label>
      </div>
      <fieldset>
        <legend>{t('import.items')}</legend>
        <div className="match">
          {all.map(({ def }) => (
            <label key={def.itemOid}><span>{text(def.question, def.name)} <code>{def.itemOid}</code></span>
              <select className="input" value={columnOf(def.itemOid, def.name)} onChange={(one) => setChosen({ ...chosen, [def.itemOid]: one.target.value })}>{options('–')}</select>
            </label>
          ))}
        </div>
      </fieldset>
      <div><button type="button" className="button" onClick={make}>{t('import.make')}</button></div>
    </div>
  );
}
