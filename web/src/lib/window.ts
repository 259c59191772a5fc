import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';

const AROUND = 8;

/** Which rows of equal height are in view, so that only these are in the page. */
export function useWindow(box: RefObject<HTMLElement | null>, count: number, rowHeight: number) {
  const [range, setRange] = useState({ from: 0, to: 40 });
  const measure = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const from = Math.max(0, Math.floor(element.scrollTop / rowHeight) - AROUND);
    const to = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + AROUND);
    setRange((now) => (now.from === from && now.to === to ? now : { from, to }));
  }, [box, count, rowHeight]);
  useLayoutEffect(measure, [measure]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [box, measure]);
  return range;
}

/** The value of an earlier rendering, for telling what changed. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
