import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createKnex, { type Knex } from 'knex';
import path from 'node:path';
import type {
  DeliverySettings,
  HealthDto,
  ListDto,
  Paged,
  Settings,
  SubscriberCounts,
  SubscriberDto,
  TemplateDto,
  TimelineEntry,
} from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';

interface Failure {
  error: { status: number; name: string; message: string; details: { code?: string; problems?: unknown } };
}

let strapi: TestPlayground;
let knex: Knex;

beforeAll(async () => {
  // Nobody listens on the port: these tests send nothing.
  strapi = await startPlayground({ smtpPort: 1 });
  knex = createKnex({
    client: 'better-sqlite3',
    connection: { filename: path.join(strapi.folder, 'data.db') },
    useNullAsDefault: true,
  });
});
afterAll(async () => {
  await knex?.destroy();
  await strapi?.stop();
});

/** Calls the admin API below /newsletter and gives the body, after its status was what is expected. */
async function call<T>(status: number, method: string, route: string, body?: unknown): Promise<T> {
  const answer = await strapi.admin<T>(method, `/newsletter/${route}`, body);
  expect({ route, status: answer.status, body: answer.status === status ? null : answer.body }).toEqual({
    route,
    status,
    body: null,
  });
  return answer.body;
}
const refused = async (status: number, method: string, route: string, body?: unknown) =>
  (await call<Failure>(status, method, route, body)).error;

const newList = (name: string, more: object = {}) => call<ListDto>(201, 'POST', 'lists', { name, ...more });
const newPerson = (email: string, more: object = {}) =>
  call<SubscriberDto>(201, 'POST', 'subscribers', { email, ...more });

describe('lists', () => {
  it('makes slugs from names, numbers them, and falls back for names without letters of a slug', async () => {
    expect((await newList('Été 2026 – News!')).slug).toBe('ete-2026-news');
    expect((await newList('Été 2026 News')).slug).toBe('ete-2026-news-2');
    expect((await newList('お知らせ')).slug).toBe('list');
    expect((await newList('ニュース')).slug).toBe('list-2');
    const { message, details } = await refused(409, 'POST', 'lists', { name: 'x', slug: 'list' });
    expect(details.code).toBe('slug-taken');
    expect(message).toContain('"list" belongs to another list');
  });

  it('has one default at most', async () => {
    const first = await newList('Default one', { isDefault: true });
    const second = await newList('Default two', { isDefault: true });
    expect((await call<ListDto>(200, 'GET', `lists/${first.documentId}`)).isDefault).toBe(false);
    await call(200, 'PUT', `lists/${first.documentId}`, { isDefault: true });
    expect((await call<ListDto>(200, 'GET', `lists/${second.documentId}`)).isDefault).toBe(false);
    await call(200, 'PUT', `lists/${first.documentId}`, { isDefault: false });
  });

  it('counts people by the status of their subscription', async () => {
    const list = await newList('Counted');
    const lists = [list.documentId];
    await newPerson('counted-1@example.com', { lists, consent: true });
    await newPerson('counted-2@example.com', { lists });
    const { results } = await call<Paged<ListDto>>(200, 'GET', 'lists?search=counted');
    expect(results.map((found) => found.counts)).toEqual([{ subscribed: 1, pending: 1, unsubscribed: 0 }]);
  });

  it('goes with its subscriptions, but not while a campaign needs it', async () => {
    const list = await newList('Going');
    const person = await newPerson('going@example.com', { lists: [list.documentId], consent: true });
    const campaign = await call<{ documentId: string }>(201, 'POST', 'campaigns', {
      name: 'Under way',
      audience: { include: { lists: [list.documentId] } },
    });
    // A paused campaign, as a mail server's refusal leaves it.
    await knex('newsletter_campaigns')
      .where({ document_id: campaign.documentId })
      .update({ state: 'paused' });
    const { message, details } = await refused(409, 'DELETE', `lists/${list.documentId}`);
    expect(details.code).toBe('list-in-use');
    expect(message).toContain('"Under way"');
    await knex('newsletter_campaigns').where({ document_id: campaign.documentId }).update({ state: 'sent' });
    const draft = await call<{ documentId: string }>(201, 'POST', 'campaigns', {
      name: 'Without them',
      audience: { exclude: { lists: [list.documentId] } },
    });
    const excluded = await refused(409, 'DELETE', `lists/${list.documentId}`);
    expect(excluded.message).toContain('"Without them"');
    await call(204, 'DELETE', `campaigns/${draft.documentId}`);
    await call(204, 'DELETE', `lists/${list.documentId}`);
    expect((await call<SubscriberDto>(200, 'GET', `subscribers/${person.documentId}`)).lists).toEqual([]);
    expect(await knex('newsletter_subscriptions').where({ list_id: list.documentId })).toEqual([]);
    expect((await refused(404, 'GET', `lists/${list.documentId}`)).message).toContain('no list');
  });
});

