import { createPublicKey, verify } from 'node:crypto';
import { list, object, parseJson, pick, text, textOrNull, time, type Json } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { BAD_SIGNATURE, refuseOld } from './signature';
import { WebhookRefusal, type ProviderEvent, type ReadWebhook } from './types';

/** SendGrid tries again for 24 hours, and a retry may carry the first timestamp; the same event twice counts once. */
const TOLERANCE = 24 * 3600 * 1000;

/** https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
const EVENTS = new Map<string, Meaning>(
  Object.entries({
    bounce: meaning.permanent('undefined'),
    delivered: meaning.is('delivered'),
    deferred: meaning.is('delayed'),
    spamreport: meaning.is('complaint'),
    unsubscribe: meaning.is('unsubscribe'),
    group_unsubscribe: meaning.is('unsubscribe'),
  }),
);

/** `bounce_classification`, for what the server's words do not tell. The same page. */
const CLASSIFICATION = new Map<string, Meaning>(
  Object.entries({
    'Invalid Address': meaning.exactly('userunknown'),
    Technical: meaning.temporary('networkerror'),
    Content: meaning.temporary('contenterror'),
    Reputation: meaning.temporary('badreputation'),
    'Frequency or Volume Too High': meaning.temporary('speeding'),
    'Mailbox Unavailable': meaning.temporary('mailboxfull'),
  }),
);

/** `reason` of `dropped`: SendGrid did not try. The same page, "Dropped". */
const DROPPED = new Map<string, Meaning>(
  Object.entries({
    'Bounced Address': meaning.knownDead,
    'Spam Reporting Address': meaning.is('complaint'),
    'Unsubscribed Address': meaning.is('unsubscribe'),
    Invalid: meaning.exactly('userunknown'),
    'Spam Content (if Spam Checker app is enabled)': meaning.exactly('spamdetected'),
    'Recipient List over Package Quota': meaning.exactly('policyviolation'),
    'Invalid SMTPAPI header': meaning.exactly('syntaxerror'),
  }),
);

/**
 * Signed Event Webhook: ECDSA over timestamp and body, with the public key of the settings (base64 of its DER form).
 * https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
 */
export const readSendgrid: ReadWebhook<'sendgrid'> = (request, { publicKey }, { now }) => {
  const timestamp = request.header('x-twilio-email-event-webhook-timestamp');
  const signature = Buffer.from(request.header('x-twilio-email-event-webhook-signature'), 'base64');
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const signed = Buffer.concat([Buffer.from(timestamp), request.body]);
  if (!verify('sha256', signed, key, signature)) throw new WebhookRefusal(401, BAD_SIGNATURE);
  refuseOld(timestamp, now(), TOLERANCE);
  return { events: list(parseJson(request.body)).flatMap((event) => read(object(event), now())) };
};

function read(event: Json, now: number): ProviderEvent[] {
  const found = meaningOf(event);
  if (!found) return [];
  const recipient = textOrNull(event.email);
  return [
    {
      ...understand(found, {
        text: text(event.reason) || text(event.response),
        status: text(event.status),
      }),
      id: text(event.sg_event_id) || `${text(event.sg_message_id)}.${text(event.event)}`,
      recipient,
      // `smtp-id` is the Message-ID of the mail as we gave it to SendGrid.
      marks: [textOrNull(event['smtp-id'])],
      reporter: recipient?.split('@').at(-1)?.toLowerCase() ?? null,
      feedbackType: text(event.event) === 'spamreport' ? 'abuse' : null,
      at: time(event.timestamp, now),
      evidence: pick(event, 'event', 'type', 'bounce_classification', 'reason', 'response', 'status'),
    },
  ];
}

function meaningOf(event: Json): Meaning | null {
  const name = text(event.event);
  if (name === 'dropped') return DROPPED.get(text(event.reason)) ?? meaning.temporary('undefined');
  const found = EVENTS.get(name) ?? null;
  if (found?.kind !== 'bounce') return found;
  const classified = CLASSIFICATION.get(text(event.bounce_classification));
  // A block is about us or for now: https://www.twilio.com/docs/sendgrid/ui/sending-email/blocks
  if (text(event.type) === 'blocked') return { ...meaning.temporary(classified?.reason ?? 'undefined') };
  return classified ?? found;
}
