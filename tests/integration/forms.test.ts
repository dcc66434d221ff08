import path from 'node:path';
import { solveChallenge } from 'altcha-lib';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Settings } from '../../shared/contracts';
import { TABLE } from '../../server/src/storage';
import { startPlayground, type TestPlayground } from '../helpers/playground';

/** Forms of other sites and calls of other servers, against a real Strapi. */
describe('forms and API tokens', () => {
  let playground: TestPlayground;
  let knex: Knex;
  const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  beforeAll(async () => {
    playground = await startPlayground();
    knex = createKnex({
      client: 'better-sqlite3',
      connection: { filename: path.join(playground.folder, 'data.db') },
      useNullAsDefault: true,
    });
    await knex(TABLE.lists).delete();
    for (const slug of ['letters', 'offers']) {
      const list = {
        name: `Our ${slug}`,
        slug,
        public: true,
        optIn: 'double',
        isDefault: slug === 'letters',
      };
      const made = await playground.admin('POST', '/newsletter/lists', list);
      expect(made.body).toMatchObject({ slug });
    }
    await change({
      attributes: [
        { name: 'city', label: 'City', type: 'string', public: true },
        { name: 'born', label: 'Date of birth', type: 'date', public: true },
        { name: 'vip', label: 'VIP', type: 'boolean', public: false },
      ],
    });
  });
  afterAll(async () => {
    await knex?.destroy();
    await playground?.stop();
  });

  async function change(sections: object): Promise<void> {
    const { body } = await playground.admin<Settings>('GET', '/newsletter/settings');
    const saved = await playground.admin('PUT', '/newsletter/settings', { ...body, ...sections });
    expect({ status: saved.status, body: saved.body }).toMatchObject({ status: 200 });
  }
  const consent = async (patch: object) => {
    const { body } = await playground.admin<Settings>('GET', '/newsletter/settings');
    await change({ consent: { ...body.consent, ...patch } });
  };
  const api = (route: string) => `${playground.url}/api/newsletter/${route}`;
  const send = (fields: [string, string][], headers: Record<string, string> = HTML) =>
    fetch(api('subscribe'), {
      method: 'POST',
      headers,
      body: new URLSearchParams(fields),
      redirect: 'manual',
    });
  const personOf = (email: string) => knex(TABLE.subscribers).where({ email_key: email }).first();

  it('serve a page for frames that needs no script', async () => {
    const response = await fetch(api('form?lists=letters,offers&attributes=city,born,vip&names=1&locale=ja'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-frame-options')).toBeNull();
    expect(response.headers.get('content-security-policy')).toContain('frame-ancestors *');
    const page = await response.text();
    expect(page).toContain('<html lang="ja">');
    expect(page).toContain('name="attributes[born]"');
    expect(page).not.toContain('attributes[vip]');
    expect(page).not.toContain('<script');
    const missing = await fetch(api('form?lists=nope'));
    expect(missing.status).toBe(400);
    expect(await missing.text()).toContain('There is no public list &#34;nope&#34;.');
  });

  it('answer a browser with pages, and lose nothing that was entered', async () => {
    const offer = 'lists=letters%2Coffers&attributes=city%2Cborn&frame=1&locale=en';
    const wrong = await send([
      ['offer', offer],
      ['email', 'page@example.com'],
      ['lists', 'offers'],
      ['attributes[city]', 'Kyoto'],
      ['attributes[born]', 'spring'],
    ]);
    expect(wrong.status).toBe(400);
    const page = await wrong.text();
    for (const kept of ['value="page@example.com"', 'value="Kyoto"', 'value="spring"', 'such as 2026-05-31'])
      expect(page).toContain(kept);
    expect(page).toMatch(/value="offers"\s+checked/);
    expect(page).not.toMatch(/value="letters"\s+checked/);
    expect(await personOf('page@example.com')).toBeUndefined();

    const done = await send([
      ['offer', offer],
      ['email', 'page@example.com'],
      ['lists', 'offers'],
      ['attributes[city]', 'Kyoto'],
      ['attributes[vip]', 'yes'],
    ]);
    expect(done.status).toBe(202);
    expect(done.headers.get('content-security-policy')).toContain('frame-ancestors *');
    expect(await done.text()).toContain('Thank you');
    expect(JSON.parse((await personOf('page@example.com')).attributes)).toEqual({ city: 'Kyoto' });
  });

  it('lead to the page that the settings name, and to no other', async () => {
    await consent({ thanksUrl: 'https://site.example/thanks' });
    const response = await send([
      ['email', 'thanks@example.com'],
      ['returnUrl', 'https://evil.example'],
      ['thanksUrl', 'https://evil.example'],
    ]);
    expect([response.status, response.headers.get('location')]).toEqual([303, 'https://site.example/thanks']);
    await consent({ thanksUrl: '' });
  });

  it('let who fills in the trap go without a word', async () => {
    const trapped = [
      ['email', 'bot@example.com'],
      ['website', 'http://spam.example'],
    ] as [string, string][];
    const honest = await (await send([['email', 'honest@example.com']], {})).text();
    expect(await (await send(trapped, {})).text()).toBe(honest);
    expect((await send(trapped)).status).toBe(202);
    expect(await personOf('bot@example.com')).toBeUndefined();
  });

  it('ask for a captcha when the settings say so', async () => {
    expect((await fetch(api('captcha'))).status).toBe(404);
    await consent({ captcha: 'altcha' });
    const challenge = await (await fetch(api('captcha'))).json();
    const found = await solveChallenge(challenge.challenge, challenge.salt, 'SHA-256', challenge.maxnumber)
      .promise;
    const altcha = Buffer.from(JSON.stringify({ ...challenge, number: found!.number })).toString('base64');
    const email = 'person@example.com';
    const json = { 'content-type': 'application/json' };
    const post = (body: object) =>
      fetch(api('subscribe'), { method: 'POST', headers: json, body: JSON.stringify(body) });
    const refused = await post({ email });
    expect([refused.status, (await refused.json()).error.message]).toEqual([
      400,
      expect.stringMatching(/^"altcha" must be/),
    ]);
    expect((await send([['email', email]])).status).toBe(400);
    expect((await post({ email, altcha })).status).toBe(202);
    expect((await post({ email, altcha })).status).toBe(400);
    for (const name of ['altcha.js', 'altcha.css', 'worker.js'])
      expect((await fetch(api(`captcha/${name}`))).status).toBe(200);
    expect((await fetch(api('captcha/package.json'))).status).toBe(404);
    await consent({ captcha: 'off' });
  });

  describe('API tokens', () => {
    const token = async (permissions: string[]) => {
      const { body } = await playground.admin<{ data: { accessKey: string } }>('POST', '/admin/api-tokens', {
        name: `t${Math.random()}`,
        description: '',
        type: 'custom',
        lifespan: null,
        permissions,
      });
      return body.data.accessKey;
    };
    const call = (route: string, key: string | null, body: object) =>
      fetch(api(route), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
        body: JSON.stringify(body),
      });

    it('open the routes of their permissions and no other', async () => {
      const key = await token(['plugin::newsletter.subscriptions.subscribe']);
      const email = 'shop@example.com';
      expect([401, 403]).toContain((await call('subscribers', null, { email })).status);
      expect((await call('unsubscribe', key, { email })).status).toBe(403);
      const body = { email, consent: true, attributes: { vip: true }, source: 'checkout', ip: '192.0.2.1' };
      expect((await call('subscribers', key, body)).status).toBe(200);
      expect(await personOf(email)).toMatchObject({ status: 'subscribed', status_reason: 'checkout' });
      expect((await call('subscribers', key, { email: 'ask@example.com' })).status).toBe(202);
      expect(await personOf('ask@example.com')).toMatchObject({ status: 'pending', source: 'api' });

      const leave = await token(['plugin::newsletter.subscriptions.unsubscribe']);
      expect((await call('unsubscribe', leave, { email })).status).toBe(200);
      expect(await personOf(email)).toMatchObject({ status: 'unsubscribed', status_reason: 'api' });
      expect((await call('subscribers', key, body)).status).toBe(409);
      expect((await call('subscribers', leave, { email })).status).toBe(403);
    });
  });

  it('serve the OpenAPI document', async () => {
    expect(await (await fetch(api('openapi.json'))).json()).toMatchObject({ openapi: '3.1.0' });
  });
});
