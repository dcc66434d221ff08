import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import { subscribe } from '../../audience';
import { Refusal } from '../../refusal';
import { guarded } from '../admin/errors';
import { parse } from '../admin/validate';
import type { HttpModule } from '../module';
import { attributesOf } from './attribute-fields';
import { isCaptchaOn, solves } from './captcha';
import { exceeded } from './limits';
import { nudgeMails } from './nudge';
import { formOf, sendTooMany, setPrivateHeaders } from './respond';
import { postForm } from './subscribe-form';
import { subscribeSchema } from './subscribe-schema';
import { isTrapped } from './trap';

/** The one answer, whoever asks for whatever address. */
export const ACCEPTED = {
  data: { accepted: true },
  message: 'Thank you. If the subscription needs to be confirmed, a mail with a link is on its way.',
};

/** Pages for browsers that post a form, JSON for everybody else. */
async function post(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  setPrivateHeaders(koa);
  const isPage = koa.accepts('json', 'html') === 'html';
  const seconds = await exceeded(ctx, koa, 'subscribe', 'subscribe');
  if (seconds !== null) {
    if (isPage) return sendTooMany(ctx, koa, seconds);
    const message = `Too many requests from your network. Please try again in ${seconds} seconds.`;
    koa.status = 429;
    koa.body = { data: null, error: { status: 429, name: 'RateLimitError', message, details: {} } };
    return;
  }
  if (isPage) return postForm(ctx, koa);

  const body = formOf(koa);
  const { locale, altcha, ...input } = parse(subscribeSchema, { ...body, attributes: attributesOf(body) });
  if (!isTrapped(ctx, body, koa.ip)) {
    if ((await isCaptchaOn(ctx)) && !(await solves(ctx, altcha))) {
      throw new Refusal(
        'ValidationError',
        '"altcha" must be the solution of a fresh challenge of GET /api/newsletter/captcha; each counts once.',
      );
    }
    await subscribe(ctx, { ...input, language: locale, ip: koa.ip, source: 'form' });
    nudgeMails(ctx);
  }
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
