/** Shapes for states and acts. Each says something by its shape alone; colour only repeats it. */
const PATHS = {
  circle: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11z',
  half: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM8 2.5v11a5.5 5.5 0 0 1 0-11z',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  triangle: 'M8 2.2L14.5 13.6h-13zM8 6.5v3.4M8 11.8v.4',
  dot: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM8 5v3.6M8 10.8v.3',
  shield: 'M8 1.8l5 1.9v3.8c0 3.2-2.1 5.4-5 6.7c-2.9-1.3-5-3.5-5-6.7V3.7zM5.6 8l1.7 1.7l3.2-3.4',
  pen: 'M3 13l.8-3.1L10.6 3l2.4 2.4l-6.9 6.8zM9.2 4.4l2.4 2.4',
  lock: 'M3.5 7.2h9v6.3h-9zM5.3 7.2V5a2.7 2.7 0 0 1 5.4 0v2.2',
  snow: 'M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9L2.6 11.1',
  cross: 'M4 4l8 8M12 4l-8 8',
  dash: 'M3.5 8h9',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM8 4.8V8l2.3 1.6',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9zM10.3 10.3L14 14',
  home: 'M2.5 7.5L8 2.8l5.5 4.7M4 6.6v6.6h8V6.6',
  grid: 'M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.9h11M6.2 2.5v11M9.9 2.5v11',
  people: 'M6 7.5a2.4 2.4 0 1 0 0-4.8a2.4 2.4 0 0 0 0 4.8zM1.8 13.3c.3-2.6 2-4 4.2-4s3.900 1.400 4.200 4M10.600 3.200a2.300 2.300 0 0 1 0 4M11.800 9.600c1.400.500 2.200 1.800 2.400 3.700',
  chat: 'M2.500 3h11v8h-6l-3 2.500V11h-2z',
  out: 'M8 2.500v7.500M5 7l3 3.200L11 7M2.800 11v2.500h10.400V11',
  in: 'M8 10.5V3M5 5.800l3-3.200l3 3.200M2.800 11v2.500h10.400V11',
  send: 'M2.500 8L13.500 3L9.500 13.500L7.500 9z',
  code: 'M5.500 4.500L2 8l3.500 3.500M10.500 4.500L14 8l-3.500 3.500M9 3.200L7 12.800',
  key: 'M10.500 2.500a3 3 0 1 0 0 6a3 3 0 0 0 0-6zM8.300 7.700L3 13M4.500 11.500l1.500 1.500',
  tools: 'M3 3h10v3H3zM3 8h6M3 10.500h6M3 13h6M11.500 8.500v4.500',
  gear: 'M8 5.700a2.300 2.300 0 1 0 0 4.600a2.300 2.300 0 0 0 0-4.600zM8 1.800v2M8 12.200v2M1.800 8h2M12.200 8h2M3.600 3.600l1.400 1.400M11 11l1.400 1.400M12.400 3.600L11 5M5 11l-1.400 1.400',
  help: 'M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11zM6.400 6.500a1.600 1.600 0 1 1 2.300 1.400c-.5.3-.7.6-.7 1.200M8 11.100v.2',
  moon: 'M12.800 9.800A5.400 5.400 0 0 1 6.200 3.200a5.400 5.400 0 1 0 6.600 6.600z',
  sun: 'M8 5.200a2.800 2.800 0 1 0 0 5.600a2.800 2.800 0 0 0 0-5.600zM8 1.500v1.600M8 12.900v1.600M1.500 8h1.600M12.900 8h1.600M3.400 3.400l1.100 1.100M11.500 11.500l1.100 1.100M12.600 3.400l-1.100 1.100M4.500 11.500l-1.100 1.100',
  globe: 'M8 2.500a5.500 5.500 0 1 0 0 11a5.500 5.500 0 0 0 0-11zM2.500 8h11M8 2.500c2 1.800 2 9.200 0 11M8 2.500c-2 1.800-2 9.200 0 11',
  user: 'M8 7.800a2.600 2.600 0 1 0 0-5.200a2.600 2.600 0 0 0 0 5.200zM3 13.500c.3-2.800 2.300-4.200 5-4.200s4.700 1.400 5 4.200',
  history: 'M3 5.200A5.500 5.500 0 1 1 2.500 8M3 2.600v2.700h2.700M8 5v3.200l2.200 1.300',
  right: 'M6 3.500L10.500 8L6 12.500',
  down: 'M3.500 6L8 10.500L12.500 6',
  cloud: 'M4.500 12.500a2.700 2.700 0 0 1-.2-5.400a3.800 3.800 0 0 1 7.300-.4a2.900 2.900 0 0 1 .2 5.800z',
  print: 'M4.500 6V2.500h7V6M4.500 11.500h-2V6h11v5.500h-2M4.500 9.500h7v4h-7z',
  undo: 'M3 6.500h6.500a3.300 3.300 0 0 1 0 6.600H6M3 6.500l3-3M3 6.500l3 3',
} as const;

export type IconName = keyof typeof PATHS;

/** A shape as an image for CSS, in a colour that it keeps. */
export function iconImage(name: IconName, colour: string, opacity = 1): string {
  const fill = name === 'half' ? `<path d="M8 2.5v11a5.500 5.500 0 0 1 0-11z" fill="${colour}"/>` : '';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16" opacity="${opacity}" fill="none" stroke="${colour}" stroke-width="1.600" stroke-linecap="round" stroke-linejoin="round">${fill}<path d="${PATHS[name]}"/></svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`;
}

/** Says nothing to a screen reader unless it has a label. */
export function Icon({ name, className, label }: { name: IconName; className?: string; label?: string }) {
  const isHalf = name === 'half';
  const said = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return (
    <svg className={`icon ${className ?? ''}`} viewBox="0 0 16 16" focusable="false" {...said}>
      {isHalf && <path className="fill" d="M8 2.5v11a5.500 5.500 0 0 1 0-11z" />}
      <path d={PATHS[name]} />
    </svg>
  );
}
