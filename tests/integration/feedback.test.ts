import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type {
  CampaignDto,
  DeliverabilityDto,
  FeedbackDto,
  FeedbackSourceDto,
  Keyed,
  ListDto,
  SubscriberDto,
  SuppressionCounts,
  SuppressionDetail,
  SuppressionDto,
  SuppressionImportResult,
} from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { startReceiver, type Receiver } from '../helpers/receiver';

const SECRET = 'a generic secret of thirty-two octets';
let receiver: Receiver;
let strapi: TestPlayground;

beforeAll(async () => {
  receiver = await startReceiver();
  strapi = await startPlayground({
    smtpPort: receiver.port,
    env: { NEWSLETTER_CONFIG: JSON.stringify({ feedback: { generic: { secret: SECRET } } }) },
  });
});
afterAll(async () => {
  await strapi?.stop();
  await receiver?.stop();
});

const call = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
  const answer = await strapi.admin<T>(method, route, body);
  if (answer.status >= 300) throw new Error(`${method} ${route}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const post = (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  provider = 'generic',
) => fetch(`${strapi.url}/api/newsletter/feedback/${provider}`, { method: 'POST', body, headers });
const signed = (body: string, type = 'application/json') => {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const sum = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
  return {
    'content-type': type,
    'x-newsletter-timestamp': timestamp,
    'x-newsletter-signature': `sha256=${sum}`,
  };
};
const personOf = async (email: string) =>
  (await call<{ results: SubscriberDto[] }>('GET', `/newsletter/subscribers?search=${email}`)).results[0]!;

it('takes what a provider signed, shows it in the panel, and lets a person lift what came of it', async () => {
  await call('PUT', '/newsletter/settings', {
    senders: [{ id: 'editors', name: 'Editors', email: 'editors@news.example.com' }],
    brand: { name: 'Example', postalAddress: '1 Street' },
  });
  const list = await call<ListDto>('POST', '/newsletter/lists', {
    name: 'News',
    slug: 'news',
    optIn: 'single',
  });
  for (const email of ['ann@example.com', 'ben@example.com'])
    await call('POST', '/newsletter/subscribers', { email, lists: [list.documentId], consent: true });
  const campaign = await call<CampaignDto>('POST', '/newsletter/campaigns', {
    name: 'Spring',
    sender: 'editors',
    audience: { include: { lists: [list.documentId] } },
    contents: [{ language: 'en', subject: 'Hello', body: '<p>Hello</p>' }],
  });
  await call('POST', `/newsletter/campaigns/${campaign.documentId}/schedule`, {
    at: new Date().toISOString(),
  });
  await vi.waitUntil(
    async () =>
      (await call<CampaignDto>('GET', `/newsletter/campaigns/${campaign.documentId}`)).state === 'sent',
    { timeout: 60_000, interval: 200 },
  );
  const mail = (await receiver.ledger()).find(({ to }) => to === 'ann@example.com')!;
  const messageId = mail.messageId!;

  // Spaces and a key's order that would not survive being parsed and written again.
  const body = `{ "events":[ {"text":"550 5.1.1 <ann@example.com> user unknown", "type":"bounce",\r\n "messageId":"${messageId}","id":"one"}]}`;
  expect((await post(body, signed(body))).status).toBe(200);
  // SNS says text/plain.
  expect((await post(body, signed(body, 'text/plain; charset=UTF-8'))).status).toBe(200);

  expect(await personOf('ann@example.com')).toMatchObject({
    status: 'bounced',
    statusReason: 'hard-bounce',
    statusCampaign: { documentId: campaign.documentId },
    suppression: { reason: 'hard-bounce' },
  });
  expect((await personOf('ben@example.com')).status).toBe('subscribed');
  const { results } = await call<Keyed<SuppressionDto>>('GET', '/newsletter/suppressions?search=ann');
  expect(results).toMatchObject([
    { email: 'ann@example.com', reason: 'hard-bounce', campaign: { name: 'Spring' }, addedBy: null },
  ]);
  const [entry] = results;
  const detail = await call<SuppressionDetail>('GET', `/newsletter/suppressions/${entry!.id}`);
  expect(detail.evidence).toMatchObject({
    id: entry!.feedback,
    way: 'webhook',
    source: 'generic',
    result: 'applied',
    why: 'hard',
    recipient: 'ann@example.com',
    reason: 'userunknown',
    text: '550 5.1.1 <…@example.com> user unknown',
    evidence: expect.not.stringContaining('ann@') as string,
  });
  expect((await call<Keyed<FeedbackDto>>('GET', '/newsletter/feedback')).results).toHaveLength(1);
  expect(await call<FeedbackSourceDto[]>('GET', '/newsletter/feedback/sources')).toMatchObject([
    { way: 'webhook', name: 'generic', configured: true, state: 'ok', taken: 1, ignored: 1 },
  ]);
  const rates = await call<DeliverabilityDto>('GET', '/newsletter/deliverability?by=destination');
  expect(rates.series).toMatchObject([{ key: 'example.com', accepted: 1, hard: 1 }]);

  const lift = { ids: [entry!.id], note: 'They wrote from this address.' };
  expect(await call('POST', '/newsletter/suppressions/lift', lift)).toEqual({ lifted: 1 });
  expect((await personOf('ann@example.com')).status).toBe('subscribed');
  const after = await call<SuppressionDetail>('GET', `/newsletter/suppressions/${entry!.id}`);
  expect(after).toMatchObject({
    entry: null,
    history: [
      { reason: 'hard-bounce', endedAs: 'lifted', note: lift.note, endedBy: expect.any(String) as string },
    ],
    evidence: { id: entry!.feedback },
  });
});

it('refuses what is forged, too large, or not configured', async () => {
  const body = '{"events":[{"id":"x","type":"complaint","recipient":"ben@example.com"}]}';
  const headers = signed(body);
  expect((await post(body.replace('ben', 'ann'), headers)).status).toBe(401);
  expect((await post(body, {})).status).toBe(401);
  expect((await post(body, headers, 'sendgrid')).status).toBe(404);
  expect((await post(body, headers, '__proto__')).status).toBe(404);
  const large = Buffer.alloc(2 * 1024 * 1024 + 1, 'x');
  const answer = await post(large, headers).then(
    ({ status }) => status,
    // The connection may be closed before all of it is written.
    () => 413,
  );
  expect(answer).toBe(413);
  expect((await personOf('ben@example.com')).status).toBe('subscribed');
});

it('imports and exports the list', async () => {
  const data = new FormData();
  data.append(
    'file',
    new Blob(['email,reason\nold@example.com,bounced\nben@example.com,unsubscribed\nx,y\n']),
    's.csv',
  );
  const answer = await fetch(`${strapi.url}/newsletter/suppressions/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${strapi.token}` },
    body: data,
  });
  expect((await answer.json()) as SuppressionImportResult).toMatchObject({
    rows: 3,
    added: 2,
    invalidCount: 1,
  });
  expect((await personOf('ben@example.com')).status).toBe('unsubscribed');
  expect(await call<SuppressionCounts>('GET', '/newsletter/suppressions/counts')).toMatchObject({
    'hard-bounce': 1,
    unsubscribed: 1,
    all: 2,
  });
  const csv = await fetch(`${strapi.url}/newsletter/suppressions/export`, {
    headers: { authorization: `Bearer ${strapi.token}` },
  });
  expect(csv.headers.get('content-type')).toMatch(/text\/csv/);
  expect(await csv.text()).toMatch(/old@example\.com,hard-bounce/);
  expect((await strapi.admin('GET', '/newsletter/suppressions?after=nonsense')).status).toBe(400);
  expect((await strapi.admin('GET', '/newsletter/suppressions/zz')).status).toBe(404);
  expect((await strapi.admin('POST', '/newsletter/feedback/release', { ids: [] })).status).toBe(400);
});
