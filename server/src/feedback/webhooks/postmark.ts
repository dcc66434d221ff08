import { object, parseJson, pick, text, textOrNull, time, type Json } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { BAD_SIGNATURE, sameText } from './signature';
import { WebhookRefusal, type ProviderEvent, type ReadWebhook } from './types';

/** https://postmarkapp.com/developer/api/bounce-api#bounce-types; null: says nothing about the mailbox. */
const BOUNCES = new Map<string, Meaning | null>(
  Object.entries({
    HardBounce: meaning.permanent('userunknown'),
    Transient: meaning.is('delayed'),
    Unsubscribe: meaning.is('unsubscribe'),
    Subscribe: null,
    AutoResponder: meaning.is('auto-reply'),
    AddressChange: meaning.is('auto-reply'),
    DnsError: meaning.temporary('networkerror'),
    SpamNotification: meaning.temporary('spamdetected'),
    OpenRelayTest: null,
    Unknown: meaning.permanent('undefined'),
    SoftBounce: meaning.temporary('undefined'),
    VirusNotification: meaning.exactly('virusdetected'),
    ChallengeVerification: meaning.is('auto-reply'),
    BadEmailAddress: meaning.exactly('userunknown'),
    SpamComplaint: meaning.is('complaint'),
    ManuallyDeactivated: meaning.exactly('suppressed'),
    Unconfirmed: null,
    Blocked: meaning.temporary('blocked'),
    SMTPApiError: null,
    InboundError: null,
    DMARCPolicy: meaning.exactly('authfailure'),
    TemplateRenderingFailed: null,
  }),
);

/**
 * `SuppressionReason` of a subscription change, the only thing that broadcast streams tell of bounces.
 * https://postmarkapp.com/developer/webhooks/subscription-change-webhook
 */
const SUPPRESSED = new Map<string, Meaning>(
  Object.entries({
    HardBounce: meaning.exactly('userunknown'),
    SpamComplaint: meaning.is('complaint'),
    ManualSuppression: meaning.is('unsubscribe'),
  }),
);

/**
 * Postmark signs nothing. It sends what stands in the webhook's address (`https://user:pass@…`) as HTTP basic
 * authentication; use a long random password and https. https://postmarkapp.com/developer/webhooks/webhooks-overview
 */
export const readPostmark: ReadWebhook<'postmark'> = (request, { user, pass }, { now }) => {
  const expected = `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`;
  if (!sameText(request.header('authorization'), expected)) throw new WebhookRefusal(401, BAD_SIGNATURE);
  const record = object(parseJson(request.body));
  const found = meaningOf(record);
  return { events: found ? [read(record, found, now())] : [] };
};

function meaningOf(record: Json): Meaning | null {
  switch (text(record.RecordType)) {
    case 'Bounce':
      return BOUNCES.get(text(record.Type)) ?? null;
    case 'SpamComplaint':
      return meaning.is('complaint');
    case 'Delivery':
      return meaning.is('delivered');
    case 'SubscriptionChange': {
      // Taken off by the people at Postmark's panel: the recipient said nothing.
      const theirs =
        text(record.Origin) === 'Recipient' || text(record.SuppressionReason) !== 'ManualSuppression';
      return record.SuppressSending === true && theirs
        ? (SUPPRESSED.get(text(record.SuppressionReason)) ?? null)
        : null;
    }
    default:
      return null;
  }
}

function read(record: Json, found: Meaning, now: number): ProviderEvent {
  const recipient = textOrNull(record.Email) ?? textOrNull(record.Recipient);
  const when = record.BouncedAt ?? record.ChangedAt ?? record.DeliveredAt;
  return {
    ...understand(found, { text: text(record.Details) }),
    id: [text(record.RecordType), text(record.ID) || text(record.MessageID), text(when)].join('.'),
    recipient,
    // Postmark's MessageID is its own; ours comes back as metadata.
    marks: [textOrNull(object(record.Metadata).newsletter)],
    reporter: recipient?.split('@').at(-1)?.toLowerCase() ?? null,
    feedbackType: found.kind === 'complaint' ? 'abuse' : null,
    at: time(when, now),
    evidence: pick(record, 'RecordType', 'Type', 'Description', 'Details', 'SuppressionReason', 'Origin'),
  };
}
