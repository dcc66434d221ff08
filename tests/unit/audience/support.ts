import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import { emailKey } from '../../../shared/address';
import type { Context } from '../../../server/src/context';
import { findPersonByHash, subscriptionsOf, TABLE, type Subscriber } from '../../../server/src/storage';
import type { PersonClaim } from '../../../server/src/tokens';

/** Adds a list; public, double opt-in. */
export async function addList(
  knex: Knex,
  slug: string,
  fields: { public?: boolean; opt_in?: 'double' | 'single'; is_default?: boolean } = {},
): Promise<string> {
  const documentId = createId();
  const now = new Date();
  await knex(TABLE.lists).insert({
    document_id: documentId,
    name: `List ${slug}`,
    slug,
    public: true,
    opt_in: 'double',
    is_default: false,
    created_at: now,
    updated_at: now,
    published_at: now,
    ...fields,
  });
  return documentId;
}

export const hashOf = (ctx: Context, email: string): string => ctx.tokens.addressHash(emailKey(email)!);

export const personOf = (ctx: Context, email: string): Promise<Subscriber | null> =>
  findPersonByHash(ctx.knex, hashOf(ctx, email));

/** What a link in a mail to this person carries. */
export async function claimOf(
  ctx: Context,
  email: string,
  deliveryId: number | null = null,
): Promise<PersonClaim> {
  const person = await personOf(ctx, email);
  return { subscriberId: person?.documentId ?? createId(), addressHash: hashOf(ctx, email), deliveryId };
}

/** status of the person and of their subscriptions by list id. */
export async function stateOf(
  ctx: Context,
  email: string,
): Promise<{ status: string | null; lists: Record<string, string> }> {
  const person = await personOf(ctx, email);
  const rows = person ? await subscriptionsOf(ctx.knex, person.documentId) : [];
  return {
    status: person?.status ?? null,
    lists: Object.fromEntries(rows.map((row) => [row.listId, row.status])),
  };
}

export async function count(knex: Knex, table: string, where: object = {}): Promise<number> {
  const row: { n?: string | number } | undefined = await knex(table).where(where).count({ n: '*' }).first();
  return Number(row?.n);
}

/** A settled delivery of a campaign. @returns its id */
export async function addDelivery(
  ctx: Context,
  email: string,
  fields: { campaign_id?: string; state?: string; settled_at?: number | null } = {},
): Promise<number> {
  const person = await personOf(ctx, email);
  const row = {
    campaign_id: 'campaign1',
    batch_id: 1,
    subscriber_id: person?.documentId ?? createId(),
    email,
    email_key: emailKey(email),
    address_hash: hashOf(ctx, email),
    language: 'en',
    state: 'accepted',
    reply_text: `250 <${email}> accepted`,
    created_at: Date.now() - 120_000,
    settled_at: Date.now() - 60_000,
    ...fields,
  };
  await ctx.knex(TABLE.deliveries).insert(row);
  const found: { id: number | string } = await ctx
    .knex(TABLE.deliveries)
    .where({ campaign_id: row.campaign_id, email_key: row.email_key })
    .first('id');
  return Number(found.id);
}

/** A campaign that is being sent to these. @returns its documentId */
export async function addCampaign(
  ctx: Context,
  audience: { include: { lists: string[]; segments: string[] } },
): Promise<string> {
  const documentId = createId();
  const now = new Date();
  await ctx.knex(TABLE.campaigns).insert({
    document_id: documentId,
    name: `Campaign ${documentId}`,
    state: 'sending',
    audience: JSON.stringify(audience),
    created_at: now,
    updated_at: now,
    published_at: now,
  });
  return documentId;
}
