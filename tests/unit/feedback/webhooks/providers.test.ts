import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { WebhookRequest } from '../../../../server/src/feedback';
import { readBrevo } from '../../../../server/src/feedback/webhooks/brevo';
import { readGeneric } from '../../../../server/src/feedback/webhooks/generic';
import { readMailgun } from '../../../../server/src/feedback/webhooks/mailgun';
import { readPostmark } from '../../../../server/src/feedback/webhooks/postmark';
import { readResend, verifySvix } from '../../../../server/src/feedback/webhooks/resend';
import { readSendgrid } from '../../../../server/src/feedback/webhooks/sendgrid';
import type { Outside, Reading } from '../../../../server/src/feedback/webhooks/types';
import {
  generic,
  GENERIC_SECRET,
  mailgun,
  MAILGUN_KEY,
  request,
  seconds,
  sendgrid,
  SENDGRID_KEY,
  svix,
  SVIX_SECRET,
} from './support';

const HOUR = 3600_000;
const outside: Outside = { fetch: () => Promise.reject(new Error('nothing is fetched')), now: Date.now };
const brief = async (reading: Reading | Promise<Reading>) =>
  (await reading).events.map(({ kind, severity, class: of }) => `${kind} ${severity} ${of}`);
const refused = async (read: () => Reading | Promise<Reading>) => {
  try {
    await read();
  } catch (error) {
    return (error as { status: number }).status;
  }
  return 'taken';
};
/** The same with other octets in its body. */
const altered = (original: WebhookRequest, from: string, to: string): WebhookRequest => ({
  ...original,
  body: Buffer.from(original.body.toString().replace(from, to)),
});

describe('SendGrid', () => {
  const read = (one: WebhookRequest) => readSendgrid(one, { publicKey: SENDGRID_KEY }, outside);
  /** twilio.com/docs/sendgrid/for-developers/tracking-events/event */
  const event = (fields: object) => ({
    email: 'example@test.com',
    timestamp: Math.floor(Date.now() / 1000) - 5,
    'smtp-id': '<14c5d75ce93.dfd.64b469@ismtpd-555>',
    sg_event_id: 'sg_event_id',
    sg_message_id: 'sg_message_id',
    ...fields,
  });

  it('reads a batch', async () => {
    const batch = [
      event({ event: 'processed' }),
      event({ event: 'deferred', response: '400 try again later', attempt: '5' }),
      event({ event: 'delivered', response: '250 OK' }),
      event({ event: 'open', useragent: 'Mozilla/4.0', ip: '255.255.255.255' }),
      event({ event: 'bounce', type: 'bounce', reason: '550 5.1.1 user unknown', status: '5.1.1' }),
      event({
        event: 'bounce',
        type: 'bounce',
        reason: '500 unknown recipient',
        bounce_classification: 'Invalid Address',
      }),
      event({
        event: 'bounce',
        type: 'blocked',
        reason: '550 5.1.1 user unknown',
        bounce_classification: 'Unclassified',
      }),
      event({
        event: 'bounce',
        type: 'blocked',
        reason: 'unable to get mx info',
        bounce_classification: 'Technical',
      }),
      event({ event: 'dropped', reason: 'Bounced Address', status: '5.0.0' }),
      event({ event: 'dropped', reason: 'Spam Reporting Address' }),
      event({ event: 'dropped', reason: 'Unsubscribed Address' }),
      event({ event: 'spamreport' }),
      event({ event: 'unsubscribe' }),
      event({ event: 'group_resubscribe', asm_group_id: 10 }),
    ];
    const reading = await read(sendgrid(batch));
    expect(await brief(reading)).toEqual([
      'delayed none other',
      'delivered none other',
      'bounce hard invalid',
      'bounce hard invalid',
      'bounce soft other',
      expect.stringMatching(/^bounce soft (network|routing)$/),
      'bounce hard invalid',
      'complaint none other',
      'unsubscribe none other',
      'complaint none other',
      'unsubscribe none other',
    ]);
    expect(reading.events[0]?.marks).toEqual(['<14c5d75ce93.dfd.64b469@ismtpd-555>']);
  });

  it("takes the signature of the example in SendGrid's own library", () => {
    // github.com/sendgrid/sendgrid-nodejs, packages/eventwebhook
    const publicKey =
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==';
    const example = request('{"category":"example_payload","event":"test_event","message_id":"message_id"}', {
      'x-twilio-email-event-webhook-timestamp': '1588788367',
      'x-twilio-email-event-webhook-signature':
        'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=',
    });
    const then = { ...outside, now: () => 1588788367_000 };
    expect(readSendgrid(example, { publicKey }, then)).toEqual({ events: [] });
    expect(() => readSendgrid(altered(example, 'test', 'rest'), { publicKey }, then)).toThrow('signature');
  });

  it('refuses other keys, changed bodies and old requests', async () => {
    const batch = [event({ event: 'spamreport' })];
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    expect(await refused(() => read(sendgrid(batch, seconds(), privateKey)))).toBe(401);
    expect(await refused(() => read(altered(sendgrid(batch), 'example@', 'other@')))).toBe(401);
    expect(await refused(() => read(sendgrid(batch, seconds(Date.now() - 25 * HOUR))))).toBe(401);
    expect(await refused(() => read(sendgrid(batch, 'NaN')))).toBe(401);
    expect(await refused(() => read(request(batch)))).toBe(401);
    expect(await refused(() => read(sendgrid(batch, seconds(Date.now() - HOUR))))).toBe('taken');
  });
});

