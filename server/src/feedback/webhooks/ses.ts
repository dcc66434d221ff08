import { list, object, parseJson, pick, text, textOrNull, time, type Json } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { readSns } from './sns';
import type { ProviderEvent, ReadWebhook } from './types';

/**
 * Bounce types and subtypes. https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
 * "General" means that SES knows no more than the server's words; a permanent one without words or status may be about us.
 */
export const SES_BOUNCES = new Map<string, Meaning>(
  Object.entries({
    'Permanent/NoEmail': meaning.exactly('userunknown'),
    'Permanent/General': meaning.permanent('undefined'),
    'Permanent/Suppressed': meaning.knownDead,
    'Permanent/OnAccountSuppressionList': meaning.knownDead,
    'Permanent/UnsubscribedRecipient': meaning.is('unsubscribe'),
    'Transient/General': meaning.temporary('undefined'),
    'Transient/MailboxFull': meaning.exactly('mailboxfull'),
    'Transient/MessageTooLarge': meaning.exactly('mesgtoobig'),
    'Transient/ContentRejected': meaning.exactly('contenterror'),
    'Transient/AttachmentRejected': meaning.exactly('contenterror'),
    'Undetermined/Undetermined': meaning.temporary('undefined'),
  }),
);

/** Amazon SES through SNS: notifications of an identity (`notificationType`) and event destinations (`eventType`). */
export const readSes: ReadWebhook<'ses'> = async (request, { topics }, outside) => {
  const message = await readSns(request, topics, outside);
  if ('warning' in message) return { events: [], warning: message.warning };
  const event = object(parseJson(message.text));
  const mail = object(event.mail);
  const type = text(event.notificationType) || text(event.eventType);
  const base = { marks: marksOf(mail), at: message.at };
  switch (type) {
    case 'Bounce':
      return { events: bounces(object(event.bounce), base) };
    case 'Complaint':
      return { events: complaints(object(event.complaint), base) };
    case 'Delivery':
    case 'DeliveryDelay':
      return { events: deliveries(type, mail, object(event.delivery ?? event.deliveryDelay), base) };
    default:
      return { events: [] };
  }
};

type Base = Pick<ProviderEvent, 'marks' | 'at'>;

/** SES puts an id of its own into the mail, and returns the Message-ID that we gave it. */
function marksOf(mail: Json): ProviderEvent['marks'] {
  const headers = list(mail.headers).map(object);
  const ours = headers.filter(({ name }) => text(name).toLowerCase() === 'message-id');
  return [...ours.map(({ value }) => textOrNull(value)), textOrNull(object(mail.commonHeaders).messageId)];
}

function bounces(bounce: Json, base: Base): ProviderEvent[] {
  const word = `${text(bounce.bounceType)}/${text(bounce.bounceSubType)}`;
  const permanent = text(bounce.bounceType) === 'Permanent';
  const found =
    SES_BOUNCES.get(word) ?? (permanent ? meaning.permanent('undefined') : meaning.temporary('undefined'));
  return list(bounce.bouncedRecipients).map((row, nth) => {
    const one = object(row);
    const recipient = textOrNull(one.emailAddress);
    return {
      ...base,
      ...understand(found, { text: text(one.diagnosticCode), status: text(one.status) }),
      id: `${text(bounce.feedbackId)}.${nth}`,
      recipient,
      // SES reports itself; the receiver is whose server said it.
      reporter: domain(recipient),
      feedbackType: null,
      at: time(bounce.timestamp, base.at),
      evidence: { ...pick(bounce, 'bounceType', 'bounceSubType', 'reportingMTA', 'timestamp'), ...one },
    };
  });
}

function complaints(complaint: Json, base: Base): ProviderEvent[] {
  const type = textOrNull(complaint.complaintFeedbackType);
  const found = meaning.is(type === 'not-spam' ? 'not-spam' : 'complaint');
  return list(complaint.complainedRecipients).map((row, nth) => {
    const recipient = textOrNull(object(row).emailAddress);
    return {
      ...base,
      ...understand(found, { text: '' }),
      id: `${text(complaint.feedbackId)}.${nth}`,
      recipient,
      reporter: domain(recipient),
      feedbackType: type,
      at: time(complaint.timestamp, base.at),
      evidence: pick(complaint, 'complaintFeedbackType', 'complaintSubType', 'userAgent', 'timestamp'),
    };
  });
}

function deliveries(type: 'Delivery' | 'DeliveryDelay', mail: Json, said: Json, base: Base): ProviderEvent[] {
  const recipient = textOrNull(list(mail.destination)[0]);
  return [
    {
      ...base,
      ...understand(meaning.is(type === 'Delivery' ? 'delivered' : 'delayed'), {
        text: text(said.smtpResponse),
      }),
      id: `${type}.${text(mail.messageId)}.${text(said.timestamp)}`,
      recipient,
      reporter: domain(recipient),
      feedbackType: null,
      at: time(said.timestamp, base.at),
      evidence: pick(said, 'smtpResponse', 'reportingMTA', 'delayType', 'timestamp'),
    },
  ];
}

const domain = (address: string | null) => address?.split('@').at(-1)?.toLowerCase() ?? null;
