import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { dialectOf } from './dialect';
import { TABLE } from './tables';
import { inTransaction } from './transaction';

/** Rows a statement carries: far below the parameter limits of the three databases. */
const CHUNK = 200;

/** How a link is found by its address. */
export const linkHash = (url: string): string => createHash('sha256').update(url).digest('hex');

/**
 * Registers the tracked links of a campaign and gives their ids, keyed by URL. Known ones keep their id, also when two
 * processes register at the same time. Takes a connection or a transaction; in a transaction on MySQL a deadlock rolls
 * that back and is thrown.
 */
export async function ensureLinks(
  db: Knex,
  campaignId: string,
  urls: readonly string[],
): Promise<Map<string, number>> {
  // Sorted, so that two processes take the index locks in the same order.
  const byHash = new Map([...new Set(urls)].map((url) => [linkHash(url), url] as const));
  const hashes = [...byHash.keys()].sort();
  const ids = new Map<string, number>();
  for (let i = 0; i < hashes.length; i += CHUNK) {
    const chunk = hashes.slice(i, i + CHUNK);
    const known = await idsOf(db, campaignId, chunk);
    const missing = chunk.filter((hash) => !known.has(hash));
    if (missing.length > 0) {
      await insert(
        db,
        missing.map((hash) => ({ campaign_id: campaignId, url_hash: hash, url: byHash.get(hash)! })),
      );
      for (const [hash, id] of await idsOf(db, campaignId, missing, true)) known.set(hash, id);
    }
    for (const hash of chunk) {
      const id = known.get(hash);
      const url = byHash.get(hash)!;
      if (id === undefined)
        throw new Error(`newsletter: could not register the link ${url} of campaign ${campaignId}`);
      ids.set(url, id);
    }
  }
  return ids;
}

/** InnoDB locks the gaps of the unique index, so that two inserts of the same links can deadlock: one then tries again. */
async function insert(
  db: Knex,
  rows: { campaign_id: string; url_hash: string; url: string }[],
): Promise<void> {
  const work = (trx: Knex) =>
    trx(TABLE.links)
      .insert(rows)
      .onConflict(['campaign_id', 'url_hash'])
      .ignore()
      .then(() => undefined);
  await (db.isTransaction ? work(db) : inTransaction(db, work));
}

/** All registered links of a campaign: URL → id, as `compileCampaign` takes them. */
export async function readLinks(db: Knex, campaignId: string): Promise<Map<string, number>> {
  const rows: { id: number | string; url: string }[] = await db(TABLE.links)
    .where({ campaign_id: campaignId })
    .orderBy('id')
    .select('id', 'url');
  return new Map(rows.map((row) => [row.url, Number(row.id)]));
}

async function idsOf(
  db: Knex,
  campaignId: string,
  hashes: string[],
  latest = false,
): Promise<Map<string, number>> {
  const query = db(TABLE.links)
    .where({ campaign_id: campaignId })
    .whereIn('url_hash', hashes)
    .select('id', 'url_hash');
  // Under REPEATABLE READ a plain read would not see a row that another transaction has just committed.
  if (latest && db.isTransaction && dialectOf(db) === 'mysql') void query.forShare();
  const rows: { id: number | string; url_hash: string }[] = await query;
  return new Map(rows.map((row) => [row.url_hash, Number(row.id)]));
}
