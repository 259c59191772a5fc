import { api, ask } from '../api/client';
import type { EvaluateFormResponse, ItemValue, NotCollected, Place } from '../api/types';
import { entryOf, splitKey, type CellKey } from './values';

/** Which items are not collected, by the conditions of the study. */
export class Skips {
  private groups = new Set<string>();
  private items = new Set<string>();
  private cells = new Set<string>();

  constructor(list: NotCollected[] = []) {
    for (const { itemGroupOid, itemGroupRepeatKey, itemOid } of list) {
      if (itemOid === undefined) this.groups.add(join(itemGroupOid, itemGroupRepeatKey));
      else if (itemGroupRepeatKey === undefined) this.items.add(join(itemGroupOid, itemOid));
      else this.cells.add(join(itemGroupOid, itemGroupRepeatKey, itemOid));
    }
  }

  has(key: CellKey): boolean {
    const { group, row, item } = splitKey(key);
    return this.groups.has(join(group)) || this.groups.has(join(group, row)) || this.items.has(join(group, item)) || this.cells.has(join(group, row, item));
  }
}

const join = (...parts: (string | undefined)[]) => parts.filter((part) => part !== undefined).join('\u001f');

/** What a save of these values would do. The server decides as it would then, and records nothing. */
export function evaluate(place: Place, values: Map<CellKey, ItemValue | undefined>): Promise<EvaluateFormResponse> {
  return ask(api.POST('/v1/studies/{studyOid}/subjects/{subjectKey}/events/{studyEventOid}/{studyEventRepeatKey}/forms/{formOid}/{formRepeatKey}:evaluate', {
    params: { path: place },
    body: { values: [...values].map(([key, value]) => entryOf(key, value)) },
  }));
}
