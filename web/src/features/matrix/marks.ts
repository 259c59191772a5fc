import { useEffect, useMemo, useState, type CSSProperties } from 'react';
import { iconImage, type IconName } from '../../ui/icons';

/** Every mark that a cell can have, with its tone; matrix.css draws each as the background of its cell. */
const MARKS = [
  ['circle', 'quiet'], ['half', 'blue'], ['check', 'green'], ['cross', 'quiet'], ['dash', 'quiet'],
  ['clock', 'blue'], ['clock', 'red'], ['clock', 'amber'], ['triangle', 'amber'],
  ['shield', 'green'], ['snow', 'blue'], ['lock', 'violet'], ['pen', 'green'],
] as const satisfies readonly (readonly [IconName, string])[];

function drawn(): CSSProperties {
  const tokens = getComputedStyle(document.documentElement);
  const colour = (tone: string) => tokens.getPropertyValue(tone === 'quiet' ? '--text-quiet' : `--${tone}`).trim();
  const marks = MARKS.map(([icon, tone]) => [`--${icon}-${tone}`, iconImage(icon, colour(tone))]);
  return Object.fromEntries([...marks, ['--idle', iconImage('circle', colour('quiet'), 0.45)]]) as CSSProperties;
}

/** The marks as images in the colours of the theme: a cell needs no element of its own for them. */
export function useMarks(): CSSProperties {
  const [theme, setTheme] = useState(() => document.documentElement.dataset['theme']);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(document.documentElement.dataset['theme']));
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, []);
  // The tokens are those of the theme.
  // oxlint-disable-next-line react/exhaustive-deps
  return useMemo(drawn, [theme]);
}
