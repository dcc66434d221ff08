import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { receiveWebhook, type Outside } from '../../../../server/src/feedback';
import { readSes } from '../../../../server/src/feedback/webhooks/ses';
import { readSources } from '../../../../server/src/storage';
import { createTestContext } from '../../../helpers/context';
import { createTestDatabase } from '../../../helpers/database';
import { makeCertificate } from './certificate';
import { request, sesBounce, sns } from './support';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:bounces';
const HOST = 'https://sns.eu-west-1.amazonaws.com';
const CERTIFICATE = `${HOST}/SimpleNotificationService-0123abcd.pem`;
const { key, pem } = makeCertificate('sns.amazonaws.com');
const stale = makeCertificate('sns.amazonaws.com', new Date(Date.now() - 1000));
const stranger = makeCertificate('sns.amazonaws.com');

let amazon: Server;
let asked: string[] = [];

beforeAll(async () => {
  const tls = makeCertificate('localhost');
  amazon = createServer(
    { key: tls.key.export({ format: 'pem', type: 'pkcs8' }), cert: tls.pem },
    (req, res) => {
      asked.push(req.url ?? '');
      if (req.url?.startsWith('/SimpleNotificationService-0123abcd')) return void res.end(pem);
      if (req.url?.startsWith('/SimpleNotificationService-57a1e')) return void res.end(stale.pem);
      if (req.url?.startsWith('/SimpleNotificationService-1a29e')) return void res.end('x'.repeat(100_000));
      if (req.url?.startsWith('/?Action=ConfirmSubscription')) return void res.end('<ok/>');
      res.statusCode = 404;
      res.end();
    },
  );
  await new Promise<void>((resolve) => amazon.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => (asked = []));
afterAll(() => new Promise((resolve) => amazon.close(resolve)));

/** Goes to a server of ours over https wherever it is sent; its certificate is not what is tested. */
const outside: Outside = {
  now: Date.now,
  fetch: (url) =>
    new Promise((resolve, reject) => {
      const { pathname, search } = new URL(String(url));
      const { port } = amazon.address() as AddressInfo;
      httpsRequest(
        { host: '127.0.0.1', port, path: pathname + search, rejectUnauthorized: false },
        (answer) => {
          const pieces: Buffer[] = [];
          answer.on('data', (piece: Buffer) => pieces.push(piece));
          answer.on('end', () =>
            resolve(new Response(Buffer.concat(pieces), { status: answer.statusCode ?? 0 })),
          );
        },
      )
        .on('error', reject)
        .end();
    }),
};
const read = (message: unknown) => readSes(request(message), { topics: [TOPIC] }, outside);
const bounce = (fields: Record<string, string> = {}, signedBy = key, certificate = CERTIFICATE) =>
  sns(
    { TopicArn: TOPIC, Message: JSON.stringify(sesBounce('<abc@news.example.com>')), ...fields },
    signedBy,
    certificate,
  );

it.each(['1', '2'])('reads a notification with a signature of version %s', async (SignatureVersion) => {
  const { events } = await read(bounce({ SignatureVersion, Subject: 'Amazon SES Email Event Notification' }));
  expect(events).toMatchObject([
    {
      kind: 'bounce',
      recipient: 'jane@example.com',
      marks: ['<abc@news.example.com>', '<abc@news.example.com>'],
      reason: 'userunknown',
      severity: 'hard',
      replyCode: 550,
      status: '5.1.1',
      reporter: 'example.com',
    },
  ]);
});

it('fetches a certificate once', async () => {
  await read(bounce());
  await read(bounce());
  expect(asked.length).toBeLessThanOrEqual(1);
});

it('refuses what somebody else signed, or what was changed', async () => {
  await expect(read(bounce({}, stranger.key))).rejects.toMatchObject({ status: 401 });
  const message = bounce();
  await expect(read({ ...message, Message: message.Message!.replace('jane', 'june') })).rejects.toMatchObject(
    {
      status: 401,
    },
  );
  await expect(read({ ...message, Subject: 'added' })).rejects.toMatchObject({ status: 401 });
  await expect(read({ ...message, Signature: '' })).rejects.toMatchObject({ status: 401 });
  await expect(read({ ...message, SignatureVersion: '3' })).rejects.toMatchObject({ status: 401 });
});

it.each([
  'http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem',
  'https://sns.eu-west-1.amazonaws.com.example.com/SimpleNotificationService-0123abcd.pem',
  'https://evil.example.com/SimpleNotificationService-0123abcd.pem',
  'https://sns.eu-west-1.amazonaws.com@evil.example.com/SimpleNotificationService-0123abcd.pem',
  'https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0123abcd.pem',
  'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem',
  'https://sns.eu-west-1.amazonaws.com/bucket/cert.pem',
  'https://snsXeu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem',
  '',
])('never fetches a certificate from %s', async (certificate) => {
  await expect(read(bounce({}, key, certificate))).rejects.toMatchObject({ status: 401 });
  expect(asked).toEqual([]);
});

it('refuses other topics before it fetches anything', async () => {
  const foreign = bounce({ TopicArn: 'arn:aws:sns:eu-west-1:999999999999:bounces' });
  await expect(read(foreign)).rejects.toMatchObject({ status: 401 });
  expect(asked).toEqual([]);
});

it('refuses a certificate that is out of date, none, or too large; SNS tries again where it is away', async () => {
  await expect(
    read(bounce({}, stale.key, `${HOST}/SimpleNotificationService-57a1e.pem`)),
  ).rejects.toMatchObject({ status: 401 });
  await expect(read(bounce({}, key, `${HOST}/SimpleNotificationService-1a29e.pem`))).rejects.toMatchObject({
    status: 503,
  });
  await expect(read(bounce({}, key, `${HOST}/SimpleNotificationService-404.pem`))).rejects.toMatchObject({
    status: 503,
  });
});

const subscription = (SubscribeURL: string, TopicArn = TOPIC) =>
  sns(
    { Type: 'SubscriptionConfirmation', Message: 'You have chosen…', Token: 'abc', SubscribeURL, TopicArn },
    key,
    CERTIFICATE,
  );
const CONFIRM = `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=abc`;

it('confirms the subscription of our topic, at SNS only', async () => {
  expect(await read(subscription(CONFIRM))).toMatchObject({ events: [] });
  expect(asked.filter((url) => url.includes('ConfirmSubscription'))).toHaveLength(1);
  for (const url of [
    CONFIRM.replace(HOST, 'https://evil.example.com'),
    CONFIRM.replace(HOST, 'https://sns.us-east-1.amazonaws.com'),
    CONFIRM.replace('https:', 'http:'),
    CONFIRM.replace('ConfirmSubscription', 'Unsubscribe'),
    'file:///etc/passwd',
    'nonsense',
  ]) {
    asked = [];
    await expect(read(subscription(url))).rejects.toMatchObject({ status: 401 });
    expect(asked.filter((path) => !path.endsWith('.pem'))).toEqual([]);
  }
  asked = [];
  await expect(read(subscription(CONFIRM, 'arn:aws:sns:eu-west-1:999999999999:x'))).rejects.toMatchObject({
    status: 401,
  });
  expect(asked).toEqual([]);
});

it('tells the operator when a subscription was ended', async () => {
  const ended = sns(
    { Type: 'UnsubscribeConfirmation', Message: '…', Token: 't', SubscribeURL: CONFIRM, TopicArn: TOPIC },
    key,
    CERTIFICATE,
  );
  expect(await read(ended)).toMatchObject({
    events: [],
    warning: expect.stringContaining('was ended') as string,
  });

  // It is genuine, and no sign that the way works.
  const db = await createTestDatabase();
  try {
    const ctx = await createTestContext(db.knex, { feedback: { ses: { topics: [TOPIC] } } });
    ctx.log = { ...ctx.log, warn() {} };
    await receiveWebhook(ctx, 'ses', request(ended), { ...outside, now: () => Date.now() + 60_000 });
    const [source] = await readSources(db.knex);
    expect(source).toMatchObject({ lastSeenAt: null, lastError: expect.stringContaining('was ended') });
  } finally {
    await db.destroy();
  }
});

it('refuses raw messages, which nobody signed', async () => {
  await expect(read(sesBounce('<abc@news.example.com>'))).rejects.toMatchObject({ status: 400 });
  await expect(readSes(request('no json'), { topics: [TOPIC] }, outside)).rejects.toMatchObject({
    status: 400,
  });
});

it.each([
  [{ bounceType: 'Permanent', bounceSubType: 'NoEmail' }, 'hard', 'invalid'],
  [{ bounceType: 'Permanent', bounceSubType: 'OnAccountSuppressionList' }, 'hard', 'invalid'],
  [{ bounceType: 'Transient', bounceSubType: 'General' }, 'soft', 'other'],
  [{ bounceType: 'Transient', bounceSubType: 'MailboxFull' }, 'soft', 'mailbox-full'],
  [{ bounceType: 'Undetermined', bounceSubType: 'Undetermined' }, 'soft', 'other'],
])('understands %j', async (fields, severity, of) => {
  const message = JSON.stringify(sesBounce('<abc@news.example.com>', fields));
  const { events } = await read(bounce({ Message: message }));
  expect(events).toMatchObject([{ kind: 'bounce', severity, class: of }]);
});

it.each([
  ['5.1.1', 'hard'],
  ['', 'soft'],
])('goes by the status %j of a permanent bounce without a diagnostic code', async (status, severity) => {
  const message = sesBounce('<abc@news.example.com>');
  message.bounce.bouncedRecipients[0]!.diagnosticCode = '';
  message.bounce.bouncedRecipients[0]!.status = status;
  const { events } = await read(bounce({ Message: JSON.stringify(message) }));
  expect(events).toMatchObject([{ kind: 'bounce', severity }]);
});

it('a permanent bounce about our reputation kills nobody', async () => {
  const message = sesBounce('<abc@news.example.com>');
  message.bounce.bouncedRecipients[0]!.diagnosticCode =
    'smtp; 550 5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail';
  message.bounce.bouncedRecipients[0]!.status = '5.7.1';
  const { events } = await read(bounce({ Message: JSON.stringify(message) }));
  expect(events[0]).toMatchObject({ severity: 'block' });
});

it('reads complaints and deliveries, and passes over what says nothing', async () => {
  const { mail } = sesBounce('<abc@news.example.com>');
  const complaint = {
    notificationType: 'Complaint',
    complaint: {
      complainedRecipients: [{ emailAddress: 'jane@example.com' }],
      timestamp: '2016-01-27T14:59:38.237Z',
      feedbackId: '000001378603177f-18c07c78-fa81-4a58-9dd1-fedc3cb8f49a-000000',
      complaintFeedbackType: 'abuse',
    },
    mail,
  };
  expect((await read(bounce({ Message: JSON.stringify(complaint) }))).events).toMatchObject([
    { kind: 'complaint', recipient: 'jane@example.com', feedbackType: 'abuse', severity: 'none' },
  ]);
  const delivery = {
    eventType: 'Delivery',
    delivery: { timestamp: '2016-01-27T14:59:38.237Z', smtpResponse: '250 ok: Message 111 accepted' },
    mail,
  };
  expect((await read(bounce({ Message: JSON.stringify(delivery) }))).events).toMatchObject([
    { kind: 'delivered' },
  ]);
  expect((await read(bounce({ Message: JSON.stringify({ eventType: 'Open', mail }) }))).events).toEqual([]);
});

it('refuses a message that is older than SNS tries, and one from the future', async () => {
  const minutesAgo = (n: number) => ({ Timestamp: new Date(Date.now() - n * 60_000).toISOString() });
  expect((await read(bounce(minutesAgo(70)))).events).toHaveLength(1);
  for (const fields of [minutesAgo(80), minutesAgo(-6), { Timestamp: 'yesterday' }, { Timestamp: '' }])
    await expect(read(bounce(fields)), fields.Timestamp).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('timestamp') as string,
    });
});

