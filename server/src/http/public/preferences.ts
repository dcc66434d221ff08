import type { Context as KoaContext } from 'koa';
import { PAGE_LANGUAGES } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { changePreferences, eraseMe, exportMe, findPreferences, unsubscribe } from '../../audience';
import type { Context } from '../../context';
import type { PersonClaim } from '../../tokens';
import type { HttpModule } from '../module';
import { attributesOf, misfits } from './attribute-fields';
import { campaignOf } from './claim';
import { html } from './html';
import { notice } from './layout';
import { leavingOf } from './leaving-fields';
import { erasePage, preferencesPage } from './preferences-page';
import {
  formOf,
  languageFor,
  refusedAsTooMany,
  sendInvalid,
  sendPage,
  setPrivateHeaders,
  tokenOf,
} from './respond';
import { WORDS } from './words';

async function show(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'preferences')) return;
  const claim = ctx.tokens.readPerson('preferences', tokenOf(koa));
  if (!claim) return sendInvalid(ctx, koa);
  await sendPreferences(ctx, koa, claim, null);
}

async function act(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'preferences')) return;
  const claim = ctx.tokens.readPerson('preferences', tokenOf(koa));
  if (!claim) return sendInvalid(ctx, koa);
  const form = formOf(koa);
  switch (form.action) {
    case 'save':
      return save(ctx, koa, claim, form);
    case 'leave':
      await unsubscribe(ctx, claim, {
        via: 'preferences',
        leaving: leavingOf(form),
        ...(await from(ctx, koa, claim)),
      });
      return sendPreferences(ctx, koa, claim, 'left');
    case 'export':
      return download(ctx, koa, claim);
    case 'erase':
      return sendErase(ctx, koa, claim);
    case 'erase-confirmed':
      return erase(ctx, koa, claim);
    default:
      return sendPreferences(ctx, koa, claim, null);
  }
}

async function save(
  ctx: Context,
  koa: KoaContext,
  claim: PersonClaim,
  form: Record<string, unknown>,
): Promise<void> {
  const lists = [form.lists ?? []].flat().map(String);
  const language = PAGE_LANGUAGES.find((known) => known === form.language) ?? null;
  const attributes = attributesOf(form);
  const preferences = await findPreferences(ctx, claim);
  if (!preferences) return sendUnknown(ctx, koa);
  const wrong = misfits(preferences.attributes, attributes);
  if (wrong.size > 0) {
    const page = languageFor(koa, language ?? preferences.person.language);
    return sendPage(ctx, koa, preferencesPage(preferences, page, null, { attributes, wrong, lists }));
  }
  const choice = { lists, language, attributes };
  const outcome = await changePreferences(ctx, claim, choice, await from(ctx, koa, claim));
  await sendPreferences(ctx, koa, claim, outcome === 'refused' || outcome === 'unknown' ? null : outcome);
}

async function sendPreferences(
  ctx: Context,
  koa: KoaContext,
  claim: PersonClaim,
  message: 'saved' | 'asked' | 'left' | null,
): Promise<void> {
  const preferences = await findPreferences(ctx, claim);
  if (!preferences) return sendUnknown(ctx, koa);
  const language = languageFor(koa, preferences.person.language);
  await sendPage(ctx, koa, preferencesPage(preferences, language, message));
}

async function download(ctx: Context, koa: KoaContext, claim: PersonClaim): Promise<void> {
  const data = await exportMe(ctx, claim);
  if (!data) return sendUnknown(ctx, koa);
  setPrivateHeaders(koa);
  koa.set('Content-Disposition', 'attachment; filename="newsletter-data.json"');
  koa.type = 'application/json; charset=utf-8';
  koa.body = JSON.stringify(data, null, 2);
}

async function sendErase(ctx: Context, koa: KoaContext, claim: PersonClaim): Promise<void> {
  const preferences = await findPreferences(ctx, claim);
  if (!preferences) return sendUnknown(ctx, koa);
  await sendPage(ctx, koa, erasePage(languageFor(koa, preferences.person.language)));
}

async function erase(ctx: Context, koa: KoaContext, claim: PersonClaim): Promise<void> {
  const language = languageFor(koa, (await findPreferences(ctx, claim))?.person.language);
  const words = WORDS[language].preferences;
  const outcome = await eraseMe(ctx, claim, await from(ctx, koa, claim));
  if (outcome === 'unknown') return sendUnknown(ctx, koa);
  await sendPage(ctx, koa, { language, title: words.erased, content: notice(words.erasedText) });
}

async function sendUnknown(ctx: Context, koa: KoaContext): Promise<void> {
  const language = languageFor(koa, null);
  const { title, text } = WORDS[language].unknown;
  await sendPage(ctx, koa, { language, title, content: html`<p>${text}</p>` });
}

const from = async (ctx: Context, koa: KoaContext, claim: PersonClaim) => ({
  ip: koa.ip,
  campaignId: await campaignOf(ctx, claim),
  deliveryId: claim.deliveryId,
});

export const preferencesModule: HttpModule = {
  name: 'public-preferences',
  controller: { show, act },
  contentApi: [
    {
      method: 'GET',
      path: '/preferences/:token',
      handler: 'public-preferences.show',
      config: { auth: false },
    },
    {
      method: 'POST',
      path: '/preferences/:token',
      handler: 'public-preferences.act',
      config: { auth: false },
    },
  ],
};
