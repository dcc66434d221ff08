import type { Paged } from '../../../../shared/contracts';

/** One page in the shape in which every list of the admin API answers. */
export function paged<T>(
  results: T[],
  total: number,
  { page, pageSize }: { page: number; pageSize: number },
): Paged<T> {
  return { results, pagination: { page, pageSize, pageCount: Math.ceil(total / pageSize), total } };
}