describe('subscribers', () => {
  it('are added with the consent that the editor states, and found by parts of address and name', async () => {
    const list = await newList('Finders');
    const person = await newPerson('Mika.Ito@Example.com', {
      firstName: 'Mika',
      lastName: 'Itō',
      language: 'ja',
      timezone: 'Asia/Tokyo',
      attributes: { plan: 'pro', age: 31, vip: true },
      lists: [list.documentId],
      consent: true,
    });
    expect(person).toMatchObject({
      email: 'Mika.Ito@Example.com',
      status: 'subscribed',
      source: 'admin',
      attributes: { plan: 'pro', age: 31, vip: true },
      lists: [{ list: { name: 'Finders', slug: 'finders' }, status: 'subscribed', source: 'admin' }],
      suppression: null,
    });
    for (const search of ['mika', 'ITO@EX', 'mika itō', 'ika.ito']) {
      const { results } = await call<Paged<SubscriberDto>>(
        200,
        'GET',
        `subscribers?search=${encodeURIComponent(search)}`,
      );
      expect(
        results.map((found) => found.email),
        search,
      ).toEqual(['Mika.Ito@Example.com']);
    }
    // Wildcards of SQL mean themselves.
    for (const search of ['%', 'm_ka', 'mika nobody']) {
      const { results } = await call<Paged<SubscriberDto>>(
        200,
        'GET',
        `subscribers?search=${encodeURIComponent(search)}`,
      );
      expect(results, search).toEqual([]);
    }
  });

  it('are paged, sorted and filtered', async () => {
    const list = await newList('Paged');
    for (const n of [1, 2, 3])
      await newPerson(`paged-${n}@example.com`, {
        lists: [list.documentId],
        ...(n < 3 ? { consent: true } : {}),
      });
    const page = async (query: string) => {
      const { results, pagination } = await call<Paged<SubscriberDto>>(
        200,
        'GET',
        `subscribers?list=${list.documentId}&${query}`,
      );
      return { emails: results.map(({ email }) => email.slice(6, 7)).join(''), pagination };
    };
    expect(await page('sort=email:asc&pageSize=2')).toEqual({
      emails: '12',
      pagination: { page: 1, pageSize: 2, pageCount: 2, total: 3 },
    });
    expect((await page('sort=email:asc&pageSize=2&page=2')).emails).toBe('3');
    expect((await page('sort=createdAt:desc')).emails).toBe('321');
    expect((await page('status=pending')).emails).toBe('3');
    expect((await refused(400, 'GET', 'subscribers?pageSize=101')).message).toBe(
      '"pageSize" must be at most 100.',
    );
  });

  it('are counted by status', async () => {
    const before = await call<SubscriberCounts>(200, 'GET', 'subscribers/counts');
    await newPerson('one-more@example.com', { consent: true });
    const after = await call<SubscriberCounts>(200, 'GET', 'subscribers/counts');
    expect(after).toEqual({ ...before, subscribed: before.subscribed + 1, all: before.all + 1 });
  });

  it('who left are not put back by an editor, only invited', async () => {
    const list = await newList('Left behind');
    const person = await newPerson('leaver@example.com', { lists: [list.documentId], consent: true });
    expect(
      await call(200, 'POST', 'subscribers/bulk', { action: 'unsubscribe', ids: [person.documentId] }),
    ).toMatchObject({
      changed: 1,
    });
    const left = await call<SubscriberDto>(200, 'GET', `subscribers/${person.documentId}`);
    expect(left).toMatchObject({
      status: 'unsubscribed',
      statusReason: 'admin',
      suppression: { reason: 'unsubscribed' },
    });

    const again = await refused(409, 'PUT', `subscribers/${person.documentId}`, { lists: [list.documentId] });
    expect(again.details.code).toBe('left');
    expect(again.message).toContain('only they can come back');

    await call(204, 'POST', `subscribers/${person.documentId}/invite`);
    const invited = await call<SubscriberDto>(200, 'GET', `subscribers/${person.documentId}`);
    expect(invited.status).toBe('unsubscribed');
    expect(invited.lists).toMatchObject([{ status: 'pending', source: 'admin' }]);
    expect(
      await knex('newsletter_mails').where({ subscriber_id: person.documentId, kind: 'confirm' }),
    ).toHaveLength(1);
    expect((await refused(409, 'POST', `subscribers/${person.documentId}/invite`)).details.code).toBe(
      'too-soon',
    );

    const timeline = await call<TimelineEntry[]>(200, 'GET', `subscribers/${person.documentId}/timeline`);
    expect(timeline.map(({ type }) => type)).toEqual(['requested', 'unsubscribed', 'added']);
    expect(timeline[0]).toMatchObject({ list: { name: 'Left behind' }, machine: false, campaign: null });

    await call(204, 'DELETE', `subscribers/${person.documentId}`);
    expect(
      (await refused(409, 'POST', 'subscribers', { email: 'Leaver@example.com', consent: true })).details
        .code,
    ).toBe('suppressed');
    await refused(404, 'GET', `subscribers/${person.documentId}/timeline`);
  });

  it('that complained are never asked again', async () => {
    const person = await newPerson('angry@example.com', { consent: true });
    await knex('newsletter_subscribers')
      .where({ document_id: person.documentId })
      .update({ status: 'complained' });
    expect((await refused(409, 'POST', `subscribers/${person.documentId}/invite`)).details.code).toBe(
      'suppressed',
    );
  });

  it('need an address that SMTP can carry, and only one has it', async () => {
    expect((await refused(400, 'POST', 'subscribers', { email: 'x' })).message).toBe(
      '"email" is not an email address.',
    );
    await newPerson('twin@example.com');
    expect((await refused(409, 'POST', 'subscribers', { email: 'TWIN@example.com' })).details.code).toBe(
      'known-address',
    );
  });
});

