import { createId } from '@paralleldrive/cuid2';
import { freezeStep } from '../../server/src/campaign';
import { DEFAULT_TEMPLATE_HTML, type CampaignSnapshot } from '../../server/src/compose';
import type { Context } from '../../server/src/context';
import { TABLE } from '../../server/src/storage';

export const SENDER = { id: 'news', name: 'Example News', email: 'news@example.test' };
export const PUBLIC_URL = 'https://news.example.test';
export const LIST = 'benchlist0000000000000001';
export const CITIES = ['Tokyo', 'Osaka', 'Berlin', 'São Paulo', 'New York'];

/** What the newsletter links to. */
export const LINKS = Array.from(
  { length: 6 },
  (_, i) => `https://shop.example.test/articles/${i + 1}?from=news`,
);

/** Subscribers of one list, each with a name and two attributes. */
export async function addReaders(ctx: Context, count: number): Promise<void> {
  const stamps = { created_at: new Date(), updated_at: new Date(), published_at: new Date() };
  await ctx.knex(TABLE.lists).insert({ document_id: LIST, name: 'News', slug: 'news', ...stamps });
  for (let from = 0; from < count; from += 1_000) {
    const people = Array.from({ length: Math.min(1_000, count - from) }, (_, i) => {
      const n = from + i;
      const email = `reader-${n}@inbox.test`;
      return {
        document_id: createId(),
        email,
        email_key: email,
        address_hash: ctx.tokens.addressHash(email),
        status: 'subscribed',
        first_name: `Reader ${n}`,
        language: 'en',
        attributes: JSON.stringify({ city: CITIES[n % CITIES.length], plan: `plan ${n % 4}` }),
        ...stamps,
      };
    });
    await ctx.knex.batchInsert(TABLE.subscribers, people, 50);
    await ctx.knex.batchInsert(
      TABLE.subscriptions,
      people.map((person) => ({
        subscriber_id: person.document_id,
        list_id: LIST,
        status: 'subscribed',
        created_at: 0,
        updated_at: 0,
      })),
      100,
    );
  }
}

/** A campaign to all readers whose audience is frozen, and which is paused. @returns its documentId */
export async function addFrozenCampaign(ctx: Context): Promise<string> {
  const snapshot = newsletter(createId());
  const stamps = { created_at: new Date(), updated_at: new Date(), published_at: new Date() };
  await ctx.knex(TABLE.campaigns).insert({
    document_id: snapshot.campaignId,
    name: snapshot.name,
    state: 'paused',
    started_at: new Date(),
    ...stamps,
  });
  const now = Date.now();
  await ctx.knex(TABLE.runs).insert({
    campaign_id: snapshot.campaignId,
    version: 1,
    snapshot: JSON.stringify(snapshot),
    start_at: now,
    created_at: now,
  });
  while ((await freezeStep(ctx, snapshot.campaignId)) === 'more');
  // A database that has been in use has statistics.
  for (const table of [TABLE.subscribers, TABLE.subscriptions, TABLE.deliveries, TABLE.batches])
    await ctx.knex.raw(`analyze ${table}`);
  return snapshot.campaignId;
}

/** A newsletter of about 25 KB on the wire: text and HTML, three personalised fields, six tracked links. */
export function newsletter(campaignId: string): CampaignSnapshot {
  const body = [
    '<h1>Hello {{firstName}}</h1><p>What is new in {{attributes.city}} for you on {{attributes.plan}}:</p>',
    ...LINKS.map(
      (url, i) =>
        `<h2>Story ${i + 1}</h2><p>${PARAGRAPH}</p><p>${PARAGRAPH}</p><p><a href="${url}">Read story ${i + 1}</a></p>`,
    ),
  ].join('\n');
  return {
    campaignId,
    name: 'Bench',
    version: 1,
    sender: SENDER,
    contents: [
      {
        variant: 'a',
        language: 'en',
        subject: 'Six stories for {{firstName}}',
        preheader: 'New today',
        body,
      },
    ],
    defaultLanguage: 'en',
    templateHtml: DEFAULT_TEMPLATE_HTML,
    brand: {
      name: 'Example',
      postalAddress: '1 Main Street, Springfield',
      contact: '',
      logoUrl: '',
      color: '#4945ff',
    },
    tracking: { opens: true, clicks: true },
    audience: { include: { lists: [LIST], segments: [] }, exclude: { lists: [], segments: [] } },
    list: { name: 'News', slug: 'news' },
    pacePerHour: null,
    publicUrl: PUBLIC_URL,
  };
}

const PARAGRAPH =
  'Nobody knows exactly when the first letter was sent by wire, but the clerks who carried the answers through the rain ' +
  'had opinions about it. They kept a ledger in which each message had a line, and a line was closed only when the answer ' +
  'had come back. What had no answer was looked into the next morning, by someone who had not been there. It was slow, it ' +
  'was careful, and the people on the other side of the mountains came to rely on it. When the line was cut one winter, ' +
  'the ledger told them what had arrived & what had not, and nothing was ever sent twice.';