describe('Mailgun', () => {
  const read = (one: WebhookRequest) => readMailgun(one, { signingKey: MAILGUN_KEY }, outside);
  /** documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure */
  const failed = (fields: object) => ({
    id: 'G9Bn5sl1TC6nu79C8C0bwg',
    event: 'failed',
    severity: 'permanent',
    reason: 'suppress-bounce',
    timestamp: Date.now() / 1000,
    recipient: 'alice@example.com',
    'recipient-domain': 'example.com',
    'delivery-status': { 'attempt-no': 1, message: '', code: 605, 'enhanced-code': '' },
    message: {
      headers: { to: 'Alice', 'message-id': '20130503192659.13651.20287@mg.example.com' },
      size: 111,
    },
    'user-variables': {},
    ...fields,
  });
  const said = (code: number, message: string) => ({ 'delivery-status': { code, message, description: '' } });

  it.each([
    [{}, 'bounce hard invalid'],
    [{ reason: 'suppress-complaint' }, 'complaint none other'],
    [{ reason: 'suppress-unsubscribe' }, 'unsubscribe none other'],
    [{ reason: 'bounce', ...said(550, '5.1.1 <alice@example.com>: User unknown') }, 'bounce hard invalid'],
    [{ reason: 'generic', ...said(552, '5.2.2 mailbox full') }, 'bounce soft mailbox-full'],
    [
      { reason: 'bounce', 'delivery-status': { code: 550, message: '', 'enhanced-code': '5.1.1' } },
      'bounce hard invalid',
    ],
    [{ reason: 'bounce', ...said(550, '') }, 'bounce soft other'],
    [{ reason: 'old', ...said(602, 'Too old') }, 'bounce soft network'],
    [{ reason: 'espblock', ...said(550, 'what') }, 'bounce block reputation'],
    [{ severity: 'temporary', reason: 'generic' }, 'delayed none other'],
    [{ event: 'complained' }, 'complaint none other'],
    [{ event: 'unsubscribed' }, 'unsubscribe none other'],
  ])('understands %j', async (fields, expected) => {
    const reading = await read(mailgun(failed(fields)));
    expect(await brief(reading)).toEqual([expected]);
    expect(reading.events[0]?.marks).toEqual(['20130503192659.13651.20287@mg.example.com']);
  });

  it('passes over opens and clicks', async () => {
    expect(await brief(read(mailgun(failed({ event: 'opened' }))))).toEqual([]);
  });

  it('binds a token to one event, since its signature does not cover the body, also to one that says nothing', async () => {
    for (const fields of [{}, { event: 'opened' }]) {
      const one = mailgun(failed(fields), { token: 'a token' });
      const forged = altered(one, 'alice@example.com', 'victim@example.com');
      const [{ bound: first }, { bound: second }] = [await read(one), await read(forged)];
      expect(first?.token).toBe('a token');
      expect(second?.token).toBe('a token');
      expect(second?.content).not.toBe(first?.content);
    }
  });

  it("takes the account's own signature of an event of a subaccount", async () => {
    const { signature, ...rest } = JSON.parse(mailgun(failed({})).body.toString());
    const sub = { ...signature, signature: '00', 'parent-signature': signature.signature };
    expect((await read(request({ ...rest, signature: sub }))).events).toHaveLength(1);
  });

  it('refuses other keys, missing tokens and old requests', async () => {
    expect(
      await refused(() => readMailgun(mailgun(failed({})), { signingKey: 'another key 0123456' }, outside)),
    ).toBe(401);
    expect(await refused(() => read(mailgun(failed({}), { token: '' })))).toBe(401);
    expect(
      await refused(() => read(mailgun(failed({}), { timestamp: seconds(Date.now() - 13 * HOUR) }))),
    ).toBe(401);
    expect(await refused(() => read(request({ 'event-data': failed({}) })))).toBe(401);
    expect(await refused(() => read(request('[')))).toBe(400);
  });
});

