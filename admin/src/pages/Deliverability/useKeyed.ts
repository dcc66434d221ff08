import { useState } from 'react';

/** Pages of a list that is read by key: the way back is remembered. `reset` when the filter changes. */
export function useKeyed(): {
  after: string | undefined;
  isFirst: boolean;
  newer: () => void;
  older: (next: string) => void;
  reset: () => void;
} {
  const [keys, setKeys] = useState<string[]>([]);
  return {
    after: keys.at(-1),
    isFirst: keys.length === 0,
    newer: () => setKeys((before) => before.slice(0, -1)),
    older: (next) => setKeys((before) => [...before, next]),
    reset: () => setKeys([]),
  };
}
