import type { Context as KoaContext } from 'koa';
import { z } from 'zod';
import { emailSchema, headerTextSchema, languageTagSchema } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { subscribe } from '../../audience';
import { guarded } from '../admin/errors';
import { readBody } from '../admin/validate';
import type { HttpModule } from '../module';
import { exceeded } from './limits';
import { nudgeMails } from './nudge';
import { setPrivateHeaders } from './respond';

/** Fields of a form that were left empty are not there. */
const optional = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === '' || value === null ? undefined : value), schema.optional());

const nameSchema = headerTextSchema.trim().max(200);

/** POST /subscribe, as JSON or as a form. Unknown keys are ignored: forms carry names of buttons and the like. */
export const subscribeSchema = z.object({
  email: emailSchema,
  /** Slugs of public lists; a single one may come without an array. The default list when missing. */
  lists: z.preprocess(
    (value) => (value === '' || value === null ? undefined : typeof value === 'string' ? [value] : value),
    z.array(z.string().min(1).max(100)).max(50).optional(),
  ),
  firstName: optional(nameSchema),
  lastName: optional(nameSchema),
  locale: optional(languageTagSchema),
  /** Attributes that are declared public. */
  attributes: optional(z.record(z.string(), z.unknown())),
});

/** The one answer, whoever asks for whatever address. */
export const ACCEPTED = {
  data: { accepted: true },
  message: 'Thank you. If the subscription needs to be confirmed, a mail with a link is on its way.',
};

async function post(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  setPrivateHeaders(koa);
  const seconds = await exceeded(ctx, koa, 'subscribe', 'subscribe');
  if (seconds !== null) {
    const message = `Too many requests from your network. Please try again in ${seconds} seconds.`;
    koa.status = 429;
    koa.body = { data: null, error: { status: 429, name: 'RateLimitError', message, details: {} } };
    return;
  }
  const { locale, ...input } = readBody(koa, subscribeSchema);
  await subscribe(ctx, { ...input, language: locale, ip: koa.ip, source: 'form' });
  nudgeMails(ctx);
  koa.status = 202;
  koa.body = ACCEPTED;
}

export const subscribeModule: HttpModule = {
  name: 'public-subscribe',
  controller: guarded({ post }),
  contentApi: [
    { method: 'POST', path: '/subscribe', handler: 'public-subscribe.post', config: { auth: false } },
  ],
};
