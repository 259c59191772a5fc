import { useCallback } from 'react';
import { useLocation, useSearch } from 'wouter';
import type { Place } from '../api/types';

/** One value in the query of the address, so that what is chosen can be shared and gone back to. */
export function useParam(name: string): [string | undefined, (value: string | undefined) => void] {
  const search = useSearch();
  const [path, go] = useLocation();
  const value = new URLSearchParams(search).get(name) ?? undefined;
  const set = useCallback(
    (next: string | undefined) => {
      const params = new URLSearchParams(window.location.search);
      if (next) params.set(name, next);
      else params.delete(name);
      const text = params.toString();
      go(text ? `${path}?${text}` : path, { replace: true });
    },
    [go, name, path],
  );
  return [value, set];
}

const part = encodeURIComponent;

export const studyPath = (studyOid: string, rest = '') => `/s/${part(studyOid)}${rest}`;
export const subjectPath = (studyOid: string, subjectKey: string) => studyPath(studyOid, `/subjects/${part(subjectKey)}`);

export function formPath(place: Place): string {
  const parts = [place.studyEventOid, place.studyEventRepeatKey, place.formOid, place.formRepeatKey];
  return `${subjectPath(place.studyOid, place.subjectKey)}/${parts.map(part).join('/')}`;
}

/** The address of one item on its form. */
export function itemHash(itemGroupOid: string, repeatKey: string, itemOid: string): string {
  return `#${part([itemGroupOid, repeatKey, itemOid].join('~'))}`;
}
