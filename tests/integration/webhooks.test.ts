import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type {
  CampaignDto,
  CampaignEvent,
  ListDto,
  SubscriberDto,
  SubscriberEvent,
} from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { startReceiver, type Receiver } from '../helpers/receiver';

interface Call {
  header: string;
  body: { event: string; createdAt: string } & CampaignEvent & SubscriberEvent;
}

const calls: Call[] = [];
let listener: Server;
let receiver: Receiver;
let strapi: TestPlayground;

beforeAll(async () => {
  listener = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      calls.push({
        header: String(request.headers['x-strapi-event']),
        body: JSON.parse(text) as Call['body'],
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  receiver = await startReceiver({ refuse: { 'dead@': '550 5.1.1 no such user' } });
  strapi = await startPlayground({ smtpPort: receiver.port });
});
afterAll(async () => {
  await strapi?.stop();
  await receiver?.stop();
  listener?.close();
});

const call = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
  const answer = await strapi.admin<T>(method, route, body);
  if (answer.status >= 300) throw new Error(`${method} ${route}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
/** Waits until it holds, at most this many milliseconds. */
async function waitFor(holds: () => boolean, timeoutMs = 20_000): Promise<void> {
  await vi.waitUntil(holds, { timeout: timeoutMs, interval: 50 });
}
const named = (name: string) => calls.filter(({ body }) => body.event === `newsletter.${name}`);

it('tells a webhook of Strapi what a campaign and its readers do', async () => {
  const { port } = listener.address() as AddressInfo;
  const events = [
    'campaign-scheduled',
    'campaign-started',
    'campaign-sent',
    'subscriber-unsubscribed',
    'subscriber-bounced',
    'subscriber-complained',
  ].map((name) => `newsletter.${name}`);
  await call('POST', '/admin/webhooks', {
    name: 'CRM',
    url: `http://127.0.0.1:${port}/hook`,
    headers: {},
    events,
  });
  await call('PUT', '/newsletter/settings', {
    senders: [{ id: 'editors', name: 'Editors', email: 'editors@news.example.com' }],
    brand: { name: 'Harbour Weekly', postalAddress: 'Pier 1, 20457 Hamburg' },
  });
  const list = await call<ListDto>('POST', '/newsletter/lists', { name: 'Readers' });
  for (const name of ['ann', 'ben', 'dead']) {
    await call('POST', '/newsletter/subscribers', {
      email: `${name}@mail.example`,
      lists: [list.documentId],
      consent: true,
    });
  }
  const draft = await call<CampaignDto>('POST', '/newsletter/campaigns', {
    name: 'Spring letter',
    sender: 'editors',
    audience: { include: { lists: [list.documentId] } },
    contents: [{ language: 'en', subject: 'Spring', body: '<p>Hello</p>' }],
  });
  await call('POST', `/newsletter/campaigns/${draft.documentId}/schedule`, { at: new Date().toISOString() });

  await waitFor(() => named('campaign-sent').length > 0, 60_000);
  const [sent] = named('campaign-sent');
  expect(sent?.header).toBe('newsletter.campaign-sent');
  expect(sent?.body.campaign).toMatchObject({
    documentId: draft.documentId,
    name: 'Spring letter',
    state: 'sent',
    counts: { candidates: 3, accepted: 2, bounced: 1, unfinished: 0 },
  });
  await waitFor(() => named('subscriber-bounced').length > 0);
  expect(named('subscriber-bounced')[0]?.body).toMatchObject({
    subscriber: { email: 'dead@mail.example' },
    via: 'hard-bounce',
    campaign: draft.documentId,
  });

  const [ann] = (
    await call<{ results: SubscriberDto[] }>('GET', '/newsletter/subscribers?search=ann@mail.example')
  ).results;
  await call('POST', '/newsletter/subscribers/bulk', { action: 'unsubscribe', ids: [ann!.documentId] });
  await waitFor(() => named('subscriber-unsubscribed').length > 0);
  expect(named('subscriber-unsubscribed')[0]?.body).toMatchObject({
    subscriber: { documentId: ann!.documentId, email: 'ann@mail.example' },
    via: 'admin',
    campaign: null,
  });
  // In the order in which it happened, each once.
  expect(calls.filter(({ body }) => body.event.includes('campaign')).map(({ body }) => body.event)).toEqual([
    'newsletter.campaign-scheduled',
    'newsletter.campaign-started',
    'newsletter.campaign-sent',
  ]);
}, 120_000);
