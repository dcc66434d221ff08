import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import { AudienceError, pageLanguage, publicAttributes, wantedLists } from '../../audience';
import type { Context } from '../../context';
import { currentWording, loadSettings } from '../../settings';
import type { HttpModule } from '../module';
import { formPage, type FormOffer, type FormState } from './form-page';
import { html } from './html';
import { languageFor, refusedAsTooMany, sendPage } from './respond';
import { WORDS } from './words';

/** The page that other sites show in a frame. */
async function show(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'form')) return;
  const offer = { ...parseOffer(koa.query), frame: true };
  await sendForm(ctx, koa, offer, {
    values: {},
    attributes: {},
    lists: offer.lists,
    wrong: { email: false, lists: false, captcha: false, attributes: new Set() },
    sentence: null,
  });
}

/** The form for an offer, with what was entered. A list that is not there (any more) makes a page that says so. */
export async function sendForm(
  ctx: Context,
  koa: KoaContext,
  offer: FormOffer,
  state: FormState,
): Promise<void> {
  const settings = await loadSettings(ctx.knex);
  const language = offer.locale ?? languageFor(koa, null);
  try {
    const lists = offer.lists.length > 0 ? await wantedLists(ctx.knex, offer.lists) : [];
    const page = formPage(offer, state, {
      language,
      lists,
      attributes: publicAttributes(settings).filter(({ name }) => offer.attributes.includes(name)),
      wording: (await currentWording(ctx.knex, language)).text,
      captcha: settings.consent.captcha === 'altcha',
    });
    await sendPage(ctx, koa, { ...page, formTarget: settings.consent.thanksUrl });
  } catch (error) {
    if (!(error instanceof AudienceError)) throw error;
    const content = html`<p lang="en">${error.message}</p>`;
    const title = WORDS[language].form.gone;
    await sendPage(ctx, koa, { status: error.status, language, title, content, frame: offer.frame });
  }
}

/** The offer in a query string; what is not understood is as if it were not there. */
export function parseOffer(query: Record<string, unknown>): FormOffer {
  const names = (value: unknown) =>
    [value ?? []]
      .flat()
      .flatMap((one) => String(one).split(','))
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .slice(0, 50);
  return {
    lists: names(query.lists),
    attributes: names(query.attributes),
    names: query.names === '1',
    locale: pageLanguage(typeof query.locale === 'string' ? query.locale : null),
    frame: query.frame === '1',
  };
}

export const formModule: HttpModule = {
  name: 'public-form',
  controller: { show },
  contentApi: [{ method: 'GET', path: '/form', handler: 'public-form.show', config: { auth: false } }],
};
