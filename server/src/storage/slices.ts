import type { Knex } from 'knex';
import { TABLE } from './tables';

/** SQLite runs in the event loop: one slice may hold it for about this long. */
const SLICE_MS = 25;
const SPAN = { first: 1000, max: 50_000 };

/**
 * For SQLite: looks at all subscribers in slices of row numbers (`after` < id ≤ `end`), between which the process does
 * its other work.
 * @param look looks at one slice; false: no further one is wanted
 */
export async function inSlices(
  knex: Knex,
  look: (after: number, end: number) => Promise<boolean | void>,
): Promise<void> {
  const last: { id?: number | null } | undefined = await knex(TABLE.subscribers).max({ id: 'id' }).first();
  const end = last?.id ?? 0;
  let span = SPAN.first;
  for (let after = 0; after < end; ) {
    const begun = performance.now();
    if ((await look(after, after + span)) === false) return;
    after += span;
    const tookMs = performance.now() - begun;
    if (tookMs < SLICE_MS / 2) span = Math.min(SPAN.max, span * 2);
    else if (tookMs > SLICE_MS * 2) span = Math.max(SPAN.first, Math.floor(span / 2));
    await new Promise(setImmediate);
  }
}
