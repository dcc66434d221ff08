import { afterEach, expect, it } from 'vitest';
import type { CampaignDto, HealthDto, ListDto } from '../../shared/contracts';
import { startDovecot, type Dovecot } from '../helpers/dovecot';
import { freePort, startPlayground, type TestPlayground } from '../helpers/playground';
import { waitFor } from '../helpers/processes';
import { services } from '../helpers/services';
import { SmtpClient } from '../helpers/smtp-client';
import { startInbox, type Inbox } from '../unit/delivery-wire/inbox';
import { headerLines } from '../unit/delivery-wire/support';
import { complaint, deliveryReport, mail } from '../unit/feedback/reports';

let playground: TestPlayground | undefined;
let inbox: Inbox | undefined;
let dovecot: Dovecot | undefined;
afterEach(async () => {
  await playground?.stop();
  await inbox?.close();
  await dovecot?.stop();
});

it('sends with return paths of its own, and acts on what comes back to them', async () => {
  inbox = await startInbox({ disabledCommands: ['STARTTLS', 'AUTH'] });
  const port = await freePort();
  // A mailbox too, where the machine can have one.
  dovecot = services.dovecot ? await startDovecot(services.dovecot) : undefined;
  dovecot?.prepare('bounces');
  const mailboxes = dovecot && [
    {
      name: 'bounces',
      host: '127.0.0.1',
      port: dovecot.port,
      auth: { user: 'bounces', pass: 'secret' },
      tls: { ca: dovecot.ca },
    },
  ];
  playground = await startPlayground({
    smtpPort: inbox.port,
    env: {
      NEWSLETTER_CONFIG: JSON.stringify({
        bounce: {
          domain: 'bounce.news.example.com',
          listener: { host: '127.0.0.1', port, fixedAddresses: ['fbl'] },
          mailboxes,
        },
      }),
    },
  });
  const call = async <T>(status: number, method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await playground!.admin<T>(method, `/newsletter/${path}`, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    return answer.body;
  };
  await call(200, 'PUT', 'settings', {
    senders: [{ id: 'news', name: 'News', email: 'hello@news.example.com' }],
    brand: { name: 'Example', postalAddress: '1 Example Street' },
  });
  const { documentId: list } = await call<ListDto>(201, 'POST', 'lists', { name: 'Readers' });
  const people = new Map<string, string>();
  for (const name of ['gone', 'leaves', 'complains', 'away', 'boxed']) {
    const person = { email: `${name}@example.net`, lists: [list], consent: true };
    people.set(name, (await call<{ documentId: string }>(201, 'POST', 'subscribers', person)).documentId);
  }
  const { documentId: campaign } = await call<CampaignDto>(201, 'POST', 'campaigns', {
    name: 'News',
    contents: [{ language: 'en', subject: 'Hello', body: '<p>News</p>' }],
    audience: { include: { lists: [list] } },
  });
  await call(200, 'POST', `campaigns/${campaign}/schedule`, { at: new Date().toISOString() });
  await waitFor(
    () => inbox!.messages.length === 5,
    () => playground!.output(),
    90_000,
  );

  const got = (name: string) => {
    const message = inbox!.messages.find(({ to }) => to === `${name}@example.net`)!;
    const headers = headerLines(message.raw);
    return {
      from: message.from,
      messageId: headers.get('message-id')!,
      leave: /<mailto:([^?>]+)\?/.exec(headers.get('list-unsubscribe')!)![1]!,
    };
  };
  const status = async (name: string) =>
    (await call<{ status: string }>(200, 'GET', `subscribers/${people.get(name)}`)).status;
  for (const { from } of inbox.messages)
    expect(from).toMatch(/^b-[a-z2-7]+\.[a-z2-7]{16}@bounce\.news\.example\.com$/);
  await waitFor(
    async () => (await call<CampaignDto>(200, 'GET', `campaigns/${campaign}`)).state === 'sent',
    () => playground!.output(),
    60_000,
  );

  const client = await SmtpClient.open(port);
  const gone = deliveryReport({ about: [{ recipient: 'gone@example.net' }] }).toString();
  expect(await client.mail('', got('gone').from, gone)).toMatch(/^250 /);
  expect(await status('gone')).toBe('bounced');

  const leave = mail(['From: leaves@example.net', 'Subject: unsubscribe'], '').toString();
  expect(await client.mail('leaves@example.net', got('leaves').leave, leave)).toMatch(/^250 /);
  expect(await status('leaves')).toBe('unsubscribed');

  const original = `Message-ID: ${got('complains').messageId}`;
  const abuse = complaint({ original }).toString();
  expect(await client.mail('fbl@provider.example', 'fbl@bounce.news.example.com', abuse)).toMatch(/^250 /);
  expect(await status('complains')).toBe('complained');

  const away = mail(
    ['From: away@example.net', 'Subject: Away', 'Auto-Submitted: auto-replied'],
    'Back soon.',
  );
  expect(await client.mail('', got('away').from, away.toString())).toMatch(/^250 /);
  expect(await status('away')).toBe('subscribed');
  client.close();

  if (dovecot) {
    const raw = deliveryReport({
      about: [{ recipient: 'boxed@example.net' }],
      original: `Message-ID: ${got('boxed').messageId}`,
    });
    dovecot.drop('bounces', raw);
    await waitFor(
      async () => (await status('boxed')) === 'bounced',
      () => playground!.output(),
    );
  }

  await waitFor(async () => (await call<HealthDto>(200, 'GET', 'health')).inbound[0]?.lastSeenAt);
  const { inbound, problems } = await call<HealthDto>(200, 'GET', 'health');
  expect(inbound[0]).toMatchObject({ way: 'listener', name: 'smtp', ok: true });
  if (dovecot) expect(inbound[1]).toMatchObject({ way: 'mailbox', name: 'bounces', ok: true });
  expect(problems).toEqual([]);

  await playground.stop('SIGTERM');
  expect(await SmtpClient.answers(port)).toBe(false);
});
