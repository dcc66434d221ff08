import { createHmac, createSign, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { WebhookRequest } from '../../../../server/src/feedback';

export function request(body: unknown, headers: Record<string, string> = {}): WebhookRequest {
  return {
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    header: (name) => headers[name] ?? '',
  };
}

export const seconds = (at = Date.now()): string => String(Math.floor(at / 1000));

const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const SENDGRID_KEY = ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

export function sendgrid(
  events: unknown,
  timestamp = seconds(),
  key: KeyObject = ec.privateKey,
): WebhookRequest {
  const body = JSON.stringify(events);
  return request(body, {
    'x-twilio-email-event-webhook-timestamp': timestamp,
    'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(timestamp + body), key).toString(
      'base64',
    ),
  });
}

export const MAILGUN_KEY = 'mailgun-signing-key-0123456789';

export function mailgun(
  event: unknown,
  { timestamp = seconds(), token = `${Math.random()}` } = {},
): WebhookRequest {
  const signature = createHmac('sha256', MAILGUN_KEY)
    .update(timestamp + token)
    .digest('hex');
  return request({ signature: { timestamp, token, signature }, 'event-data': event });
}

export const SVIX_SECRET = `whsec_${Buffer.from('a secret of twenty-four octets').toString('base64')}`;

export function svix(
  event: unknown,
  { id = 'msg_1', timestamp = seconds(), secret = SVIX_SECRET } = {},
): WebhookRequest {
  const body = JSON.stringify(event);
  const key = Buffer.from(secret.slice(6), 'base64');
  const genuine = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const old = createHmac('sha256', 'the secret before').update(body).digest('base64');
  return request(body, {
    'svix-id': id,
    'svix-timestamp': timestamp,
    'svix-signature': `v1,${old} v1a,${genuine} v1,${genuine}`,
  });
}

export const GENERIC_SECRET = 'a generic secret of thirty-two octets';

export function generic(events: unknown[], timestamp = seconds(), secret = GENERIC_SECRET): WebhookRequest {
  const body = JSON.stringify({ events });
  const sum = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  return request(body, { 'x-newsletter-timestamp': timestamp, 'x-newsletter-signature': `sha256=${sum}` });
}

const SIGNED = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** A message as SNS posts it. */
export function sns(
  fields: Record<string, string>,
  key: KeyObject,
  certificate: string,
): Record<string, string> {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    Timestamp: new Date().toISOString(),
    SignatureVersion: '2',
    SigningCertURL: certificate,
    ...fields,
  };
  const text = SIGNED.filter((name) => message[name] !== undefined)
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
  const hash = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  return { Signature: createSign(hash).update(text).sign(key, 'base64'), ...message };
}

/** What SES tells of a bounce: docs.aws.amazon.com/ses/latest/dg/notification-examples.html */
export const sesBounce = (messageId: string, fields: object = {}) => ({
  notificationType: 'Bounce',
  bounce: {
    bounceType: 'Permanent',
    bounceSubType: 'General',
    bouncedRecipients: [
      {
        emailAddress: 'jane@example.com',
        action: 'failed',
        status: '5.1.1',
        diagnosticCode: 'smtp; 550 5.1.1 <jane@example.com>... User unknown',
      },
    ],
    timestamp: new Date(Date.now() - 1000).toISOString(),
    feedbackId: `00000138111222aa-${messageId.slice(1, 12)}-000000`,
    reportingMTA: 'dns; email.example.com',
    ...fields,
  },
  mail: {
    timestamp: '2016-01-27T14:59:38.237Z',
    source: 'news@example.com',
    messageId: '00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000',
    destination: ['jane@example.com'],
    headersTruncated: false,
    headers: [
      { name: 'From', value: '"News" <news@example.com>' },
      { name: 'Message-ID', value: messageId },
    ],
    commonHeaders: { messageId, subject: 'Hello' },
  },
});
