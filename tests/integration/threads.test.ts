import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CampaignDto, ListDto } from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { niceThreads } from '../helpers/processes';
import { startReceiver, type Receiver } from '../helpers/receiver';
import { until } from './faults-bed';

/** More than the event loop makes before a thread is started. */
const PEOPLE = 600;

let receiver: Receiver;
let playground: TestPlayground;

beforeAll(async () => {
  receiver = await startReceiver({ delayMs: 20 });
  const config = {
    transports: { relay: { host: '127.0.0.1', port: receiver.port, pool: { maxConnections: 3 } } },
    domains: { 'example.test': { dkim: 'relay' } },
    worker: { threads: 1 },
  };
  playground = await startPlayground({ env: { NEWSLETTER_CONFIG: JSON.stringify(config) } });
});
afterAll(async () => {
  await playground?.stop();
  await receiver?.stop();
});

async function ask<T>(method: string, route: string, body?: unknown): Promise<T> {
  const answer = await playground.admin<T>(method, `/newsletter/${route}`, body);
  expect([200, 201], `${method} ${route}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
  return answer.body;
}

const yielding = () => niceThreads(playground.pid);

it.runIf(process.platform === 'linux')(
  'makes the mails of a built and running Strapi in a thread that yields',
  async () => {
    const list = await ask<ListDto>('POST', 'lists', { name: 'News', isDefault: true });
    for (let n = 0; n < PEOPLE; n += 20) {
      const some = Array.from({ length: 20 }, (_, k) =>
        ask('POST', 'subscribers', {
          email: `person-${n + k}@inbox.test`,
          lists: [list.documentId],
          consent: true,
        }),
      );
      await Promise.all(some);
    }
    const settings = await ask<object>('GET', 'settings');
    await ask('PUT', 'settings', {
      ...settings,
      senders: [{ id: 'news', name: 'News', email: 'news@example.test' }],
      brand: { name: 'Example', postalAddress: '1 Main Street', contact: '', logoUrl: '', color: '#4945ff' },
    });
    const { documentId } = await ask<CampaignDto>('POST', 'campaigns', {
      name: 'Many',
      sender: 'news',
      contents: [{ language: 'en', subject: 'Hello', body: '<p>News for {{email}}</p>' }],
      audience: {
        include: { lists: [list.documentId], segments: [] },
        exclude: { lists: [], segments: [] },
      },
    });
    expect(yielding()).toBe(0);
    await ask('POST', `campaigns/${documentId}/schedule`, {});
    await until('a thread', () => yielding() === 1);
    const state = async () => (await ask<CampaignDto>('GET', `campaigns/${documentId}`)).state;
    await until('the end', async () => (await state()) === 'sent');
    const got = (await receiver.ledger()).map(({ to }) => to);
    expect(new Set(got).size).toBe(PEOPLE);
    expect(got).toHaveLength(PEOPLE);
    expect(playground.output()).not.toContain('thread that makes mails');
  },
);