describe('Postmark', () => {
  const config = { user: 'postmark', pass: 'a password of some length' };
  const login = { authorization: `Basic ${Buffer.from(`${config.user}:${config.pass}`).toString('base64')}` };
  const read = (record: unknown) => readPostmark(request(record, login), config, outside);
  /** postmarkapp.com/developer/webhooks/bounce-webhook */
  const bounce = (fields: object) => ({
    RecordType: 'Bounce',
    MessageStream: 'outbound',
    ID: 4323372036854775807n.toString(),
    Type: 'HardBounce',
    TypeCode: 1,
    Details: 'smtp;550 5.1.1 The email account that you tried to reach does not exist.',
    Email: 'john@example.com',
    From: 'sender@example.com',
    BouncedAt: '2025-11-05T16:33:54.9070259Z',
    Metadata: { newsletter: 'mark' },
    MessageID: '883953f4-6105-42a2-a16a-77a8eac79483',
    ...fields,
  });

  it.each([
    [{}, 'bounce hard invalid'],
    [{ Type: 'SoftBounce', Details: '550 5.1.1 user unknown' }, 'bounce soft other'],
    [{ Type: 'SpamNotification', Details: '' }, 'bounce block content'],
    [{ Type: 'Blocked', Details: '' }, 'bounce block reputation'],
    [{ Type: 'DMARCPolicy', Details: '' }, 'bounce block authentication'],
    [{ Type: 'Transient' }, 'delayed none other'],
    [{ Type: 'AutoResponder' }, 'auto-reply none other'],
    [{ Type: 'SpamComplaint' }, 'complaint none other'],
    [{ RecordType: 'SpamComplaint' }, 'complaint none other'],
  ])('understands %j', async (fields, expected) => {
    const reading = await read(bounce(fields));
    expect(await brief(reading)).toEqual([expected]);
    expect(reading.events[0]).toMatchObject({ marks: ['mark'], recipient: 'john@example.com' });
  });

  it('understands what broadcast streams tell', async () => {
    const change = (fields: object) => ({
      RecordType: 'SubscriptionChange',
      MessageID: '883953f4-6105-42a2-a16a-77a8eac79483',
      ChangedAt: '2020-02-01T10:53:34.416071Z',
      Recipient: 'bounced-address@wildbit.com',
      Origin: 'Recipient',
      SuppressSending: true,
      SuppressionReason: 'HardBounce',
      ...fields,
    });
    expect(await brief(read(change({})))).toEqual(['bounce hard invalid']);
    expect(await brief(read(change({ SuppressionReason: 'SpamComplaint' })))).toEqual([
      'complaint none other',
    ]);
    expect(await brief(read(change({ SuppressionReason: 'ManualSuppression' })))).toEqual([
      'unsubscribe none other',
    ]);
    expect(await brief(read(change({ SuppressionReason: 'ManualSuppression', Origin: 'Customer' })))).toEqual(
      [],
    );
    expect(await brief(read(change({ SuppressSending: false, SuppressionReason: null })))).toEqual([]);
  });

  it('refuses another password, and none', async () => {
    const wrong = { authorization: `Basic ${Buffer.from('postmark:wrong').toString('base64')}` };
    expect(await refused(() => readPostmark(request(bounce({}), wrong), config, outside))).toBe(401);
    expect(await refused(() => readPostmark(request(bounce({})), config, outside))).toBe(401);
  });
});

