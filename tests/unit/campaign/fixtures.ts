import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import type { Audience, CampaignState, ResolvedAudience } from '../../../shared/contracts';
import { emailKey } from '../../../shared/address';
import type { CampaignSnapshot } from '../../../server/src/compose/types';
import type { Context } from '../../../server/src/context';
import { inTransaction, TABLE, writeRun } from '../../../server/src/storage';

const stamps = () => ({
  created_at: new Date(),
  updated_at: new Date(),
  published_at: new Date(),
  locale: null,
});

/** Rows per INSERT that SQLite takes. */
async function insertAll(db: Knex, table: string, rows: object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 200) await db(table).insert(rows.slice(at, at + 200));
}

export async function addList(db: Knex, slug: string): Promise<string> {
  const id = createId();
  await db(TABLE.lists).insert({
    document_id: id,
    name: `List ${slug}`,
    slug,
    opt_in: 'double',
    ...stamps(),
  });
  return id;
}

export interface PersonInput {
  email: string;
  status?: string;
  language?: string | null;
  lists?: string[];
}

/** @returns documentIds in the order of the input */
export async function addPeople(ctx: Context, people: PersonInput[]): Promise<string[]> {
  const rows = people.map((person) => {
    const key = emailKey(person.email);
    if (key === null) throw new Error(`not an address: ${person.email}`);
    return {
      document_id: createId(),
      email: person.email,
      email_key: key,
      address_hash: ctx.tokens.addressHash(key),
      status: person.status ?? 'subscribed',
      language: person.language ?? null,
      ...stamps(),
    };
  });
  await insertAll(ctx.knex, TABLE.subscribers, rows);
  const subscriptions = people.flatMap((person, i) =>
    (person.lists ?? []).map((list) => ({
      subscriber_id: rows[i]!.document_id,
      list_id: list,
      status: 'subscribed',
      created_at: 1,
      updated_at: 1,
    })),
  );
  await insertAll(ctx.knex, TABLE.subscriptions, subscriptions);
  return rows.map((row) => row.document_id);
}

export interface CampaignFixture {
  state?: CampaignState;
  audience?: Audience;
  name?: string;
  sender?: string | null;
  subject?: string;
  body?: string;
}

/** A campaign row with one content row, as an editor's saved draft. */
export async function addCampaign(db: Knex, input: CampaignFixture = {}): Promise<string> {
  const id = createId();
  await db(TABLE.campaigns).insert({
    document_id: id,
    name: input.name ?? 'Spring letter',
    state: input.state ?? 'draft',
    sender: input.sender === undefined ? 'news' : input.sender,
    audience: JSON.stringify(input.audience ?? toLists()),
    default_language: 'en',
    track_opens: true,
    track_clicks: true,
    ...stamps(),
  });
  await db(TABLE.campaignContents).insert({
    document_id: createId(),
    campaign: id,
    variant: 'a',
    language: 'en',
    subject: input.subject ?? 'Hello {{firstName}}',
    preheader: '',
    body: input.body ?? '<p>News: <a href="https://example.org/a">read</a></p>',
    ...stamps(),
  });
  return id;
}

export const toLists = (include: string[] = [], exclude: string[] = []): Audience & ResolvedAudience => ({
  include: { lists: include, segments: [] },
  exclude: { lists: exclude, segments: [] },
});

/** A snapshot as scheduling would take it, for tests that begin after it. */
export function snapshotOf(ctx: Context, campaignId: string, audience: ResolvedAudience): CampaignSnapshot {
  return {
    campaignId,
    name: 'Spring letter',
    version: 1,
    sender: { id: 'news', name: 'News', email: 'news@example.org' },
    contents: [{ variant: 'a', language: 'en', subject: 'Hello', preheader: '', body: '<p>Hello</p>' }],
    defaultLanguage: 'en',
    templateHtml: null,
    brand: { name: 'Example', postalAddress: '1 Street', contact: '', logoUrl: '', color: '#4945ff' },
    tracking: { opens: true, clicks: true },
    audience,
    list: { name: 'List', slug: 'list' },
    pacePerHour: null,
    publicUrl: ctx.publicUrl,
  };
}

/** A campaign in any state with an open run, due at `startAt`. */
export async function addRun(
  ctx: Context,
  state: CampaignState,
  audience: ResolvedAudience = toLists(),
  startAt = 0,
): Promise<string> {
  const ids = ({ lists, segments }: ResolvedAudience['include']) => ({
    lists,
    segments: segments.map(({ documentId }) => documentId),
  });
  const campaignId = await addCampaign(ctx.knex, {
    state,
    audience: { include: ids(audience.include), exclude: ids(audience.exclude) },
  });
  const snapshot = JSON.stringify(snapshotOf(ctx, campaignId, audience));
  await inTransaction(ctx.knex, (trx) => writeRun(trx, { campaignId, version: 1, snapshot, startAt }));
  return campaignId;
}
