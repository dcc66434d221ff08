import type { Knex } from 'knex';
import { anonymiseFeedback } from './feedback';
import { TABLE } from './tables';
import { pieces } from './transaction';

/**
 * Takes a person out of all that has been recorded about mails and consent, so that what stays can be counted but
 * leads to nobody: no address, no IP, none of their own words, no reply of a mail server (those quote addresses). The ledger keeps its rows,
 * since each campaign has to add up. The address hash stays: under it the suppression is found when the same address
 * is imported again, and a campaign that is being frozen sees that the address has its row.
 */
export async function anonymiseTraces(db: Knex, subscriberIds: readonly string[]): Promise<void> {
  for (const ids of pieces(subscriberIds)) {
    await db(TABLE.consentLog)
      .whereIn('subscriber_id', ids)
      .update({ subscriber_id: null, ip: null, note: null });
    await db(TABLE.events).whereIn('subscriber_id', ids).update({ subscriber_id: null, detail: null });
    await db(TABLE.deliveries)
      .whereIn('subscriber_id', ids)
      .update({ email: '', email_key: '', reply_text: null });
    await anonymiseFeedback(db, ids);
    await db(TABLE.mails).whereIn('subscriber_id', ids).delete();
  }
}

export interface PersonDelivery {
  campaignId: string;
  campaign: string | null;
  state: string;
  createdAt: number;
  settledAt: number | null;
}

export interface PersonEvent {
  type: string;
  campaignId: string | null;
  url: string | null;
  machine: boolean;
  at: number;
}

/** What came back about a mail to a person. */
export interface PersonReport {
  kind: string;
  result: string;
  said: string | null;
  reporter: string | null;
  evidence: string | null;
  at: number;
}

/** Every mail that went or should have gone to a person, and every event of theirs, and what came back, oldest first. */
export async function readTraces(
  db: Knex,
  subscriberId: string,
): Promise<{ deliveries: PersonDelivery[]; events: PersonEvent[]; reports: PersonReport[] }> {
  const deliveries: Record<string, unknown>[] = await db(`${TABLE.deliveries} as d`)
    .leftJoin(`${TABLE.campaigns} as c`, 'c.document_id', 'd.campaign_id')
    .where('d.subscriber_id', subscriberId)
    .orderBy('d.id')
    .select('d.campaign_id', 'c.name', 'd.state', 'd.created_at', 'd.settled_at');
  const events: Record<string, unknown>[] = await db(`${TABLE.events} as e`)
    .leftJoin(`${TABLE.links} as l`, 'l.id', 'e.link_id')
    .where('e.subscriber_id', subscriberId)
    .orderBy(['e.at', 'e.id'])
    .select('e.type', 'e.campaign_id', 'l.url', 'e.machine', 'e.at');
  const reports: Record<string, unknown>[] = await db(TABLE.feedback)
    .where({ subscriber_id: subscriberId })
    .orderBy('id')
    .select('kind', 'result', 'reply_text', 'reporter', 'evidence', 'at');
  return {
    deliveries: deliveries.map((row) => ({
      campaignId: String(row.campaign_id),
      campaign: (row.name ?? null) as string | null,
      state: String(row.state),
      createdAt: Number(row.created_at),
      settledAt: row.settled_at === null ? null : Number(row.settled_at),
    })),
    events: events.map((row) => ({
      type: String(row.type),
      campaignId: (row.campaign_id ?? null) as string | null,
      url: (row.url ?? null) as string | null,
      machine: Boolean(row.machine),
      at: Number(row.at),
    })),
    reports: reports.map((row) => ({
      kind: String(row.kind),
      result: String(row.result),
      said: (row.reply_text ?? null) as string | null,
      reporter: (row.reporter ?? null) as string | null,
      evidence: (row.evidence ?? null) as string | null,
      at: Number(row.at),
    })),
  };
}
