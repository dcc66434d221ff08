import type { Knex } from 'knex';
import { TABLE } from './tables';

const exists = async (query: Knex.QueryBuilder): Promise<boolean> => (await query.first('id')) !== undefined;

/** What the checklist asks of the database. */
export async function startingPoints(
  db: Knex,
): Promise<{ list: boolean; subscribed: boolean; startedCampaign: boolean }> {
  return {
    list: await exists(db(TABLE.lists)),
    subscribed: await exists(db(TABLE.subscribers).where({ status: 'subscribed' })),
    startedCampaign: await exists(db(TABLE.campaigns).whereIn('state', ['sending', 'paused', 'sent'])),
  };
}

/** People who joined and people who left, for whatever reason, since a time in milliseconds. */
export async function growthSince(db: Knex, since: number): Promise<{ joined: number; left: number }> {
  const count = async (query: Knex.QueryBuilder) => {
    const [row] = (await query.count({ total: '*' })) as [{ total: number | string }];
    return Number(row.total);
  };
  const from = new Date(since);
  return {
    joined: await count(db(TABLE.subscribers).where('confirmed_at', '>=', from)),
    left: await count(
      db(TABLE.subscribers)
        .whereIn('status', ['unsubscribed', 'bounced', 'complained'])
        .where('status_changed_at', '>=', from),
    ),
  };
}

/** Campaigns with deliveries in doubt that nobody has chosen to leave so, of those that ended since or are still open. */
export async function inDoubtCampaigns(db: Knex, since: number): Promise<{ id: string; count: number }[]> {
  const rows: { campaign_id: string; total: number | string }[] = await db(TABLE.deliveries)
    .whereIn(
      'campaign_id',
      db(TABLE.runs)
        .where((any) => any.whereNull('ended_at').orWhere('ended_at', '>=', since))
        .select('campaign_id'),
    )
    .where({ state: 'in_doubt' })
    .whereNull('doubt_left_at')
    .groupBy('campaign_id')
    .select('campaign_id')
    .count({ total: '*' });
  return rows.map((row) => ({ id: row.campaign_id, count: Number(row.total) }));
}

/** System mails (confirmations and the like) that were given up since then. */
export async function failedMailsSince(db: Knex, since: number): Promise<number> {
  const [row] = (await db(TABLE.mails)
    .where({ state: 'failed' })
    .where('settled_at', '>=', since)
    .count({ total: '*' })) as [{ total: number | string }];
  return Number(row.total);
}
