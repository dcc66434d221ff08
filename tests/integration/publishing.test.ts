import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Core } from '@strapi/strapi';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  CampaignDto,
  EntryDraftDto,
  EntryNewslettersDto,
  EntryStatusDto,
  FiringDto,
  OverviewDto,
  Paged,
  RuleContentTypes,
  RuleDto,
  RuleInput,
  RulePreviewDto,
} from '../../shared/contracts';
import { ensurePlaygroundBuilt } from '../../scripts/lib/build.mjs';
import { adminToken, freePort, makeDkimKey } from '../../scripts/lib/playground.mjs';
import { until } from './faults-bed';

const playground = path.resolve(import.meta.dirname, '../../playground');
const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-publishing-'));
const before = process.cwd();
const ARTICLE = 'api::article.article';
const NOTICE = 'api::notice.notice';

let strapi: Core.Strapi;
let url: string;
let token: string;
let list: string;

beforeAll(async () => {
  ensurePlaygroundBuilt({ panel: false });
  makeDkimKey(folder);
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  // The playground's configuration starts from the current folder, as in a process of its own.
  process.chdir(playground);
  Object.assign(process.env, {
    NODE_ENV: 'development',
    STRAPI_TELEMETRY_DISABLED: 'true',
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: url,
    SERVE_ADMIN_PANEL: 'false',
    DATABASE_FILENAME: path.join(folder, 'data.db'),
    NEWSLETTER_QUEUE_FOLDER: path.join(folder, 'queue'),
    DEMO_SMTP_PORT: String(await freePort()),
    DEMO_DKIM_KEY_FILE: path.join(folder, 'dkim.pem'),
  });
  const { createStrapi } = createRequire(import.meta.url)(
    '@strapi/strapi',
  ) as typeof import('@strapi/strapi');
  strapi = await createStrapi({ appDir: playground, distDir: path.join(playground, 'dist') }).start();
  strapi.log.level = 'error';
  token = await adminToken(url);
  await admin('PUT', '/newsletter/settings', {
    senders: [{ id: 'news', name: 'News', email: 'news@news.example.com' }],
    brand: { name: 'Example', postalAddress: '1 Example Street' },
  });
  list = (
    await admin<{ documentId: string }>('POST', '/newsletter/lists', { name: 'Readers', optIn: 'single' })
  ).documentId;
  await admin('POST', '/newsletter/subscribers', {
    email: 'reader@example.org',
    lists: [list],
    consent: true,
  });
  await admin('POST', '/i18n/locales', { code: 'ja', name: 'Japanese (ja)', isDefault: false });
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
beforeEach(async () => {
  await strapi.db.connection('newsletter_outbox').delete();
  await strapi.db.connection('newsletter_publish_rules').delete();
});

async function call(
  method: string,
  route: string,
  body?: unknown,
  bearer = token,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url + route, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as unknown) : null };
}

/** Calls the admin API as the first admin, who may do everything. */
async function admin<T = unknown>(method: string, route: string, body?: unknown): Promise<T> {
  const answer = await call(method, route, body);
  if (answer.status >= 300)
    throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}

type Row = { documentId: string; locale?: string | null } & Record<string, unknown>;
interface Documents {
  create(params: object): Promise<Row>;
  update(params: object): Promise<Row | null>;
  publish(params: object): Promise<{ entries: Row[] }>;
  unpublish(params: object): Promise<unknown>;
  clone(params: object): Promise<{ documentId: string }>;
  delete(params: object): Promise<unknown>;
}
/** A project generates the exact types; here there are none. */
const documents = (uid = ARTICLE) => strapi.documents(uid as 'admin::user') as unknown as Documents;

const addRule = (input: Partial<RuleInput> = {}) =>
  admin<RuleDto>('POST', '/newsletter/rules', {
    name: 'Articles',
    contentType: ARTICLE,
    mapping: { body: [{ field: 'body' }] },
    audience: { include: { lists: [list] } },
    holdAbove: 1000,
    ...input,
  });

