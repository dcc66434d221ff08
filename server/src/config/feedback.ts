import { createPublicKey } from 'node:crypto';
import { z } from 'zod';

/** Long enough that nobody guesses it. */
const secret = z.string().min(16);

/**
 * Webhooks of providers: `POST <publicUrl>/api/newsletter/feedback/<provider>`. One that is not configured answers 404.
 * How each is set up: docs/webhooks.md.
 */
export const feedbackSchema = z
  .strictObject({
    /** Amazon SES through SNS: the ARNs of the topics whose messages count. Their subscriptions are confirmed by us. */
    ses: z
      .strictObject({
        topics: z.array(z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:\S+$/)).min(1),
      })
      .optional(),
    /** SendGrid's signed event webhook: the public key (base64) of its settings. */
    sendgrid: z
      .strictObject({
        publicKey: z.string().refine(isPublicKey, 'expected the verification key of SendGrid, base64'),
      })
      .optional(),
    /** Mailgun: the HTTP webhook signing key of the account. */
    mailgun: z.strictObject({ signingKey: secret }).optional(),
    /** Postmark signs nothing: user and password that stand in the address given to it. */
    postmark: z.strictObject({ user: z.string().regex(/^[^:]+$/), pass: secret }).optional(),
    /** Brevo signs nothing: the bearer token given with the webhook, or `user:password` of its address. */
    brevo: z.strictObject({ token: secret }).optional(),
    /** Resend (Svix): the signing secret of the webhook, `whsec_…`. */
    resend: z.strictObject({ secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{24,}={0,2}$/) }).optional(),
    /** Anything else: the key of an HMAC-SHA256. */
    generic: z.strictObject({ secret: z.string().min(32) }).optional(),
  })
  .prefault({});

function isPublicKey(text: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
}
