import type { ItemDef, ItemValue, Texts } from '../api/types';
import type { Key, Translate } from '../i18n';
import { bytes } from '../lib/bytes';
import type { Design } from '../lib/study';
import { readReference } from './file';

/** A value as people read it: decoded, with its unit, or why it is missing. */
export function valueText(design: Design, item: ItemDef, value: ItemValue | undefined, text: (texts: Texts | undefined, otherwise?: string) => string, t: Translate): string {
  if (value?.missingReason) return t(`missing.${value.missingReason}` as Key);
  if (value?.value === undefined) return '';
  const file = item.dataType === 'FILE' ? readReference(value.value) : undefined;
  if (file) return `${file.name} (${bytes(file.sizeBytes)}, SHA-256 ${file.sha256})`;
  const codes = item.codeListOid ? design.codes.get(item.codeListOid) : undefined;
  const code = codes?.items.find(({ codedValue }) => codedValue === value.value);
  const unit = value.unitOid ? design.units.get(value.unitOid) : undefined;
  const shown = code ? text(code.decode, value.value) : value.value;
  return unit ? `${shown} ${text(unit.symbol)}` : shown;
}
