import { useMemo } from 'react';
import type { SubscriberQuery, SubscriberStatus } from '../../../../shared/contracts';
import { useUrlState } from '../../components/useUrlState';
import type { StatusTab } from './StatusTabs';
import { STATUSES, WAYS } from './words';

type Sort = NonNullable<SubscriberQuery['sort']>;

/** Strapi's table headers write `email:ASC` into the address; the API takes `email:asc`. */
const SORTS = new Map<string, Sort>(
  (['email:asc', 'email:desc', 'createdAt:asc', 'createdAt:desc', 'statusChangedAt:desc'] as const).map(
    (sort) => [sort.toLowerCase(), sort],
  ),
);

const isStatus = (value: string): value is SubscriberStatus => STATUSES.some((status) => status === value);

export const hasLeft = (status: StatusTab | SubscriberStatus | undefined): boolean =>
  status === 'unsubscribed' || status === 'bounced' || status === 'complained';

const isId = (value: string | undefined): value is string => /^[a-z0-9]{8,32}$/.test(value ?? '');

/** Whatever somebody put into the address becomes a request that the server takes. */
export function toRequest(
  url: Record<'search' | 'status' | 'list' | 'sort', string> & { segment?: string; way?: string },
): SubscriberQuery {
  const status = isStatus(url.status) ? url.status : undefined;
  return {
    search: url.search === '' ? undefined : url.search.slice(0, 200),
    status,
    list: isId(url.list) ? url.list : undefined,
    segment: isId(url.segment) ? url.segment : undefined,
    way: hasLeft(status) ? WAYS.find((way) => way === url.way) : undefined,
    // Who left last is the question on the tabs of those who left.
    sort: SORTS.get(url.sort.toLowerCase()) ?? (hasLeft(status) ? 'statusChangedAt:desc' : 'createdAt:desc'),
  };
}

/** The search is named `_q`: the one free text that Strapi's pagination and table headers keep encoded. */
export function useSubscriberQuery() {
  const { get, page, pageSize, set } = useUrlState();
  const [search, status, list, sort] = [get('_q'), get('status'), get('list'), get('sort')];
  const [segment, way] = [get('segment'), get('way')];
  const request = useMemo(
    (): SubscriberQuery => ({ ...toRequest({ search, status, list, segment, way, sort }), page, pageSize }),
    [search, status, list, segment, way, sort, page, pageSize],
  );
  return {
    request,
    search,
    tab: request.status ?? ('all' as const),
    setTab: (tab: StatusTab) => set({ status: tab === 'all' ? null : tab, sort: null, way: null }),
    setList: (value: string | null) => set({ list: value }),
    setSegment: (value: string | null) => set({ segment: value }),
    setWay: (value: string | null) => set({ way: value }),
    setSearch: (value: string) => set({ _q: value }),
    setPage: (value: number) => set({ page: String(value) }),
    isFiltered: [request.search, request.list, request.segment, request.status, request.way].some(
      (value) => value !== undefined,
    ),
    clear: () => set({ _q: null, list: null, segment: null, status: null, way: null, sort: null }),
  };
}