describe('templates', () => {
  it('start with the letter, which is the default', async () => {
    const { results } = await call<Paged<TemplateDto>>(200, 'GET', 'templates');
    expect(results).toMatchObject([{ name: 'Letter', isDefault: true }]);
  });

  it('are previewed with a letter in them, and say where they are broken', async () => {
    const [letter] = (await call<Paged<TemplateDto>>(200, 'GET', 'templates')).results;
    const good = await call<{ html: string; error: null }>(200, 'POST', 'templates/preview', {
      html: letter?.html,
    });
    expect(good.error).toBeNull();
    expect(good.html).toContain('Hello Alex');
    const bad = await call(200, 'POST', 'templates/preview', { html: '<p>\n  {{#if name}}</p>' });
    expect(bad).toMatchObject({ html: '', error: { where: 'template', line: 2 } });
  });

  it('are not saved broken', async () => {
    const { message, details } = await refused(400, 'POST', 'templates', {
      name: 'Broken',
      html: '<p>\n  {{#if name}}</p>',
    });
    expect(message).toMatch(/line 2/);
    expect(details).toMatchObject({ code: 'template-error', problems: [{ line: 2 }] });
  });

  it('are kept while a draft uses them', async () => {
    const html = '<html><body>{{{content}}}{{{footer}}}</body></html>';
    const template = await call<TemplateDto>(201, 'POST', 'templates', { name: 'Used', html });
    const draft = await call<{ documentId: string }>(201, 'POST', 'campaigns', {
      name: 'Draft',
      template: template.documentId,
    });
    expect((await refused(409, 'DELETE', `templates/${template.documentId}`)).message).toContain(
      'The draft "Draft"',
    );
    await call(200, 'PUT', `campaigns/${draft.documentId}`, { template: null });
    await call(204, 'DELETE', `templates/${template.documentId}`);
  });
});

describe('settings', () => {
  const sender = { id: 'news', name: 'News', email: 'news@news.example.com' };

  it('are saved and read back with defaults', async () => {
    await call(200, 'PUT', 'settings', { senders: [sender], brand: { name: 'ACME' } });
    expect(await call<Settings>(200, 'GET', 'settings')).toMatchObject({
      senders: [sender],
      brand: { name: 'ACME', color: '#4945ff' },
      tracking: { opens: true, clicks: true },
    });
  });

  it('take senders only on domains and transports of the configuration', async () => {
    const domain = await refused(400, 'PUT', 'settings', {
      senders: [{ ...sender, email: 'news@example.org' }],
    });
    expect(domain.message).toContain('writes from example.org');
    expect(domain.message).toContain('news.example.com');
    const transport = await refused(400, 'PUT', 'settings', {
      senders: [{ ...sender, transports: [{ name: 'pigeon', weight: 1 }] }],
    });
    expect(transport.message).toContain('"pigeon"');
    expect((await refused(400, 'PUT', 'settings', { senders: [sender, sender] })).details.code).toBe(
      'twin-senders',
    );
    expect((await call<Settings>(200, 'GET', 'settings')).senders).toEqual([expect.objectContaining(sender)]);
  });

  it('show the configuration of delivery without its secrets', async () => {
    const delivery = await call<DeliverySettings>(200, 'GET', 'settings/delivery');
    expect(delivery).toMatchObject({
      queueBackend: 'embedded',
      transports: [{ name: 'demo', host: '127.0.0.1', port: 1 }],
      domains: [{ name: 'news.example.com', dkim: 'signed', selector: 'demo' }],
    });
    expect(JSON.stringify(delivery)).not.toMatch(/dkim\.pem|PRIVATE KEY|pass/);
  });

  it('try a transport and say what the server said', async () => {
    const result = await call<{ ok: boolean; message: string }>(200, 'POST', 'settings/delivery/test', {});
    expect(result.ok).toBe(false);
    expect(result.message).toMatch(/127\.0\.0\.1/);
  });
});

it('tells how delivery is', async () => {
  const health = await call<HealthDto>(200, 'GET', 'health');
  expect(health.queue.backend).toBe('embedded');
  expect(health.transports.map(({ name }) => name)).toEqual(['demo']);
});
