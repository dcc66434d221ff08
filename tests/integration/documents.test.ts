import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Core } from '@strapi/strapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePlaygroundBuilt } from '../../scripts/lib/build.mjs';
import type { NewsletterApi } from '../../strapi-server';

const playground = path.resolve(import.meta.dirname, '../../playground');
const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-documents-'));
const before = process.cwd();

let strapi: Core.Strapi;
let api: NewsletterApi;

beforeAll(async () => {
  ensurePlaygroundBuilt({ panel: false });
  // The playground's configuration starts from the current folder, as in a process of its own.
  process.chdir(playground);
  Object.assign(process.env, {
    STRAPI_TELEMETRY_DISABLED: 'true',
    DATABASE_FILENAME: path.join(folder, 'data.db'),
    NEWSLETTER_QUEUE_FOLDER: path.join(folder, 'queue'),
  });
  const { createStrapi } = createRequire(import.meta.url)(
    '@strapi/strapi',
  ) as typeof import('@strapi/strapi');
  strapi = await createStrapi({ appDir: playground, distDir: path.join(playground, 'dist') }).load();
  strapi.log.level = 'error';
  api = strapi.plugin('newsletter').service('api');
}, 600_000);
afterAll(async () => {
  // Strapi takes its process for its own and removes every listener, those of the test runner too.
  const listeners = process.eventNames().map((event) => ({ event, kept: process.rawListeners(event) }));
  await strapi?.destroy();
  for (const { event, kept } of listeners) {
    for (const listener of kept) process.on(event, listener as () => void);
  }
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

/** A project generates the exact types (`strapi ts:generate-types`, see the packaging test); here there are none. */
interface Documents {
  create(params: { data: object }): Promise<Row>;
  update(params: { documentId: string; data: object }): Promise<Row | null>;
  clone(params: { documentId: string; data: object }): Promise<{ entries: Row[] }>;
  delete(params: { documentId: string }): Promise<unknown>;
  findOne(params: { documentId: string }): Promise<Row | null>;
  findMany(params: { filters: object }): Promise<Row[]>;
}
type Row = { documentId: string } & Record<string, unknown>;

const documents = (uid: string) => strapi.documents(uid as 'admin::user') as unknown as Documents;
const people = () => documents('plugin::newsletter.subscriber');
const campaigns = () => documents('plugin::newsletter.campaign');
const knex = () => strapi.db.connection;

describe('the document service', () => {
  it('gives addresses their key and hash, whatever the caller says', async () => {
    const data = { email: ' Mika@Exämple.com ', emailKey: 'someone@else.example', addressHash: 'x' };
    const made = await people().create({ data });
    expect(made).toMatchObject({
      email: 'Mika@Exämple.com',
      emailKey: 'mika@xn--exmple-cua.com',
      status: 'pending',
    });
    expect(made.addressHash).toMatch(/^[0-9a-f]{32}$/);
    const changed = await people().update({
      documentId: made.documentId,
      data: { email: 'mika@example.com' },
    });
    expect(changed).toMatchObject({ emailKey: 'mika@example.com' });
    expect(changed?.addressHash).not.toBe(made.addressHash);
    const renamed = await people().update({ documentId: made.documentId, data: { firstName: 'Mika' } });
    expect(renamed).toMatchObject({
      firstName: 'Mika',
      emailKey: 'mika@example.com',
      addressHash: changed?.addressHash,
    });
  });

  it('refuses what is no address', async () => {
    for (const data of [{}, { email: 'nobody' }, { email: '' }]) {
      await expect(people().create({ data })).rejects.toMatchObject({ name: 'ValidationError', status: 400 });
    }
  });

  it('refuses to set status, state and counters, and says which way to go', async () => {
    const data = { email: 'forged@example.com', status: 'subscribed' };
    await expect(people().create({ data })).rejects.toThrow(/"status".*\.subscribe\(/);
    const person = await people().create({ data: { email: 'counted@example.com' } });
    const id = { documentId: person.documentId };
    await expect(people().update({ ...id, data: { softBounces: 9 } })).rejects.toThrow(/"softBounces"/);
    const campaign = await campaigns().create({ data: { name: 'Forged' } });
    await expect(
      campaigns().update({ documentId: campaign.documentId, data: { state: 'sending' } }),
    ).rejects.toThrow(/"state".*schedule/);
    expect(await campaigns().findOne({ documentId: campaign.documentId })).toMatchObject({ state: 'draft' });
  });

  it('starts a copy anew', async () => {
    const { documentId } = await campaigns().create({ data: { name: 'Sent once' } });
    await knex()('newsletter_campaigns')
      .where({ document_id: documentId })
      .update({ state: 'sent', started_at: new Date() });
    const copy = await campaigns().clone({ documentId, data: {} });
    expect(copy.entries).toMatchObject([{ name: 'Sent once', state: 'draft', startedAt: null }]);
  });

  it('deletes people with their subscriptions, also inside a transaction', async () => {
    await knex()('newsletter_lists').insert({
      document_id: 'listlistlist',
      name: 'L',
      slug: 'l',
      public: true,
      opt_in: 'single',
    });
    await api.subscribe({ email: 'goes@example.com', lists: ['l'] });
    const [person] = await people().findMany({ filters: { email: 'goes@example.com' } });
    const documentId = person?.documentId ?? '';
    const of = () => knex()('newsletter_subscriptions').where({ subscriber_id: documentId });
    expect(await of()).toHaveLength(1);
    await strapi.db.transaction(async () => people().delete({ documentId }));
    expect(await of()).toEqual([]);
    expect(await people().findOne({ documentId })).toBeNull();
  });

  it('deletes no campaign that people got', async () => {
    const { documentId } = await campaigns().create({ data: { name: 'Got' } });
    await knex()('newsletter_campaigns').where({ document_id: documentId }).update({ state: 'sent' });
    await expect(campaigns().delete({ documentId })).rejects.toMatchObject({ status: 409 });
    expect(await campaigns().findOne({ documentId })).toMatchObject({ name: 'Got' });
  });

  it('leaves other content types alone', async () => {
    const made = await documents('api::article.article').create({ data: { title: 'Untouched' } });
    expect(made.documentId).toBeTruthy();
  });
});

describe('the service API', () => {
  it('subscribes and takes off again', async () => {
    await api.subscribe({ email: 'code@example.com', lists: ['l'], firstName: 'Co', source: 'checkout' });
    const find = async () => (await people().findMany({ filters: { email: 'code@example.com' } }))[0];
    expect(await find()).toMatchObject({ status: 'subscribed', firstName: 'Co', source: 'checkout' });
    await api.unsubscribe({ email: 'CODE@example.com' });
    expect(await find()).toMatchObject({ status: 'unsubscribed', statusReason: 'api' });
    await expect(api.unsubscribe({ email: 'x' })).rejects.toMatchObject({ status: 400 });
  });

  it('makes a draft, and says what is missing when it cannot be scheduled', async () => {
    const { documentId } = await api.createCampaign({ name: 'From code' });
    expect(await campaigns().findOne({ documentId })).toMatchObject({ name: 'From code', state: 'draft' });
    await expect(api.schedule(documentId)).rejects.toMatchObject({ status: 400, code: 'preflight' });
  });
});

it('keeps our tables out of the reach of a schema synchronisation, once', async () => {
  const kept = (await strapi.store.get({ type: 'core', key: 'persisted_tables' })) as { name: string }[];
  const ours = kept.map(({ name }) => name).filter((name) => name.startsWith('newsletter_'));
  expect(ours.sort()).toEqual([
    'newsletter_campaign_contents',
    'newsletter_campaigns',
    'newsletter_lists',
    'newsletter_segments',
    'newsletter_subscribers',
    'newsletter_templates',
  ]);
});
