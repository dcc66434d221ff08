import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createId } from '@paralleldrive/cuid2';
import Koa from 'koa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setContext } from '../../../server/src/app';
import type { Context } from '../../../server/src/context';
import { previewModule } from '../../../server/src/http/public/preview';
import { viewModule } from '../../../server/src/http/public/view';
import { ensureLinks, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { snapshotOf } from './sample';

let database: TestDatabase;
let ctx: Context;
let server: Server;
let base: string;
const campaignId = createId();
const subscriberId = createId();
const body = '<p>Dear {{firstName}}</p><a href="https://example.com/a">a</a><script>alert(1)</script>';

beforeAll(async () => {
  database = await createTestDatabase();
  ctx = await createTestContext(database.knex);
  setContext(ctx);
  const app = new Koa();
  app.use(async (koa) => {
    const [, route, token] = /^\/api\/newsletter\/(\w+)\/([^/]+)$/.exec(koa.path) ?? [];
    const module = { preview: previewModule, view: viewModule }[route ?? ''];
    if (module) await module.controller.show!(Object.assign(koa, { params: { token } }));
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const { knex } = database;
  const times = { created_at: Date.now(), updated_at: Date.now(), published_at: Date.now() };
  const addressHash = ctx.tokens.addressHash('ann@example.com');
  await knex(TABLE.subscribers).insert({
    ...times,
    document_id: subscriberId,
    email: 'ann@example.com',
    email_key: 'ann@example.com',
    address_hash: addressHash,
    status: 'subscribed',
    first_name: 'Ann <b>',
  });
  await knex(TABLE.campaigns).insert({
    ...times,
    document_id: campaignId,
    name: 'Autumn',
    state: 'draft',
    default_language: 'en',
  });
  await knex(TABLE.campaignContents).insert({
    ...times,
    document_id: createId(),
    campaign: campaignId,
    variant: 'a',
    language: 'en',
    subject: 'S',
    preheader: '',
    body,
  });
  await knex(TABLE.runs).insert({
    campaign_id: campaignId,
    version: 1,
    snapshot: JSON.stringify(snapshotOf({ campaignId, body, publicUrl: ctx.publicUrl })),
    created_at: Date.now(),
  });
  await knex(TABLE.deliveries).insert({
    id: 41,
    campaign_id: campaignId,
    batch_id: 1,
    subscriber_id: subscriberId,
    email: 'ann@example.com',
    email_key: 'ann@example.com',
    address_hash: addressHash,
    language: 'en',
    state: 'accepted',
    created_at: Date.now(),
  });
});

afterAll(async () => {
  setContext(null);
  await new Promise((resolve) => server.close(resolve));
  await database.destroy();
});

const get = async (url: string) => {
  const response = await fetch(url.replace(ctx.publicUrl, base), { redirect: 'manual' });
  return { response, html: await response.text() };
};
const claim = () => ({
  campaignId,
  subscriberId: subscriberId as string | null,
  language: null,
  variant: null,
  expiresAt: Date.now() + 60_000,
});

it('serves the web version as the mail was, tracked links included, running and keeping nothing', async () => {
  const ids = await ensureLinks(ctx.knex, campaignId, ['https://example.com/a']);
  const { response, html } = await get(ctx.urls.view(41));
  expect(response.status).toBe(200);
  expect(html).toContain('<p>Dear Ann &lt;b&gt;</p>');
  expect(html).toContain(ctx.urls.click(41, ids.get('https://example.com/a')!));
  expect(html).toContain('/api/newsletter/unsubscribe/');
  expect(html).not.toContain('/api/newsletter/open/');
  expect(response.headers.get('x-robots-tag')).toContain('noindex');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain('sandbox');
  expect(policy).not.toContain('allow-scripts');
});

it('serves the preview to a frame of this site, with inert personal links', async () => {
  const { response, html } = await get(ctx.urls.preview(claim()));
  expect(response.status).toBe(200);
  expect(html).toContain('<p>Dear Ann &lt;b&gt;</p>');
  expect(html).toContain('href="https://example.com/a" target="_blank"');
  expect(html).not.toMatch(/\/api\/newsletter\/|newsletter\.invalid/);
  expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN');
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
  expect((await get(ctx.urls.preview({ ...claim(), subscriberId: null }))).html).toContain(
    '<p>Dear Alex</p>',
  );
});

it('answers 404 to forged, expired and foreign tokens, and once the person was erased', async () => {
  const view = ctx.urls.view(41);
  for (const url of [
    `${view}x`,
    view.slice(0, -1),
    ctx.urls.view(42),
    view.replace(/[^/]+$/, ctx.tokens.delivery('open', 41)),
    ctx.urls.preview({ ...claim(), expiresAt: Date.now() - 1 }),
    ctx.urls.preview({ ...claim(), campaignId: createId() }),
    ctx.urls.preview({ ...claim(), subscriberId: createId() }),
  ]) {
    expect((await get(url)).response.status, url).toBe(404);
  }
  await ctx.knex(TABLE.deliveries).where({ id: 41 }).update({ email: '' });
  expect((await get(view)).response.status).toBe(404);
});

it('says what is wrong when the source was broken after the address was given', async () => {
  const url = ctx.urls.preview(claim());
  await ctx.knex(TABLE.campaignContents).where({ campaign: campaignId }).update({ body: '{{#if <x>' });
  const { response, html } = await get(url);
  expect(response.status).toBe(200);
  expect(html).toContain('Body (en), line 1');
});
