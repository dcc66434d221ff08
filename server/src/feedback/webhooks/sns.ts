import { createVerify, X509Certificate } from 'node:crypto';
import { object, parseJson, text, time, type Json } from './json';
import { BAD_SIGNATURE, refuseFarFrom } from './signature';
import { WebhookRefusal, type Outside, type WebhookRequest } from './types';

/**
 * Fields that are signed, in this order, each as its name and its value on a line of their own.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html
 */
const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const SIGNED = new Map<string, readonly string[]>([
  ['Notification', NOTIFICATION],
  ['SubscriptionConfirmation', CONFIRMATION],
  ['UnsubscribeConfirmation', CONFIRMATION],
]);
const HASH = new Map(Object.entries({ '1': 'RSA-SHA1', '2': 'RSA-SHA256' }));

/**
 * SNS tries again for an hour at most: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 * An older message was kept by somebody. A younger one that comes again says what its events said before.
 */
const TOLERANCE = 75 * 60_000;

const FETCH_MS = 10_000;
/** Octets of a certificate, or of the answer to a confirmation. */
const MAX_ANSWER = 64 * 1024;
const CERTIFICATES = 20;
/** Certificates that are being fetched, and fetches in vain within a minute: who makes names up makes us ask little. */
const FETCHED_AT_ONCE = 4;
const MISSES_PER_MINUTE = 20;

/**
 * The text of a genuine notification of one of our topics. A topic that wants to be confirmed is confirmed, with the
 * address of SNS that it names: a request to anywhere else is never made.
 * @throws WebhookRefusal
 */
export async function readSns(
  request: WebhookRequest,
  topics: readonly string[],
  outside: Outside,
): Promise<{ text: string; at: number } | { warning: string }> {
  const message = object(parseJson(request.body));
  const type = text(message.Type);
  const topic = text(message.TopicArn);
  const fields = SIGNED.get(type);
  if (!fields)
    throw new WebhookRefusal(400, 'This is no message of SNS. Switch raw message delivery off for it.');
  // Before anything is fetched: who does not even know the topic gets nothing done.
  if (!topics.includes(topic)) throw new WebhookRefusal(401, 'The topic is not one of the configuration.');
  await verify(message, fields, hostOf(topic), outside);
  refuseFarFrom(outside.now(), Date.parse(text(message.Timestamp)), TOLERANCE);
  const at = time(message.Timestamp, outside.now());
  if (type === 'Notification') return { text: whole(message.Message), at };
  if (type === 'UnsubscribeConfirmation')
    return { warning: `The subscription of ${topic} was ended at SNS: nothing comes from there any more.` };
  await confirm(text(message.SubscribeURL), hostOf(topic), outside);
  return { warning: '' };
}

/** The whole text: a notification is longer than what `text` keeps. */
const whole = (value: unknown) => (typeof value === 'string' ? value : '');

/** `arn:aws:sns:<region>:…` → the one host that may serve its certificate and confirm it. */
function hostOf(topic: string): string {
  const [, partition, , region = ''] = topic.split(':');
  if (!/^[a-z0-9-]+$/.test(region)) throw new WebhookRefusal(400, 'The topic names no region.');
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

async function verify(
  message: Json,
  fields: readonly string[],
  host: string,
  outside: Outside,
): Promise<void> {
  const hash = HASH.get(text(message.SignatureVersion));
  const url = text(message.SigningCertURL);
  const path = url.startsWith(`https://${host}/`) ? url.slice(`https://${host}/`.length) : '';
  if (!hash || !/^SimpleNotificationService-[0-9a-f]{1,64}\.pem$/.test(path))
    throw new WebhookRefusal(401, BAD_SIGNATURE);
  const certificate = await certificateAt(url, outside);
  const signed = fields
    .filter((name) => typeof message[name] === 'string')
    .map((name) => `${name}\n${message[name] as string}\n`)
    .join('');
  const genuine = createVerify(hash)
    .update(signed)
    .verify(certificate.publicKey, Buffer.from(text(message.Signature), 'base64'));
  if (!genuine) throw new WebhookRefusal(401, BAD_SIGNATURE);
}

const certificates = new Map<string, X509Certificate>();
const loading = new Map<string, Promise<X509Certificate>>();
/** Times of fetches that gave no certificate. */
let misses: number[] = [];

/** Kept until it ends: SNS changes its certificate, and with it the address, once in a while. */
async function certificateAt(url: string, outside: Outside): Promise<X509Certificate> {
  const now = outside.now();
  const known = certificates.get(url);
  if (known && isValid(known, now)) return known;
  const certificate = await (loading.get(url) ?? fetchOnce(url, outside));
  if (!isValid(certificate, now))
    throw new WebhookRefusal(401, 'The certificate of the signature is out of date.');
  return certificate;
}

const isValid = ({ validFrom, validTo }: X509Certificate, now: number) =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

async function fetchOnce(url: string, outside: Outside): Promise<X509Certificate> {
  const now = outside.now();
  misses = misses.filter((at) => at > now - 60_000);
  // A genuine message is offered again; the certificate in use is kept and needs no fetch.
  if (loading.size >= FETCHED_AT_ONCE || misses.length >= MISSES_PER_MINUTE)
    throw new WebhookRefusal(503, 'Too many certificates were asked for in vain. Try again.');
  const fetching = load(url, outside);
  loading.set(url, fetching);
  try {
    const certificate = await fetching;
    if (isValid(certificate, now)) keep(url, certificate);
    else misses.push(now);
    return certificate;
  } catch (error) {
    misses.push(now);
    throw error;
  } finally {
    loading.delete(url);
  }
}

/** Only what SNS's own host gave, so that nobody can press out what is in use. */
function keep(url: string, certificate: X509Certificate): void {
  certificates.delete(url);
  certificates.set(url, certificate);
  const [oldest] = certificates.keys();
  if (certificates.size > CERTIFICATES && oldest !== undefined) certificates.delete(oldest);
}

async function load(url: string, outside: Outside): Promise<X509Certificate> {
  const octets = await get(url, outside, 'The certificate of SNS could not be fetched');
  try {
    return new X509Certificate(octets);
  } catch {
    throw new WebhookRefusal(401, 'What is at the address of the certificate is none.');
  }
}

async function confirm(url: string, host: string, outside: Outside): Promise<void> {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address?.origin !== `https://${host}` || address.searchParams.get('Action') !== 'ConfirmSubscription')
    throw new WebhookRefusal(401, 'The address to confirm the subscription is not one of SNS.');
  await get(url, outside, 'The subscription could not be confirmed');
}

async function get(url: string, outside: Outside, failure: string): Promise<Buffer> {
  try {
    const answer = await outside.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const pieces: Uint8Array[] = [];
    let length = 0;
    // Leaving the loop ends the connection: what else would come is not read.
    for await (const piece of (answer.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      length += piece.length;
      if (length > MAX_ANSWER) throw new Error('the answer is too large');
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  } catch (error) {
    throw new WebhookRefusal(503, `${failure}: ${(error as Error).message}`);
  }
}
