import { useEffect, useRef } from 'react';

type Handlers = { [combination: string]: (event: KeyboardEvent) => void };

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');

function combination(event: KeyboardEvent): string {
  // Letters by their place on the keyboard, so that Alt and input methods do not change them.
  const key = /^Key[A-Z]$/.test(event.code) && (event.altKey || event.ctrlKey || event.metaKey) ? event.code.slice(3).toLowerCase() : event.key;
  const parts = [event.ctrlKey || event.metaKey ? 'ctrl' : '', event.altKey ? 'alt' : '', event.shiftKey && key.length > 1 ? 'shift' : ''];
  return [...parts.filter(Boolean), key.toLowerCase()].join('+');
}

/** Keys for the whole screen. A single character counts only outside fields (WCAG 2.1.4). */
export function useKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229) return;
      const name = combination(event);
      const handler = latest.current[name];
      if (!handler || (name.length === 1 && isTyping(event.target))) return;
      event.preventDefault();
      handler(event);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}