const body = (text: string) => [{ type: 'paragraph', children: [{ type: 'text', text }] }];
let number = 0;
/** Fields of a new article. */
const fresh = () => ({
  title: `Article ${++number}`,
  slug: `article-${number}`,
  body: body(`Text ${number}`),
});

const firings = async (documentId?: string) => {
  const all = await admin<Paged<FiringDto>>('GET', '/newsletter/rules/activity?pageSize=100');
  return all.results.filter((firing) => documentId === undefined || firing.documentId === documentId);
};
/** The firings of an entry once all of them have come to something. */
async function settled(documentId: string, count: number): Promise<FiringDto[]> {
  let found: FiringDto[] = [];
  await until(`${count} settled firings`, async () => {
    found = await firings(documentId);
    return found.length >= count && found.every(({ state }) => state !== 'pending');
  });
  expect(found).toHaveLength(count);
  return found;
}

const scheduled = { state: 'done', message: null, campaign: { state: 'scheduled' } };
const done = { state: 'done', message: null, campaign: { state: 'draft' } };

describe('each way of publishing fires a rule once', () => {
  it('documents.publish', async () => {
    await addRule();
    const { documentId } = await documents().create({ data: fresh() });
    expect(await firings(documentId)).toEqual([]);
    await documents().publish({ documentId });
    const [firing] = await settled(documentId, 1);
    expect(firing).toMatchObject({ ...done, locale: 'en', title: `Article ${number}`, manual: false });
    const campaign = await admin<CampaignDto>('GET', `/newsletter/campaigns/${firing!.campaign!.documentId}`);
    expect(campaign).toMatchObject({
      name: `Article ${number} (en)`,
      contents: [{ language: 'en', subject: `Article ${number}` }],
      audience: { include: { lists: [list] } },
    });
    expect(campaign.contents[0]!.body).toMatch(new RegExp(`^<p[^>]*>Text ${number}</p>$`));
    await documents().publish({ documentId });
    await documents().update({ documentId, data: { summary: 'again' }, status: 'published' });
    await settled(documentId, 1);
  });

  it('documents.create and documents.update with a status, with selected fields too', async () => {
    await addRule();
    const { documentId } = await documents().create({ data: fresh(), status: 'published', fields: ['slug'] });
    expect(await settled(documentId, 1)).toMatchObject([done]);
    const draft = await documents().create({ data: fresh() });
    await documents().update({ documentId: draft.documentId, data: { summary: 'x' } });
    expect(await firings(draft.documentId)).toEqual([]);
    await documents().update({ documentId: draft.documentId, data: {}, status: 'published' });
    expect(await settled(draft.documentId, 1)).toMatchObject([done]);
  });

  it('REST: POST and PUT with an API token', async () => {
    await addRule();
    const { data } = await admin<{ data: { accessKey: string } }>('POST', '/admin/api-tokens', {
      name: `t${Date.now()}`,
      description: '',
      type: 'full-access',
      lifespan: null,
    });
    const rest = async (method: string, route: string, fields: object) => {
      const answer = await call(method, `/api/articles${route}`, { data: fields }, data.accessKey);
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      return (answer.body as { data: Row }).data.documentId;
    };
    const draft = await rest('POST', '?status=draft', fresh());
    expect(await firings(draft)).toEqual([]);
    await rest('PUT', `/${draft}`, { summary: 'Published by PUT' });
    expect(await settled(draft, 1)).toMatchObject([done]);
    const created = await rest('POST', '', fresh());
    expect(await settled(created, 1)).toMatchObject([done]);
    await rest('PUT', `/${created}`, { summary: 'Again' });
    await settled(created, 1);
  });

  it('Content Manager: publish, publish of a new entry, and in bulk', async () => {
    await addRule();
    const manager = `/content-manager/collection-types/${ARTICLE}`;
    const made = await admin<{ data: Row }>('POST', `${manager}/actions/publish`, fresh());
    expect(await settled(made.data.documentId, 1)).toMatchObject([done]);
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push((await documents().create({ data: fresh() })).documentId);
    await admin('POST', `${manager}/${ids[0]}/actions/publish`, fresh());
    expect(await settled(ids[0]!, 1)).toMatchObject([done]);
    await admin('POST', `${manager}/actions/bulkPublish`, { documentIds: ids });
    for (const id of ids) expect(await settled(id, 1)).toMatchObject([done]);
  });

  it('inside a transaction of the project, as releases do: after its commit, and never after a rollback', async () => {
    await addRule();
    const [kept, lost] = [
      await documents().create({ data: fresh() }),
      await documents().create({ data: fresh() }),
    ];
    await strapi.db.transaction(async ({ trx }) => {
      const outbox = () => strapi.db.connection('newsletter_outbox').transacting(trx);
      await documents().publish({ documentId: kept.documentId });
      expect(await outbox()).toMatchObject([{ state: 'pending', campaign_id: null }]);
    });
    expect(await settled(kept.documentId, 1)).toMatchObject([done]);
    const rolledBack = strapi.db.transaction(async () => {
      await documents().publish({ documentId: lost.documentId });
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await firings(lost.documentId)).toEqual([]);
    await documents().publish({ documentId: lost.documentId });
    expect(await settled(lost.documentId, 1)).toMatchObject([done]);
  });

  it('content types without drafts: creating and copying, not changing', async () => {
    await addRule({ contentType: NOTICE, mapping: { body: [{ field: 'text' }] } });
    const { documentId } = await documents(NOTICE).create({ data: { title: 'Closed', text: 'On Monday' } });
    expect(await settled(documentId, 1)).toMatchObject([{ ...done, locale: null }]);
    await documents(NOTICE).update({ documentId, data: { text: 'On Tuesday' } });
    await settled(documentId, 1);
    const copy = await documents(NOTICE).clone({ documentId, data: {} });
    expect(await settled(copy.documentId, 1)).toMatchObject([done]);
  });
});

it('fires per locale, and only for the locales and conditions of the rule', async () => {
  await addRule({
    locales: ['ja'],
    conditions: [{ field: 'seo.metaTitle', operator: 'contains', value: 'mail' }],
    mapping: {
      subject: '{{entry.seo.metaTitle}}',
      link: 'https://example.org/{locale}/{slug}',
      linkText: 'Read',
    },
  });
  const all = await addRule({ name: 'All' });
  const { documentId } = await documents().create({ data: fresh() });
  await documents().update({
    documentId,
    locale: 'ja',
    data: { ...fresh(), title: '春', slug: 'haru', seo: { metaTitle: 'By mail: 春' } },
  });
  await documents().publish({ documentId, locale: ['en', 'ja'] });
  const found = await settled(documentId, 3);
  expect(
    found
      .filter(({ rule }) => rule?.documentId === all.documentId)
      .map(({ locale }) => locale)
      .sort(),
  ).toEqual(['en', 'ja']);
  const ja = found.find(({ rule }) => rule?.documentId !== all.documentId)!;
  expect(ja).toMatchObject({ locale: 'ja', title: '春' });
  const campaign = await admin<CampaignDto>('GET', `/newsletter/campaigns/${ja.campaign!.documentId}`);
  expect(campaign).toMatchObject({ defaultLanguage: 'ja', contents: [{ subject: 'By mail: 春' }] });
  expect(campaign.contents[0]!.body).toContain('href="https://example.org/ja/haru"');
  await documents().publish({ documentId, locale: '*' });
  await settled(documentId, 3);
});

it('schedules, and cancels when the entry is unpublished or deleted during the delay, by locale', async () => {
  await addRule({ action: 'schedule', delayMinutes: 60 });
  const { documentId } = await documents().create({ data: fresh(), status: 'published' });
  await documents().update({ documentId, locale: 'ja', data: fresh(), status: 'published' });
  const [ja, en] = await settled(documentId, 2);
  expect([en, ja]).toMatchObject([
    { ...scheduled, locale: 'en' },
    { ...scheduled, locale: 'ja' },
  ]);
  const planned = Date.parse(en!.campaign!.scheduledAt!) - Date.parse(en!.createdAt);
  expect(planned).toBe(60 * 60_000);
  await admin(
    'POST',
    `/content-manager/collection-types/${ARTICLE}/${documentId}/actions/unpublish?locale=en`,
    {},
  );
  expect(await settled(documentId, 2)).toMatchObject([
    { locale: 'ja', state: 'done', campaign: { state: 'scheduled' } },
    { locale: 'en', state: 'cancelled', campaign: { state: 'cancelled' } },
  ]);
  await documents().publish({ documentId });
  expect((await settled(documentId, 3))[0]).toMatchObject({ locale: 'en', campaign: { state: 'scheduled' } });
  await documents().delete({ documentId, locale: '*' });
  expect((await firings(documentId)).map(({ state }) => state)).toEqual([
    'cancelled',
    'cancelled',
    'cancelled',
  ]);
});

it('keeps an unpublish that is rolled back from cancelling', async () => {
  await addRule({ action: 'schedule' });
  const { documentId } = await documents().create({ data: fresh(), status: 'published' });
  await settled(documentId, 1);
  const rolledBack = strapi.db.transaction(async () => {
    await documents().unpublish({ documentId });
    throw new Error('rolled back');
  });
  await expect(rolledBack).rejects.toThrow('rolled back');
  expect(await firings(documentId)).toMatchObject([scheduled]);
});

it('holds what is published in bulk above the limit, shows it, and lets it go', async () => {
  await addRule({ holdAbove: 2 });
  const ids = [];
  for (let n = 0; n < 4; n++) ids.push((await documents().create({ data: fresh() })).documentId);
  await admin('POST', `/content-manager/collection-types/${ARTICLE}/actions/bulkPublish`, {
    documentIds: ids,
  });
  await until('all come to something', async () =>
    (await firings()).every(({ state }) => state !== 'pending'),
  );
  const held = (await firings()).filter(({ state }) => state === 'held');
  expect(held).toHaveLength(2);
  const { attention } = await admin<OverviewDto>('GET', '/newsletter/overview');
  expect(attention.find(({ id }) => id === 'publishing-held')).toMatchObject({ values: { count: 2 } });
  const released = await admin<FiringDto>('POST', `/newsletter/rules/activity/${held[0]!.id}/release`);
  expect(released).toMatchObject(done);
  const dismissed = await admin<FiringDto>('POST', `/newsletter/rules/activity/${held[1]!.id}/dismiss`);
  expect(dismissed).toMatchObject({ state: 'cancelled', campaign: null });
  const again = await call('POST', `/newsletter/rules/activity/${held[1]!.id}/release`);
  expect(again).toMatchObject({ status: 409, body: { error: { details: { code: 'wrong-state' } } } });
});

it('takes up what a dead process left in the outbox', async () => {
  const rule = await addRule();
  const { documentId } = await documents().create({ data: fresh() });
  await strapi.db.connection('newsletter_publish_rules').update({ content_type: NOTICE });
  await documents().publish({ documentId });
  await strapi.db.connection('newsletter_publish_rules').update({ content_type: ARTICLE });
  await strapi.db.connection('newsletter_outbox').insert({
    rule_id: rule.documentId,
    content_type: ARTICLE,
    entry_id: documentId,
    locale: 'en',
    occasion: 'first',
    title: 'Left',
    state: 'pending',
    created_at: Date.now(),
  });
  await until(
    'the reconciler has been there',
    async () => (await firings(documentId))[0]?.state === 'done',
    60,
  );
  expect(await settled(documentId, 1)).toMatchObject([done]);
});

it('never lets a broken rule into the editor’s way', async () => {
  const rule = await addRule({ action: 'send' });
  await strapi.db
    .connection('newsletter_publish_rules')
    .where({ document_id: rule.documentId })
    .update({
      fields: JSON.stringify({
        ...rule,
        sender: 'gone',
        mapping: { ...rule.mapping, body: [{ field: 'nothing', as: 'auto' }] },
      }),
    });
  const { documentId } = await documents().create({ data: fresh(), status: 'published' });
  const [firing] = await settled(documentId, 1);
  expect(firing).toMatchObject({ state: 'failed', campaign: null });
  expect(firing!.message).toContain('sender');
  const listed = await admin<RuleDto>('GET', `/newsletter/rules/${rule.documentId}`);
  expect(listed.problems.join(' ')).toMatch(/"nothing".*sender/);
  const { attention } = await admin<OverviewDto>('GET', '/newsletter/overview');
  expect(attention.find(({ id }) => id === 'publishing-failed')).toMatchObject({ values: { count: 1 } });
});

describe('the routes', () => {
  it('describe content types, preview a rule, and tell what became of an entry', async () => {
    const { contentTypes, locales } = await admin<RuleContentTypes>('GET', '/newsletter/rules/content-types');
    expect(contentTypes.map(({ uid }) => uid)).toEqual([ARTICLE, NOTICE]);
    expect(contentTypes[0]).toMatchObject({
      draftAndPublish: true,
      localized: true,
      suggested: { subject: '{{entry.title}}', preheader: '{{entry.summary}}' },
    });
    expect(contentTypes[0]!.fields.map(({ path, kind }) => [path, kind])).toEqual([
      ['title', 'text'],
      ['slug', 'text'],
      ['summary', 'text'],
      ['body', 'blocks'],
      ['notes', 'markdown'],
      ['cover', 'media'],
      ['newsletter', 'boolean'],
      ['seo.metaTitle', 'text'],
      ['seo.metaDescription', 'text'],
    ]);
    expect(locales).toMatchObject([
      { code: 'en', isDefault: true },
      { code: 'ja', isDefault: false },
    ]);

    const rule = await addRule({ mapping: { body: [{ field: 'body' }, { field: 'notes' }] } });
    const { documentId } = await documents().create({ data: fresh(), status: 'published' });
    await settled(documentId, 1);
    const preview = await admin<RulePreviewDto>('POST', `/newsletter/rules/${rule.documentId}/preview`, {});
    expect(preview).toMatchObject({
      entry: { documentId, locale: 'en', title: `Article ${number}` },
      matches: true,
      language: 'en',
      subject: `Article ${number}`,
    });
    expect(preview.html).toContain(`Text ${number}`);
    expect(preview.notes.join(' ')).toContain('"notes" was left out');

    const path = `/newsletter/rules/entries/${ARTICLE}/${documentId}`;
    const shown = await admin<EntryNewslettersDto>('GET', path);
    expect(shown).toMatchObject({
      locales: [{ locale: 'en', published: true, firings: [{ state: 'done' }], next: [] }],
      rules: [{ documentId: rule.documentId, enabled: true }],
    });
    const status = await admin<EntryStatusDto>('POST', '/newsletter/rules/entries/status', {
      uid: ARTICLE,
      documentIds: [documentId, 'nothing0here'],
    });
    expect(status.results).toMatchObject([
      { documentId, status: 'draft' },
      { status: null, campaign: null },
    ]);
  });

  it('make a draft by hand, of what is published or of a draft', async () => {
    const { documentId } = await documents().create({ data: { ...fresh(), summary: 'In short' } });
    const path = `/newsletter/rules/entries/${ARTICLE}/${documentId}/draft`;
    const { campaign } = await admin<EntryDraftDto>('POST', path, {});
    expect(await admin<CampaignDto>('GET', `/newsletter/campaigns/${campaign}`)).toMatchObject({
      state: 'draft',
      contents: [{ subject: `Article ${number}`, preheader: 'In short' }],
    });
    expect(await firings(documentId)).toMatchObject([
      { manual: true, rule: null, campaign: { documentId: campaign } },
    ]);
    expect(await call('POST', path, { locale: 'ja' })).toMatchObject({ status: 404 });
    expect(await call('POST', path, { rule: 'nothing0here' })).toMatchObject({ status: 404 });
  });

  it('refuse what cannot be, with a sentence', async () => {
    const refused = async (change: object) =>
      (await call('POST', '/newsletter/rules', {
        name: 'R',
        contentType: ARTICLE,
        mapping: {},
        ...change,
      })) as {
        status: number;
        body: { error?: { message: string } };
      };
    expect(await refused({ mapping: { subject: '{{entry.titel}}' } })).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining('"titel"') as string } },
    });
    expect(await refused({ contentType: 'plugin::users-permissions.user' })).toMatchObject({ status: 404 });
    expect(await refused({ contentType: 'plugin::newsletter.subscriber' })).toMatchObject({ status: 404 });
    expect(await refused({ delayMinutes: 0 })).toMatchObject({ status: 400 });
    expect(await call('GET', `/newsletter/rules/entries/admin::user/nothing0here`)).toMatchObject({
      status: 404,
    });
  });

  it('let a role do what it may: edit rules, but not have them send, nor read what it may not read', async () => {
    const editor = await adminWith([
      'plugin::newsletter.rules.read-rules',
      'plugin::newsletter.rules.edit-rules',
      'plugin::newsletter.campaigns.edit-campaigns',
    ]);
    const rule = { name: 'R', contentType: NOTICE, mapping: { body: [{ field: 'text' }] } };
    const notice = await documents(NOTICE).create({ data: { title: 'Secret', text: 'x' } });
    const own = `/newsletter/rules/entries/${NOTICE}/${notice.documentId}`;
    expect(await call('GET', own, undefined, editor.token)).toMatchObject({ status: 403 });
    expect(await call('POST', `${own}/draft`, {}, editor.token)).toMatchObject({ status: 403 });
    expect(await call('POST', '/newsletter/rules', rule, editor.token)).toMatchObject({ status: 403 });
    expect(await call('GET', '/newsletter/rules/content-types', undefined, editor.token)).toMatchObject({
      status: 200,
      body: { contentTypes: [] },
    });
    await editor.allow([
      { action: 'plugin::content-manager.explorer.read', subject: NOTICE, properties: { fields: ['title'] } },
    ]);
    expect(await call('GET', own, undefined, editor.token)).toMatchObject({ status: 200 });
    const made = await call('POST', '/newsletter/rules', rule, editor.token);
    expect(made).toMatchObject({ status: 201 });
    expect(await call('POST', '/newsletter/rules', { ...rule, action: 'send' }, editor.token)).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringContaining('may not send') as string } },
    });
    // A field that the role may not read stays out of what the role looks at.
    const preview = await call(
      'POST',
      `/newsletter/rules/${(made.body as RuleDto).documentId}/preview`,
      { documentId: notice.documentId },
      editor.token,
    );
    expect(preview).toMatchObject({ status: 200, body: { subject: 'Secret', body: '' } });
  });
});

/** Another admin, whose role holds these actions. */
async function adminWith(actions: string[]): Promise<{
  token: string;
  allow(more: { action: string; subject: string | null; properties: object }[]): Promise<void>;
}> {
  const name = `role${Date.now()}`;
  const { data: role } = await admin<{ data: { id: number } }>('POST', '/admin/roles', {
    name,
    description: '',
  });
  const base = actions.map((action) => ({ action, subject: null, properties: {}, conditions: [] }));
  const permit = (permissions: object[]) =>
    admin('PUT', `/admin/roles/${role.id}/permissions`, { permissions });
  await permit(base);
  const password = 'Newsletter1';
  await strapi.service('admin::user').create({
    email: `${name}@example.com`,
    firstname: 'R',
    lastname: 'R',
    password,
    isActive: true,
    roles: [role.id],
    registrationToken: null,
  });
  const login = (await call('POST', '/admin/login', { email: `${name}@example.com`, password })) as {
    body: { data: { token: string } };
  };
  return {
    token: login.body.data.token,
    allow: async (more) =>
      void (await permit([...base, ...more.map((permission) => ({ ...permission, conditions: [] }))])),
  };
}
