import { object, parseJson, pick, text, textOrNull, time, type Json } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { BAD_SIGNATURE, sameText } from './signature';
import { WebhookRefusal, type ProviderEvent, type ReadWebhook } from './types';

/** https://developers.brevo.com/docs/transactional-webhooks */
const EVENTS = new Map<string, Meaning>(
  Object.entries({
    delivered: meaning.is('delivered'),
    deferred: meaning.is('delayed'),
    soft_bounce: meaning.temporary('undefined'),
    hard_bounce: meaning.permanent('userunknown'),
    spam: meaning.is('complaint'),
    complaint: meaning.is('complaint'),
    unsubscribed: meaning.is('unsubscribe'),
    invalid_email: meaning.exactly('userunknown'),
    // On a list of Brevo's, for whichever reason: it says neither that the address is dead nor that somebody complained.
    blocked: meaning.exactly('suppressed'),
    error: meaning.temporary('systemerror'),
  }),
);

/**
 * Brevo signs nothing. It sends a bearer token that is given with the webhook, or whatever stands in its address as HTTP
 * basic authentication; `token` is compared with both. https://developers.brevo.com/docs/secured-webhooks
 */
export const readBrevo: ReadWebhook<'brevo'> = (request, { token }, { now }) => {
  const given = request.header('authorization');
  const basic = `Basic ${Buffer.from(token).toString('base64')}`;
  if (!sameText(given, `Bearer ${token}`) && !sameText(given, basic))
    throw new WebhookRefusal(401, BAD_SIGNATURE);
  const body = parseJson(request.body);
  // Batched webhooks send several: https://developers.brevo.com/docs/batched-webhooks
  const events = Array.isArray(body) ? body : [body];
  return { events: events.flatMap((event) => read(object(event), now())) };
};

function read(event: Json, now: number): ProviderEvent[] {
  const name = text(event.event);
  const found = EVENTS.get(name);
  if (!found) return [];
  const recipient = textOrNull(event.email);
  const when = event.ts_event ?? event.ts;
  return [
    {
      ...understand(found, { text: text(event.reason) }),
      id: [text(event['message-id']), name, text(when), recipient].join('.'),
      recipient,
      marks: [textOrNull(event['X-Mailin-custom']), textOrNull(event['message-id'])],
      reporter: recipient?.split('@').at(-1)?.toLowerCase() ?? null,
      feedbackType: found.kind === 'complaint' ? 'abuse' : null,
      at: time(when, now),
      evidence: pick(event, 'event', 'reason', 'ts_event'),
    },
  ];
}
