import { useEffect } from 'react';

type Pages = { hasNextPage: boolean; isFetching: boolean; fetchNextPage: () => unknown };

/**
 * Goes on while nothing was found: the server looks through a bounded part of a study for each page,
 * so that a page without rows does not say that there are none. Returns whether it still looks.
 */
export function useLookOn({ hasNextPage, isFetching, fetchNextPage }: Pages, shown: number | undefined): boolean {
  const looksOn = shown === 0 && hasNextPage;
  useEffect(() => {
    if (looksOn && !isFetching) void fetchNextPage();
  }, [looksOn, isFetching, fetchNextPage]);
  return looksOn;
}
