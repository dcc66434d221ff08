import type { Context as KoaContext } from 'koa';
import { AudienceError, publicAttributes, subscribe } from '../../audience';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import { attributesOf, misfits } from './attribute-fields';
import { isCaptchaOn, solves } from './captcha';
import { parseOffer, sendForm } from './form';
import type { FormOffer } from './form-page';
import { notice } from './layout';
import { nudgeMails } from './nudge';
import { formOf, languageFor, sendPage } from './respond';
import { subscribeSchema } from './subscribe-schema';
import { isTrapped } from './trap';
import { WORDS } from './words';

/**
 * POST /subscribe by a browser: what is wrong is said in the form, with what was entered; else a page says thank you, in
 * the frame or on its own, or the browser is sent to the page that the settings name. No address comes from the request.
 */
export async function postForm(ctx: Context, koa: KoaContext): Promise<void> {
  const form = formOf(koa);
  const attributes = attributesOf(form);
  const lists = [form.lists ?? []].flat().map(String).filter(Boolean);
  const offer = offerOf(form, lists, Object.keys(attributes));
  if (isTrapped(ctx, form, koa.ip)) return sendThanks(ctx, koa, offer);

  const parsed = subscribeSchema.safeParse({ ...form, attributes });
  const issues = parsed.error?.issues ?? [];
  const isWrong = (key: string) => issues.some(({ path }) => path[0] === key);
  const wrong = {
    email: isWrong('email'),
    lists: offer.lists.length > 1 && lists.length === 0,
    captcha: false,
    attributes: misfits(publicAttributes(await loadSettings(ctx.knex)), attributes),
  };
  const others = issues.find(({ path }) => path[0] !== 'email');
  const again = (sentence: string | null, captcha = false) =>
    sendForm(ctx, koa, offer, {
      values: form,
      attributes,
      lists,
      wrong: { ...wrong, captcha },
      sentence,
    });
  if (!parsed.success || wrong.lists || wrong.attributes.size > 0)
    return again(others ? `${others.path.map(String).join('.')}: ${others.message}` : null);
  // Last, since a solution counts once: who has to mend a field need not solve another one for it.
  if ((await isCaptchaOn(ctx)) && !(await solves(ctx, form.altcha))) return again(null, true);
  const { locale, altcha: _altcha, ...input } = parsed.data;
  try {
    await subscribe(ctx, { ...input, language: locale, ip: koa.ip, source: 'form' });
  } catch (error) {
    if (error instanceof AudienceError) return again(error.message);
    throw error;
  }
  nudgeMails(ctx);
  await sendThanks(ctx, koa, offer);
}

/** What our own form was asked to offer; of a form that others wrote, what it sent. */
function offerOf(form: Record<string, unknown>, lists: string[], attributes: string[]): FormOffer {
  if (typeof form.offer === 'string')
    return parseOffer(Object.fromEntries(new URLSearchParams(form.offer.slice(0, 5000))));
  const names = 'firstName' in form || 'lastName' in form;
  return parseOffer({ lists, attributes, names: names ? '1' : '', locale: form.locale });
}

async function sendThanks(ctx: Context, koa: KoaContext, offer: FormOffer): Promise<void> {
  const { thanksUrl } = (await loadSettings(ctx.knex)).consent;
  if (thanksUrl !== '' && !offer.frame) {
    koa.status = 303;
    koa.redirect(thanksUrl);
    return;
  }
  const language = offer.locale ?? languageFor(koa, null);
  const words = WORDS[language].form;
  await sendPage(ctx, koa, {
    status: 202,
    language,
    title: words.thanks,
    content: notice(words.thanksText),
    frame: offer.frame,
  });
}
