import { list, object, parseJson, pick, text, textOrNull, time, type Json } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { SES_BOUNCES } from './ses';
import { BAD_SIGNATURE, FIVE_MINUTES, hmac, refuseOld, same } from './signature';
import { WebhookRefusal, type ProviderEvent, type ReadWebhook, type WebhookRequest } from './types';

/** https://resend.com/docs/webhooks/event-types */
const EVENTS = new Map<string, Meaning>(
  Object.entries({
    'email.delivered': meaning.is('delivered'),
    'email.delivery_delayed': meaning.is('delayed'),
    'email.complained': meaning.is('complaint'),
    // On Resend's list after a bounce or a complaint; it does not say which: https://resend.com/docs/dashboard/emails/email-suppressions
    'email.suppressed': meaning.exactly('suppressed'),
  }),
);

export const readResend: ReadWebhook<'resend'> = (request, { secret }, { now }) => {
  verifySvix(request, secret, now());
  const body = object(parseJson(request.body));
  const data = object(body.data);
  const found = meaningOf(text(body.type), data);
  if (!found) return { events: [] };
  return {
    events: list(data.to).map((to, nth) => read(request, body, data, found, { to, nth, now: now() })),
  };
};

/**
 * HMAC over id, timestamp and body; while a secret is being changed there are several signatures.
 * https://docs.svix.com/receiving/verifying-payloads/how-manual
 * @param secret `whsec_` and base64
 * @throws WebhookRefusal 401
 */
export function verifySvix(request: WebhookRequest, secret: string, now: number): void {
  const id = request.header('svix-id') || request.header('webhook-id');
  const timestamp = request.header('svix-timestamp') || request.header('webhook-timestamp');
  const signatures = request.header('svix-signature') || request.header('webhook-signature');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = hmac(key, `${id}.${timestamp}.`, request.body);
  const genuine = signatures
    .split(' ')
    .slice(0, 10)
    .some((one) => one.startsWith('v1,') && same(Buffer.from(one.slice(3), 'base64'), expected));
  if (!genuine || id === '') throw new WebhookRefusal(401, BAD_SIGNATURE);
  refuseOld(timestamp, now, FIVE_MINUTES);
}

function meaningOf(type: string, data: Json): Meaning | null {
  if (type !== 'email.bounced') return EVENTS.get(type) ?? null;
  const bounce = object(data.bounce);
  const permanent = text(bounce.type) === 'Permanent';
  return (
    // The words are those of Amazon SES: https://resend.com/docs/dashboard/emails/email-bounces
    SES_BOUNCES.get(`${text(bounce.type)}/${text(bounce.subType)}`) ??
    (permanent ? meaning.permanent('undefined') : meaning.temporary('undefined'))
  );
}

function read(
  request: WebhookRequest,
  body: Json,
  data: Json,
  found: Meaning,
  { to, nth, now }: { to: unknown; nth: number; now: number },
): ProviderEvent {
  const bounce = object(data.bounce);
  const recipient = textOrNull(to);
  const headers = list(data.headers).map(object);
  const ours = headers.filter(({ name }) => text(name).toLowerCase() === 'message-id');
  const id = request.header('svix-id') || request.header('webhook-id');
  return {
    ...understand(found, { text: text(list(bounce.diagnosticCode)[0]) || text(bounce.message) }),
    id: `${id}.${nth}`,
    recipient,
    marks: [...ours.map(({ value }) => textOrNull(value)), textOrNull(data.message_id)],
    reporter: recipient?.split('@').at(-1)?.toLowerCase() ?? null,
    feedbackType: found.kind === 'complaint' ? 'abuse' : null,
    at: time(body.created_at, now),
    evidence: { ...pick(body, 'type', 'created_at'), bounce },
  };
}
