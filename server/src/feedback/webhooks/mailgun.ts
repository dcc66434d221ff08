import { object, parseJson, pick, text, textOrNull, time, type Json } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { BAD_SIGNATURE, hmac, refuseOld, same } from './signature';
import { WebhookRefusal, type ProviderEvent, type ReadWebhook } from './types';

/** Mailgun tries again for 8 hours: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhooks */
export const MAILGUN_TOLERANCE = 12 * 3600 * 1000;

/** https://documentation.mailgun.com/docs/mailgun/user-manual/events/events */
const EVENTS = new Map<string, Meaning>(
  Object.entries({
    delivered: meaning.is('delivered'),
    complained: meaning.is('complaint'),
    unsubscribed: meaning.is('unsubscribe'),
    rejected: meaning.exactly('policyviolation'),
  }),
);

/** `reason` of `failed` with the severity `permanent`. The same page; `old`: tried for too long. */
const FAILED = new Map<string, Meaning>(
  Object.entries({
    bounce: meaning.permanent('undefined'),
    generic: meaning.permanent('undefined'),
    espblock: meaning.temporary('blocked'),
    old: meaning.temporary('expired'),
    'suppress-bounce': meaning.knownDead,
    'suppress-complaint': meaning.is('complaint'),
    'suppress-unsubscribe': meaning.is('unsubscribe'),
  }),
);

/**
 * HMAC of timestamp and token; of an event of a subaccount, the account's own is `parent-signature`. It does not cover the
 * body, so that who sees one request could sign another with it: a token is bound to the event that it came with first.
 * https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
 */
export const readMailgun: ReadWebhook<'mailgun'> = (request, { signingKey }, { now }) => {
  const body = object(parseJson(request.body));
  const signature = object(body.signature);
  const timestamp = text(signature.timestamp);
  const token = text(signature.token);
  const expected = hmac(signingKey, timestamp, token);
  const genuine = [signature.signature, signature['parent-signature']].some((one) =>
    same(Buffer.from(text(one), 'hex'), expected),
  );
  if (token === '' || !genuine) throw new WebhookRefusal(401, BAD_SIGNATURE);
  refuseOld(timestamp, now(), MAILGUN_TOLERANCE);
  const event = object(body['event-data']);
  return { events: read(event, token, now()), bound: { token, content: JSON.stringify(event) } };
};

function read(event: Json, token: string, now: number): ProviderEvent[] {
  const found = meaningOf(event);
  if (!found) return [];
  const status = object(event['delivery-status']);
  const headers = object(object(event.message).headers);
  const recipient = textOrNull(event.recipient);
  const code = Number(text(status.code));
  return [
    {
      ...understand(found, {
        text: text(status.message) || text(status.description) || text(object(event.reject).reason),
        status: text(status['enhanced-code']),
        // Codes from 600 on are Mailgun's own.
        code: code >= 400 && code < 600 ? code : null,
      }),
      // Unique within a day: https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-structure
      id: text(event.id) ? `${text(event.timestamp)}.${text(event.id)}` : token,
      recipient,
      // The Message-ID as we gave it, without its brackets.
      marks: [textOrNull(headers['message-id'])],
      reporter: textOrNull(event['recipient-domain']) ?? recipient?.split('@').at(-1)?.toLowerCase() ?? null,
      feedbackType: found.kind === 'complaint' ? 'abuse' : null,
      at: time(event.timestamp, now),
      evidence: { ...pick(event, 'event', 'severity', 'reason'), status },
    },
  ];
}

function meaningOf(event: Json): Meaning | null {
  const name = text(event.event);
  if (name !== 'failed') return EVENTS.get(name) ?? null;
  if (text(event.severity) === 'temporary') return meaning.is('delayed');
  return FAILED.get(text(event.reason)) ?? meaning.permanent('undefined');
}
