import { useCallback } from 'react';
import { useSearchParams } from 'react-router-dom';

/** Filter, sort, page and search in the URL. Setting anything but the page goes back to page 1. */
export function useUrlState(): {
  get(name: string): string;
  page: number;
  pageSize: number;
  set(values: Record<string, string | null>): void;
} {
  const [params, setParams] = useSearchParams();
  const get = useCallback((name: string) => params.get(name) ?? '', [params]);
  const set = useCallback(
    (values: Record<string, string | null>) =>
      setParams((previous) => {
        const next = new URLSearchParams(previous);
        if (!('page' in values)) next.delete('page');
        for (const [name, value] of Object.entries(values)) {
          if (value === null || value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      }),
    [setParams],
  );
  const positive = (name: string, otherwise: number) => {
    const value = Number(get(name));
    return Number.isInteger(value) && value > 0 ? value : otherwise;
  };
  return { get, page: positive('page', 1), pageSize: Math.min(100, positive('pageSize', 20)), set };
}
