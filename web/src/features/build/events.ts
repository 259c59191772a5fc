import { useEffect, useState } from 'react';
import type { Schemas } from '../../api/client';
import type { Key } from '../../i18n';
import { useEdit, type Draft } from './draft';

export type EventDef = Schemas['StudyEventDef'];
export type Window = NonNullable<EventDef['window']>;

export const EVENT_TYPES = ['SCHEDULED', 'UNSCHEDULED', 'COMMON'] as const;
export const typeKey = (type: EventDef['type']): Key => `event.type.${type === 'UNSCHEDULED' || type === 'COMMON' ? type : 'SCHEDULED'}`;

/** Days from the anchor: the target, and the first and last day of the window. */
export const windowDays = ({ targetDay, daysBefore, daysAfter }: Window) => ({ target: targetDay, from: targetDay - daysBefore, to: targetDay + daysAfter });

/** The event with its window, or without any. */
export function withWindow(event: EventDef, window: Window | undefined): EventDef {
  const { window: _, ...rest } = event;
  return window ? { ...rest, window } : rest;
}

/** Changes events; what was changed and is not read back yet stands before what the draft holds. */
export function useEventEdit(draft: Draft) {
  const edit = useEdit(draft);
  const [ahead, setAhead] = useState<ReadonlyMap<string, EventDef>>(new Map());
  const { isPending } = edit;
  useEffect(() => {
    if (!isPending) setAhead(new Map());
  }, [isPending]);
  const of = (event: EventDef) => ahead.get(event.studyEventOid) ?? event;
  const put = (event: EventDef) => {
    setAhead(new Map(ahead).set(event.studyEventOid, event));
    edit.mutate([{ putStudyEvent: event }]);
  };
  return { of, put };
}
