import type { Context as KoaContext } from 'koa';
import { z } from 'zod';
import { emailKey } from '../../../../shared/address';
import { emailSchema, headerTextSchema, languageTagSchema } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { subscribe, subscribeWithConsent, unsubscribe } from '../../audience';
import { guarded } from '../admin/errors';
import { readBody } from '../admin/validate';
import type { HttpModule } from '../module';
import { nudgeMails } from './nudge';
import { ACCEPTED } from './subscribe';

/** POST /subscribers: another server subscribes a person. */
export const serverSubscribeSchema = z.strictObject({
  email: emailSchema,
  /** Slugs; with `consent` also of private lists. The default list when missing. */
  lists: z.array(z.string().min(1).max(100)).max(50).optional(),
  firstName: headerTextSchema.trim().max(200).nullish(),
  lastName: headerTextSchema.trim().max(200).nullish(),
  locale: languageTagSchema.nullish(),
  /** Declared attributes, public or not. */
  attributes: z.record(z.string(), z.unknown()).optional(),
  /** Where the person said so, for the proof of consent: `checkout`, say. */
  source: z.string().trim().min(1).max(64).default('api'),
  /** The person's IP address, for the proof of consent. */
  ip: z.union([z.ipv4(), z.ipv6()]).optional(),
  /** true: the caller states that the person agreed, and they are subscribed at once. Else a mail asks them. */
  consent: z.literal(true).optional(),
  /** When they agreed, ISO 8601; now by default. Only with `consent`. */
  consentedAt: z.iso.datetime({ offset: true }).optional(),
});

/** POST /unsubscribe */
export const serverUnsubscribeSchema = z.strictObject({ email: emailSchema });

export const serverApiModule: HttpModule = {
  name: 'subscriptions',
  controller: guarded({
    async subscribe(koa: KoaContext) {
      const ctx = getContext();
      const { locale, consent, consentedAt, ...input } = readBody(koa, serverSubscribeSchema);
      if (consent) {
        const at = consentedAt === undefined ? undefined : Date.parse(consentedAt);
        await subscribeWithConsent(ctx, { ...input, language: locale, consentedAt: at });
        koa.body = { data: { subscribed: true } };
        return;
      }
      await subscribe(ctx, { ...input, language: locale, trusted: true });
      nudgeMails(ctx);
      koa.status = 202;
      koa.body = ACCEPTED;
    },

    async unsubscribe(koa: KoaContext) {
      const ctx = getContext();
      const { email } = readBody(koa, serverUnsubscribeSchema);
      await unsubscribe(ctx, { addressHash: ctx.tokens.addressHash(emailKey(email)!) }, { via: 'api' });
      koa.body = { data: { unsubscribed: true } };
    },
  }),
  // Guarded by Strapi: an API token (or a role of Users & Permissions) needs the permission of the same name.
  contentApi: [
    { method: 'POST', path: '/subscribers', handler: 'subscriptions.subscribe' },
    { method: 'POST', path: '/unsubscribe', handler: 'subscriptions.unsubscribe' },
  ],
};