describe('Brevo', () => {
  const token = 'a token of some length';
  const bearer = { authorization: `Bearer ${token}` };
  const read = (body: unknown, headers: Record<string, string> = bearer) =>
    readBrevo(request(body, headers), { token }, outside);
  /** developers.brevo.com/docs/transactional-webhooks */
  const event = (fields: object) => ({
    event: 'hard_bounce',
    email: 'example@domain.com',
    id: 26224,
    date: 'YYYY-MM-DD HH:mm:ss',
    ts: 1598634509,
    'message-id': '<201798300811.5787683@relay.domain.com>',
    ts_event: 1598034509,
    subject: 'Subject Line',
    tag: '["transactionalTag"]',
    'X-Mailin-custom': 'mark',
    ...fields,
  });

  it.each([
    [{}, 'bounce hard invalid'],
    [{ reason: '550 5.7.1 blocked using zen.spamhaus.org' }, 'bounce block reputation'],
    [{ event: 'soft_bounce', reason: '550 5.1.1 user unknown' }, 'bounce soft other'],
    [{ event: 'invalid_email' }, 'bounce hard invalid'],
    [{ event: 'blocked' }, 'bounce soft other'],
    [{ event: 'deferred' }, 'delayed none other'],
    [{ event: 'spam' }, 'complaint none other'],
    [{ event: 'unsubscribed' }, 'unsubscribe none other'],
  ])('understands %j', async (fields, expected) => {
    const reading = await read(event(fields));
    expect(await brief(reading)).toEqual([expected]);
    expect(reading.events[0]?.marks).toEqual(['mark', '<201798300811.5787683@relay.domain.com>']);
  });

  it('reads batches, passes over opens, and asks for the token in either form', async () => {
    expect(await brief(read([event({}), event({ event: 'unique_opened' })]))).toHaveLength(1);
    const basic = { authorization: `Basic ${Buffer.from(token).toString('base64')}` };
    expect(await refused(() => read(event({}), basic))).toBe('taken');
    expect(await refused(() => read(event({}), { authorization: 'Bearer another' }))).toBe(401);
    expect(await refused(() => read(event({}), {}))).toBe(401);
  });
});

