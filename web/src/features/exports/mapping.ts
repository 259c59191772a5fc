import type { Design } from '../../lib/study';

/** How a table becomes values: what the mapping file will say (docs/import-mapping.md). */
export type Choices = { subject: string; event: string; isEventColumn: boolean; form: string; items: { [itemOid: string]: string } };

const text = (value: string) => JSON.stringify(value);
const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The column that is most likely meant: it is called like the item, or like the end of its OID. */
export function likely(columns: string[], itemOid: string, name: string): string {
  const wanted = [itemOid, name, itemOid.split('.').at(-1) ?? ''].map(plain).filter(Boolean);
  return columns.find((column) => wanted.includes(plain(column))) ?? '';
}

export const likelySubject = (columns: string[]) => columns.find((column) => /^(subject(key)?|subjid|usubjid|patnum|participant|record_?id)$/i.test(column)) ?? columns[0] ?? '';
export const likelyEvent = (columns: string[]) => columns.find((column) => /^(visit|event|studyevent(oid)?|instance|redcap_event_name)$/i.test(column)) ?? '';

/** The items of a form with their groups, in the order in which they are asked. */
export function itemsOf(design: Design, formOid: string) {
  const groups = design.forms.get(formOid)?.itemGroups ?? [];
  return groups.flatMap((ref) => {
    const group = design.groups.get(ref.itemGroupOid);
    return (group?.items ?? []).flatMap((item) => {
      const def = design.items.get(item.itemOid);
      return def && group ? [{ group, def }] : [];
    });
  });
}

/** The mapping file of what was chosen. */
export function mappingText(study: string, design: Design, columns: string[], choices: Choices): string {
  const items = itemsOf(design, choices.form).filter(({ def }) => choices.items[def.itemOid]);
  const groups = [...new Set(items.map(({ group }) => group.itemGroupOid))];
  const repeating = [...new Set(items.filter(({ group }) => group.repeating).map(({ group }) => group.itemGroupOid))];
  const lines = [
    `study = { value = ${text(study)} }`,
    `subject = { column = ${text(choices.subject)} }`,
    `event = { ${choices.isEventColumn ? 'column' : 'value'} = ${text(choices.event)} }`,
    `form = { value = ${text(choices.form)} }`,
    ...(groups[0] === undefined ? [] : [`group = ${text(groups[0])}`]),
    ...(repeating.length === 0 ? [] : [`repeat = { ${repeating.map((oid) => `${text(oid)} = "row"`).join(', ')} }`]),
    'item = [',
    ...items.map(({ def, group }) => {
      const own = group.itemGroupOid === groups[0] ? '' : `, group = ${text(group.itemGroupOid)}`;
      return `  { column = ${text(choices.items[def.itemOid] ?? '')}, item = ${text(def.itemOid)}${own} },`;
    }),
    ']',
  ];
  const used = new Set([choices.subject, choices.isEventColumn ? choices.event : '', ...items.map(({ def }) => choices.items[def.itemOid] ?? '')]);
  const unused = columns.filter((column) => !used.has(column));
  if (unused.length > 0) lines.push('', '[unused]', ...unused.map((column) => `${text(column)} = "not loaded"`));
  return `${lines.join('\n')}\n`;
}
