import { useEffect, useRef } from 'react';

/** Asks again each time the version changes, but not for the first, which has just been asked. */
export function useRefetchWhen(version: string, refetch: () => unknown): void {
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current === version) return;
    seen.current = version;
    refetch();
  }, [version, refetch]);
}