it('asks the host of the partition: amazonaws.com.cn in China', async () => {
  const topic = 'arn:aws-cn:sns:cn-north-1:123456789012:bounces';
  const china = (host: string) =>
    readSes(
      request(bounce({ TopicArn: topic }, key, `https://${host}/SimpleNotificationService-0123abcd.pem`)),
      { topics: [topic] },
      outside,
    );
  expect((await china('sns.cn-north-1.amazonaws.com.cn')).events).toHaveLength(1);
  await expect(china('sns.cn-north-1.amazonaws.com')).rejects.toMatchObject({ status: 401 });
});

it('asks for few certificates that are made up, and keeps the genuine one meanwhile', async () => {
  await read(bounce());
  const names = Array.from({ length: 60 }, (_, n) => `${HOST}/SimpleNotificationService-fade${n}.pem`);
  asked = [];
  for (const name of names.slice(0, 30))
    await expect(read(bounce({}, stranger.key, name))).rejects.toMatchObject({ status: 503 });
  await Promise.allSettled(names.slice(30).map(async (name) => read(bounce({}, stranger.key, name))));
  expect(asked.length).toBeLessThanOrEqual(20);
  asked = [];
  expect((await read(bounce())).events).toHaveLength(1);
  expect(asked).toEqual([]);
});
