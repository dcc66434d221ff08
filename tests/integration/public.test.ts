import path from 'node:path';
import { createId } from '@paralleldrive/cuid2';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSecrets, TABLE } from '../../server/src/storage';
import { createTokens, createUrls, type Tokens, type Urls } from '../../server/src/tokens';
import { startPlayground, type TestPlayground } from '../helpers/playground';

/** The public routes of a real Strapi, as a form, a browser without scripts and a mail provider call them. */
describe('public routes', () => {
  let playground: TestPlayground;
  let knex: Knex;
  let tokens: Tokens;
  let urls: Urls;
  let list: string;

  beforeAll(async () => {
    playground = await startPlayground();
    knex = createKnex({
      client: 'better-sqlite3',
      connection: { filename: path.join(playground.folder, 'data.db') },
      useNullAsDefault: true,
    });
    tokens = createTokens(await readSecrets(knex));
    urls = createUrls(playground.url, tokens);
    await knex(TABLE.lists).delete();
    list = await addList('letters', { is_default: true });
    await addList('offers', { description: 'Now <and> then' });
    await addList('staff', { public: false });
  });
  afterAll(async () => {
    await knex?.destroy();
    await playground?.stop();
  });

  async function addList(slug: string, fields: object): Promise<string> {
    const documentId = createId();
    const now = Date.now();
    await knex(TABLE.lists).insert({
      document_id: documentId,
      name: `Our ${slug}`,
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

  const subscribe = (body: object) =>
    fetch(`${playground.url}/api/newsletter/subscribe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const personOf = (email: string) => knex(TABLE.subscribers).where({ email_key: email }).first();
  const claimOf = async (email: string, deliveryId: number | null = null) => {
    const person = await personOf(email);
    return {
      subscriberId: person.document_id as string,
      addressHash: person.address_hash as string,
      deliveryId,
    };
  };
  /** Headers that the same request gets twice, those that name an instant or a remainder aside. */
  const stable = (response: Response) =>
    [...response.headers].filter(([name]) => !/^(date|x-response-time|x-ratelimit|etag)/.test(name));
  const form = (fields: Record<string, string>) => ({ method: 'POST', body: new URLSearchParams(fields) });

  async function confirmed(email: string): Promise<void> {
    expect((await subscribe({ email })).status).toBe(202);
    expect((await fetch(urls.confirm(await claimOf(email)), { method: 'POST' })).status).toBe(200);
    expect((await personOf(email)).status).toBe('subscribed');
  }

  it('answer a known and an unknown address alike', async () => {
    await confirmed('known@example.com');
    const answers = [];
    for (const email of ['known@example.com', 'unknown@example.com', 'Known@Example.com ']) {
      const response = await subscribe({ email, lists: ['letters'] });
      answers.push({ status: response.status, body: await response.text(), headers: stable(response) });
    }
    expect(answers[0]!.status).toBe(202);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('take a form as well as JSON', async () => {
    const response = await fetch(`${playground.url}/api/newsletter/subscribe`, {
      method: 'POST',
      body: new URLSearchParams([
        ['email', 'form@example.com'],
        ['lists', 'letters'],
        ['lists', 'offers'],
        ['firstName', ''],
        ['locale', 'ja'],
        ['submit', 'Go'],
      ]),
    });
    expect(response.status).toBe(202);
    const person = await personOf('form@example.com');
    expect(person).toMatchObject({ status: 'pending', language: 'ja', first_name: null });
    expect(await knex(TABLE.subscriptions).where({ subscriber_id: person.document_id })).toHaveLength(2);
  });

  it.each([
    [{ email: 'nobody' }, /"email" is not an email address/],
    [{ email: 'a@example.com', lists: ['staff'] }, /There is no public list "staff"/],
    [{ email: 'a@example.com', firstName: 'A\r\nBcc: x@y.zz' }, /"firstName" must be one line/],
    [{ email: 'a@example.com', locale: 'not a tag' }, /"locale"/],
  ])('refuse %j with a sentence', async (body, sentence) => {
    const response = await subscribe(body);
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toMatch(sentence);
    expect(await personOf('a@example.com')).toBeUndefined();
  });

  it('confirm by POST only', async () => {
    await subscribe({ email: 'confirm@example.com', locale: 'ja' });
    const url = urls.confirm(await claimOf('confirm@example.com'));
    for (const method of ['GET', 'HEAD']) expect((await fetch(url, { method })).status).toBe(200);
    expect((await personOf('confirm@example.com')).status).toBe('pending');
    const page = await (await fetch(url)).text();
    expect(page).toContain('<html lang="ja">');
    expect(page).toContain('Our letters');
    const done = await fetch(url, form({}));
    expect(await done.text()).toContain('購読のお手続きが完了しました');
    expect((await personOf('confirm@example.com')).status).toBe('subscribed');
  });

  it('serve pages that need and leak nothing', async () => {
    await confirmed('headers@example.com');
    const claim = await claimOf('headers@example.com');
    for (const url of [
      urls.confirm(claim),
      urls.unsubscribe(claim),
      urls.preferences(claim),
      `${urls.unsubscribe(claim)}x`,
    ]) {
      const response = await fetch(url);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-/,
      );
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('x-robots-tag')).toBe('noindex');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('set-cookie')).toBeNull();
      const page = await response.text();
      expect(page).not.toMatch(/<script|javascript:| on[a-z]+=/i);
      expect(page).not.toContain('headers@example.com');
    }
  });

  it("speak the subscriber's language, else the browser's", async () => {
    await confirmed('language@example.com');
    const url = urls.unsubscribe(await claimOf('language@example.com'));
    const lang = async (accept: string) =>
      /<html lang="(\w+)">/.exec(
        await (await fetch(url, { headers: { 'accept-language': accept } })).text(),
      )?.[1];
    expect(await lang('ja-JP,ja;q=0.9,en;q=0.5')).toBe('ja');
    expect(await lang('de-DE')).toBe('en');
    await knex(TABLE.subscribers).where({ email_key: 'language@example.com' }).update({ language: 'en-GB' });
    expect(await lang('ja')).toBe('en');
  });

  it.each(['urlencoded', 'multipart', 'no body', 'text'])(
    'unsubscribe with one click posted as %s',
    async (kind) => {
      const email = `one-click-${kind.replace(' ', '-')}@example.com`;
      await confirmed(email);
      const claim = await claimOf(email);
      const url = urls.unsubscribe(claim);
      for (const method of ['GET', 'HEAD']) await fetch(url, { method });
      expect((await personOf(email)).status).toBe('subscribed');

      const multipart = new FormData();
      multipart.set('List-Unsubscribe', 'One-Click');
      const request: Record<string, RequestInit> = {
        urlencoded: form({ 'List-Unsubscribe': 'One-Click' }),
        multipart: { method: 'POST', body: multipart },
        'no body': { method: 'POST' },
        text: { method: 'POST', body: 'List-Unsubscribe=One-Click' },
      };
      for (let i = 0; i < 2; i++) {
        const response = await fetch(url, { ...request[kind], redirect: 'manual' });
        expect(response.status).toBe(200);
        expect(response.headers.get('set-cookie')).toBeNull();
      }
      expect(await personOf(email)).toMatchObject({ status: 'unsubscribed', status_reason: 'one-click' });
      expect(await knex(TABLE.suppressions).where({ address_hash: claim.addressHash }).first()).toMatchObject(
        {
          reason: 'unsubscribed',
        },
      );
    },
  );

  it('unsubscribe from the page, and back by the preferences', async () => {
    await confirmed('page@example.com');
    const claim = await claimOf('page@example.com');
    const said = { reason: 'not-relevant', note: ' Too <b>long</b>\r\n', scope: 'everything' };
    const done = await fetch(urls.unsubscribe(claim), form({ from: 'page', ...said }));
    const page = await done.text();
    expect(page).toContain('You are unsubscribed');
    expect(await personOf('page@example.com')).toMatchObject({
      status: 'unsubscribed',
      status_reason: 'page',
    });
    expect(
      await knex(TABLE.consentLog)
        .where({ address_hash: claim.addressHash, action: 'unsubscribed' })
        .select('reason', 'note'),
    ).toEqual([{ reason: 'not-relevant', note: 'Too <b>long</b>' }]);

    const preferences = new URL(/href="(\.\.\/preferences\/[^"]+)"/.exec(page)![1]!, urls.unsubscribe(claim));
    expect((await fetch(preferences, form({ action: 'save', lists: list, language: 'ja' }))).status).toBe(
      200,
    );
    expect(await personOf('page@example.com')).toMatchObject({ status: 'subscribed', language: 'ja' });
  });

  it('export and erase, the latter only when asked twice', async () => {
    await confirmed('mine@example.com');
    const claim = await claimOf('mine@example.com');
    const url = urls.preferences(claim);
    const file = await fetch(url, form({ action: 'export' }));
    expect(file.headers.get('content-disposition')).toBe('attachment; filename="newsletter-data.json"');
    expect((await file.json()).person.email).toBe('mine@example.com');

    expect(await (await fetch(url, form({ action: 'erase' }))).text()).toContain('Erase your data?');
    expect(await personOf('mine@example.com')).toBeDefined();
    expect(await (await fetch(url, form({ action: 'erase-confirmed' }))).text()).toContain('has been erased');
    expect(await personOf('mine@example.com')).toBeUndefined();
    expect(await (await fetch(url)).text()).toContain('We have no subscription of yours');
    // The link in an old mail still keeps the address out for good.
    expect((await fetch(urls.unsubscribe(claim), form({ 'List-Unsubscribe': 'One-Click' }))).status).toBe(
      200,
    );
  });

  it('show names of lists as text, whatever they contain', async () => {
    await confirmed('escape@example.com');
    const page = await (await fetch(urls.preferences(await claimOf('escape@example.com')))).text();
    expect(page).toContain('Now &#60;and&#62; then');
  });

  describe('in mails', () => {
    let deliveryId: number;
    let linkId: number;
    const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };

    beforeAll(async () => {
      await confirmed('reader@example.com');
      const claim = await claimOf('reader@example.com');
      const [delivery] = await knex(TABLE.deliveries).insert({
        campaign_id: 'campaign1',
        batch_id: 1,
        subscriber_id: claim.subscriberId,
        email: 'reader@example.com',
        email_key: 'reader@example.com',
        address_hash: claim.addressHash,
        language: 'en',
        state: 'accepted',
        created_at: 1,
        settled_at: 1,
      });
      deliveryId = delivery!;
      const [link] = await knex(TABLE.links).insert({
        campaign_id: 'campaign1',
        url_hash: 'h',
        url: 'https://example.com/a?x=1&y=%E3%81%82#top',
      });
      linkId = link!;
    });
    const events = (type: string) => knex(TABLE.events).where({ delivery_id: deliveryId, type });

    it('answer the pixel, and record GET but not HEAD', async () => {
      expect((await fetch(urls.open(deliveryId), { method: 'HEAD' })).status).toBe(200);
      expect(await events('open')).toHaveLength(0);
      const response = await fetch(urls.open(deliveryId), { headers: BROWSER });
      expect(response.headers.get('content-type')).toBe('image/gif');
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(
        Buffer.from(await response.arrayBuffer())
          .subarray(0, 6)
          .toString(),
      ).toBe('GIF89a');
      expect(await events('open')).toHaveLength(1);
    });

    it('lead to the stored target', async () => {
      const url = urls.click(deliveryId, linkId);
      for (const method of ['HEAD', 'GET']) {
        const response = await fetch(url, { method, headers: BROWSER, redirect: 'manual' });
        expect(response.status).toBe(302);
        expect(response.headers.get('location')).toBe('https://example.com/a?x=1&y=%E3%81%82#top');
      }
      expect(await events('click')).toHaveLength(1);
    });

    it('answer 404 to forged, altered and foreign tokens', async () => {
      const click = urls.click(deliveryId, linkId);
      const altered = click.slice(0, -1) + (click.endsWith('A') ? 'B' : 'A');
      const foreign = urls.click(deliveryId, linkId + 1);
      const opened = urls.open(deliveryId).replace('/open/', '/click/');
      const elsewhere = `${playground.url}/api/newsletter/click/https%3A%2F%2Fevil.example`;
      for (const url of [altered, foreign, opened, elsewhere, `${urls.open(deliveryId)}A`]) {
        const response = await fetch(url, { redirect: 'manual' });
        expect({ url, status: response.status, location: response.headers.get('location') }).toEqual({
          url,
          status: 404,
          location: null,
        });
      }
    });

    it('name the campaign that somebody left because of', async () => {
      const url = urls.unsubscribe(await claimOf('reader@example.com', deliveryId));
      await fetch(url, form({ 'List-Unsubscribe': 'One-Click' }));
      expect(await personOf('reader@example.com')).toMatchObject({ status_campaign: 'campaign1' });
      expect(await events('unsubscribe')).toHaveLength(1);
    });
  });

  it('limit guesses and forms per network, but no genuine one-click', async () => {
    await confirmed('limit@example.com');
    const genuine = urls.unsubscribe(await claimOf('limit@example.com'));
    let refused: Response | null = null;
    for (let i = 0; i < 301 && !refused; i++) {
      const response = await fetch(`${playground.url}/api/newsletter/unsubscribe/forged`, { method: 'POST' });
      if (response.status !== 404) refused = response;
    }
    expect(refused?.status).toBe(429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fetch(genuine, form({ 'List-Unsubscribe': 'One-Click' }))).status).toBe(200);

    let last = await subscribe({ email: 'flood@example.com' });
    for (let i = 0; i < 31 && last.status !== 429; i++)
      last = await subscribe({ email: `flood${i}@example.com` });
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await last.json()).error.message).toMatch(/^Too many requests/);
  });
});
