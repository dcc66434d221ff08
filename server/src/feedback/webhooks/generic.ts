import { z } from 'zod';
import { parseJson, time } from './json';
import { meaning, understand, type Meaning } from './meaning';
import { BAD_SIGNATURE, FIVE_MINUTES, hmac, refuseOld, same } from './signature';
import { WebhookRefusal, type ReadWebhook } from './types';

/** One thing that a sender of your own has to tell. */
export const genericEventSchema = z.object({
  /** Unique; the same id again counts once. */
  id: z.string().min(1).max(200),
  type: z.enum(['bounce', 'complaint', 'delivered', 'delayed', 'unsubscribe']),
  /** At least one of the two: Message-ID of our mail, or the address that it went to. */
  messageId: z.string().max(998).optional(),
  recipient: z.string().max(320).optional(),
  /** For bounces. false: it may work another time, and nobody is dead by it. */
  permanent: z.boolean().default(true),
  /** SMTP reply code and RFC 3463 status. */
  code: z.number().int().min(400).max(599).optional(),
  status: z
    .string()
    .regex(/^[245]\.\d{1,3}\.\d{1,3}$/)
    .optional(),
  /** What the receiving server said: decides what kind of bounce it is; without it, `status` does. */
  text: z.string().max(4000).default(''),
  /** The server that said so. */
  reporter: z.string().max(255).optional(),
  /** ISO 8601, or seconds since 1970. Default: now. */
  at: z.union([z.string().max(40), z.number()]).optional(),
});

/** At most 1,000 at once. */
export const genericBodySchema = z.object({ events: z.array(genericEventSchema).min(1).max(1000) });

/**
 * For senders that we do not know. `X-Newsletter-Timestamp`: seconds since 1970. `X-Newsletter-Signature`: `sha256=` and
 * the HMAC-SHA256 of `<timestamp>.<body>` in hex. Five minutes of difference are tolerated.
 */
export const readGeneric: ReadWebhook<'generic'> = (request, { secret }, { now }) => {
  const timestamp = request.header('x-newsletter-timestamp');
  const given = request.header('x-newsletter-signature').replace(/^sha256=/, '');
  if (!same(Buffer.from(given, 'hex'), hmac(secret, `${timestamp}.`, request.body)))
    throw new WebhookRefusal(401, BAD_SIGNATURE);
  refuseOld(timestamp, now(), FIVE_MINUTES);
  const body = genericBodySchema.safeParse(parseJson(request.body));
  if (!body.success) {
    const [issue] = body.error.issues;
    throw new WebhookRefusal(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
  }
  return {
    events: body.data.events.map((event) => ({
      ...understand(meaningOf(event), {
        text: event.text,
        status: event.status ?? '',
        code: event.code ?? null,
      }),
      id: event.id,
      recipient: event.recipient ?? null,
      marks: [event.messageId ?? null],
      reporter: event.reporter ?? event.recipient?.split('@').at(-1)?.toLowerCase() ?? null,
      feedbackType: event.type === 'complaint' ? 'abuse' : null,
      at: time(event.at, now()),
      evidence: { type: event.type, status: event.status, code: event.code, text: event.text },
    })),
  };
};

function meaningOf({ type, permanent }: z.output<typeof genericEventSchema>): Meaning {
  if (type !== 'bounce') return meaning.is(type);
  return permanent ? meaning.permanent('undefined') : meaning.temporary('undefined');
}