describe('Resend', () => {
  const read = (one: WebhookRequest) => readResend(one, { secret: SVIX_SECRET }, outside);
  /** resend.com/docs/webhooks/emails/bounced */
  const bounced = (bounce: object) => ({
    type: 'email.bounced',
    created_at: '2024-02-22T23:41:11.894719+00:00',
    data: {
      broadcast_id: '8b146471-e88e-4322-86af-016cd36fd216',
      email_id: '56761188-7520-42d8-8898-ff6fc54ce618',
      from: 'Acme <onboarding@resend.dev>',
      to: ['delivered@resend.dev'],
      subject: 'Sending this example',
      headers: [{ name: 'Message-ID', value: '<mark@news.example.com>' }],
      bounce: { type: 'Permanent', subType: 'NoEmail', message: 'The address does not exist.', ...bounce },
    },
  });

  it.each([
    [{}, 'bounce hard invalid'],
    [{ subType: 'Suppressed' }, 'bounce hard invalid'],
    [{ subType: 'General', message: '550 5.7.1 spam' }, 'bounce block content'],
    [{ subType: 'General', message: '550 No such user' }, 'bounce hard invalid'],
    [{ subType: 'General', message: 'No such user here' }, 'bounce hard invalid'],
    [{ subType: 'General', message: '550 Access denied' }, 'bounce soft other'],
    [{ type: 'Transient', subType: 'General', message: '550 No such user' }, 'bounce soft filtered'],
    [{ type: 'Transient', subType: 'MailboxFull' }, 'bounce soft mailbox-full'],
    [{ type: 'Transient', subType: 'General', message: '550 5.1.1 user unknown' }, 'bounce soft other'],
    [{ type: 'Undetermined', subType: 'Undetermined', message: '' }, 'bounce soft other'],
  ])('understands %j', async (bounce, expected) => {
    const reading = await read(svix(bounced(bounce)));
    expect(await brief(reading)).toEqual([expected]);
    expect(reading.events[0]?.marks[0]).toBe('<mark@news.example.com>');
  });

  it("takes the signature of the example in Svix's own library", () => {
    const example = request('{"test": 2432232314}', {
      'svix-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'svix-timestamp': '1614265330',
      'svix-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(() => verifySvix(example, secret, 1614265330_000)).not.toThrow();
    expect(() => verifySvix(example, secret, 1614265330_000 + 6 * 60_000)).toThrow('timestamp');
    expect(() => verifySvix(altered(example, '4', '5'), secret, 1614265330_000)).toThrow('signature');
  });

  it('refuses other secrets, ids, versions and times', async () => {
    const event = bounced({});
    const other = `whsec_${Buffer.from('another secret of some length').toString('base64')}`;
    expect(await refused(() => read(svix(event, { secret: other })))).toBe(401);
    expect(await refused(() => read(svix(event, { timestamp: seconds(Date.now() - 6 * 60_000) })))).toBe(401);
    expect(await refused(() => read(svix(event, { timestamp: seconds(Date.now() + 6 * 60_000) })))).toBe(401);
    expect(await refused(() => read(request(event)))).toBe(401);
    const one = svix(event);
    const moved = { ...one, header: (name: string) => (name === 'svix-id' ? 'msg_2' : one.header(name)) };
    expect(await refused(() => read(moved))).toBe(401);
    const v2 = { ...one, header: (name: string) => one.header(name).replace(/v1a?,/g, 'v2,') };
    expect(await refused(() => read(v2))).toBe(401);
  });
});

describe('the generic webhook', () => {
  const read = (one: WebhookRequest) => readGeneric(one, { secret: GENERIC_SECRET }, outside);
  const bounce = {
    id: '1',
    type: 'bounce',
    messageId: '<mark@news.example.com>',
    code: 550,
    status: '5.1.1',
    text: 'user unknown',
  };

  it('reads events', async () => {
    const events = [
      bounce,
      { ...bounce, id: '2', permanent: false },
      { id: '3', type: 'complaint', recipient: 'jane@example.com' },
      { id: '4', type: 'delivered', recipient: 'jane@example.com' },
    ];
    expect(await brief(read(generic(events)))).toEqual([
      'bounce hard invalid',
      'bounce soft other',
      'complaint none other',
      'delivered none other',
    ]);
  });

  it('goes by the status where there is no text; a code alone decides nothing', async () => {
    const { text: _, ...silent } = bounce;
    const { status: __, ...bare } = silent;
    const events = [
      silent,
      { ...silent, id: '2', permanent: false },
      { ...silent, id: '3', status: '5.7.1' },
      { ...bare, id: '4' },
    ];
    expect(await brief(read(generic(events)))).toEqual([
      'bounce hard invalid',
      'bounce soft other',
      'bounce block policy',
      'bounce soft other',
    ]);
  });

  it('refuses what is not signed, and says what cannot be read', async () => {
    expect(await refused(() => read(generic([bounce], seconds(), 'x'.repeat(32))))).toBe(401);
    expect(await refused(() => read(generic([bounce], seconds(Date.now() - 6 * 60_000))))).toBe(401);
    expect(await refused(() => read(altered(generic([bounce]), 'mark', 'dark')))).toBe(401);
    expect(await refused(() => read(generic([])))).toBe(400);
    expect(() => read(generic([{ ...bounce, code: 250 }]))).toThrow(/^events\.0\.code: /);
  });
});

it.each(['constructor', 'toString', '__proto__'])('passes over an event that is named %s', async (name) => {
  const outcomes = [
    readSendgrid(sendgrid([{ email: 'a@example.com', event: name }]), { publicKey: SENDGRID_KEY }, outside),
    readMailgun(mailgun({ event: name, recipient: 'a@example.com' }), { signingKey: MAILGUN_KEY }, outside),
    readResend(svix({ type: name, data: { to: ['a@example.com'] } }), { secret: SVIX_SECRET }, outside),
  ];
  for (const reading of outcomes) expect(await brief(reading)).toEqual([]);
});
