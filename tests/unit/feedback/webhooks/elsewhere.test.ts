import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { readGeneric } from '../../../../server/src/feedback/webhooks/generic';
import { readMailgun } from '../../../../server/src/feedback/webhooks/mailgun';
import { readSendgrid } from '../../../../server/src/feedback/webhooks/sendgrid';
import type { Outside } from '../../../../server/src/feedback/webhooks/types';
import { GENERIC_SECRET, MAILGUN_KEY, request, seconds } from './support';

// Signatures that no code of ours made: published by the provider, or made by openssl.

const at = (now: number): Outside => ({
  fetch: () => Promise.reject(new Error('nothing is fetched')),
  now: () => now,
});
const opensslHmac = (key: string, text: string) =>
  execFileSync('openssl', ['dgst', '-sha256', '-hmac', key, '-r'], { input: text }).toString().split(' ')[0]!;

/** The test vector of SendGrid's own libraries (sendgrid-nodejs, packages/eventwebhook). */
const SENDGRID = {
  publicKey:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
  signature:
    'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=',
  timestamp: '1600112502',
  body: `${JSON.stringify([
    {
      email: 'hello@world.com',
      event: 'dropped',
      reason: 'Bounced Address',
      sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
      sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
      'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
      timestamp: 1600112492,
    },
  ])}\r\n`,
};

it('takes what SendGrid signed, for a day', () => {
  const signed = (body: string, signature = SENDGRID.signature) =>
    request(body, {
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': SENDGRID.timestamp,
    });
  const then = Number(SENDGRID.timestamp) * 1000;
  const read = (one: ReturnType<typeof signed>, now = then) => readSendgrid(one, SENDGRID, at(now));
  expect(read(signed(SENDGRID.body))).toMatchObject({
    events: [{ recipient: 'hello@world.com', reason: 'suppressed', severity: 'hard' }],
  });
  expect(() => read(signed(SENDGRID.body), then + 25 * 3600_000)).toThrow('timestamp');
  expect(() => read(signed(SENDGRID.body), then - 6 * 60_000)).toThrow('timestamp');
  expect(() => read(signed(SENDGRID.body.replace('hello', 'victim')))).toThrow('signature');
  for (const garbage of ['', 'AAAA', 'MEUCIGHQ', '%', 'A'.repeat(5000)])
    expect(() => read(signed(SENDGRID.body, garbage)), garbage).toThrow('signature');
});

it('takes what openssl signed for Mailgun and for the generic webhook', () => {
  const now = seconds();
  const token = 'e0b5477167110d68991efc6b9f89f0a11066af27834600e123';
  const signature = { timestamp: now, token, signature: opensslHmac(MAILGUN_KEY, now + token) };
  const event = { event: 'complained', recipient: 'jane@example.com', id: 'x', timestamp: Number(now) };
  expect(
    readMailgun(request({ signature, 'event-data': event }), { signingKey: MAILGUN_KEY }, at(Date.now())),
  ).toMatchObject({ events: [{ kind: 'complaint', id: `${now}.x` }] });

  const body = '{"events":[{"id":"1","type":"complaint","recipient":"jane@example.com"}]}';
  const generic = request(body, {
    'x-newsletter-timestamp': now,
    'x-newsletter-signature': `sha256=${opensslHmac(GENERIC_SECRET, `${now}.${body}`)}`,
  });
  expect(readGeneric(generic, { secret: GENERIC_SECRET }, at(Date.now()))).toMatchObject({
    events: [{ kind: 'complaint' }],
  });
});
