import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import { emailKey } from '../../../shared/address';
import { hygieneStartSchema, type HygieneRunDto, type HygieneStart } from '../../../shared/contracts';
import { checkDto, startCheck, startHygieneRunner } from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { pieces, readFindings, TABLE } from '../../../server/src/storage';

/** Adds subscribed people; their times in milliseconds since 1970. @returns documentIds in their order */
export async function addPeople(
  ctx: Context,
  people: readonly (string | { email: string; [column: string]: unknown })[],
): Promise<string[]> {
  const long = new Date(Date.now() - 3 * 365 * 86_400_000);
  const rows = people.map((person) => {
    const { email, ...columns } = typeof person === 'string' ? { email: person } : person;
    const key = emailKey(email) ?? email;
    return {
      document_id: createId(),
      email,
      email_key: key,
      address_hash: ctx.tokens.addressHash(key),
      status: 'subscribed',
      attributes: '{}',
      confirmed_at: long,
      created_at: long,
      updated_at: long,
      ...columns,
    };
  });
  for (const some of pieces(rows)) await ctx.knex(TABLE.subscribers).insert(some);
  return rows.map((row) => row.document_id);
}

/** Begins a check and lets it run to its end. */
export async function check(ctx: Context, start: HygieneStart): Promise<HygieneRunDto> {
  const { id } = await startCheck(ctx, hygieneStartSchema.parse(start), 'Ann');
  return settle(ctx, id);
}

/** Lets a runner work until the check neither runs nor acts. */
export async function settle(ctx: Context, id: string): Promise<HygieneRunDto> {
  const runner = startHygieneRunner(ctx, { lookMs: 20 });
  try {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const now = await checkDto(ctx, id);
      if (now.state !== 'running' && now.state !== 'acting') return now;
      if (Date.now() > deadline) throw new Error(`the check is still ${now.state}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await runner.stop();
  }
}

/** What was found, as `address kind detail`, sorted. */
export async function foundIn(ctx: Context, { id, counts }: HygieneRunDto): Promise<string[]> {
  const all: string[] = [];
  for (const kind of Object.keys(counts) as (keyof typeof counts)[]) {
    const { results } = await readFindings(ctx.knex, id, { kind, after: 0, limit: 1000 });
    all.push(...results.map(({ subscriber, detail }) => `${subscriber.email} ${kind} ${detail ?? '-'}`));
  }
  return all.sort();
}

/** Empties the tables: a database of its own per test takes seconds on a server. */
export async function emptyTables(knex: Knex): Promise<void> {
  const { hygieneRuns, hygieneFindings, hygieneActions, hygieneDomains, sunset, runs, deliveries } = TABLE;
  const { subscribers, lists, segments, subscriptions, consentLog, suppressions, settings } = TABLE;
  for (const table of [
    ...[hygieneRuns, hygieneFindings, hygieneActions, hygieneDomains, sunset, runs, deliveries],
    ...[subscribers, lists, segments, subscriptions, consentLog, suppressions, settings],
  ])
    await knex(table).delete();
}
