import { useLayoutEffect } from 'react';
import { iconImage, type IconName } from '../../ui/icons';

/** Every mark that a cell can have, with its tone. */
const MARKS = [
  ['circle', 'quiet'], ['half', 'blue'], ['check', 'green'], ['cross', 'quiet'], ['dash', 'quiet'],
  ['clock', 'blue'], ['clock', 'red'], ['clock', 'amber'], ['triangle', 'amber'],
  ['shield', 'green'], ['snow', 'blue'], ['lock', 'violet'], ['pen', 'green'],
] as const satisfies readonly (readonly [IconName, string])[];

/** The class of a mark. */
export const markClass = (icon: IconName, tone: string) => `mark ${icon}-${tone}`;

function rules(): string {
  const tokens = getComputedStyle(document.documentElement);
  const colour = (tone: string) => tokens.getPropertyValue(tone === 'quiet' ? '--text-quiet' : `--${tone}`).trim();
  const rule = (name: string, image: string) => `.${name} { background-image: ${image} }`;
  return [rule('idle', iconImage('circle', colour('quiet'), 0.45)), ...MARKS.map(([icon, tone]) => rule(`${icon}-${tone}`, iconImage(icon, colour(tone))))].join('\n');
}

/**
 * Draws the marks as backgrounds in the colours of the theme, so that a cell needs no element of its
 * own for them. Rules of a sheet are read once; custom properties would be read for each cell.
 */
export function useMarks(): void {
  useLayoutEffect(() => {
    const sheet = new CSSStyleSheet();
    const draw = () => sheet.replaceSync(rules());
    draw();
    document.adoptedStyleSheets.push(sheet);
    const observer = new MutationObserver(draw);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      observer.disconnect();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    };
  }, []);
}
