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

/** How long scrolling must have rested, in milliseconds, before the rows stand in their order again. */
const AT_REST_MS = 400;

/** A row in view, and the element that shows it: the next row to come into view takes it over. */
export type Slot = { slot: number; index: number };

/**
 * The rows of a window, each in an element that goes on when its row has left: what comes into view
 * changes elements and makes none. They are placed by their index. While one scrolls their order
 * among each other stays; at rest it is that of the rows, for whoever has them read out.
 */
export function useSlots({ from, to }: { from: number; to: number }): Slot[] {
  const [order, setOrder] = useState<number[]>([]);
  const size = Math.max(order.length, to - from);
  const indexOf = useCallback((slot: number) => from + ((((slot - from) % size) + size) % size), [from, size]);
  useEffect(() => {
    const sorted = () => setOrder(Array.from({ length: size }, (_, slot) => slot).toSorted((one, other) => indexOf(one) - indexOf(other)));
    const timer = setTimeout(sorted, order.length === size ? AT_REST_MS : 0);
    return () => clearTimeout(timer);
    // oxlint-disable-next-line react/exhaustive-deps
  }, [size, indexOf]);
  const slots = order.length === size ? order : Array.from({ length: size }, (_, slot) => slot);
  return slots.map((slot) => ({ slot, index: indexOf(slot) })).filter(({ index }) => index < to);
}

/** The value of an earlier rendering, for telling what changed. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
