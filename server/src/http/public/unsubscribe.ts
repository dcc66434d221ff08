import type { Context as KoaContext } from 'koa';
import type { PageLanguage } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { findPreferences, unsubscribe } from '../../audience';
import type { Context } from '../../context';
import type { PersonClaim } from '../../tokens';
import type { HttpModule } from '../module';
import { campaignOf } from './claim';
import { html } from './html';
import { notice } from './layout';
import {
  formOf,
  languageFor,
  maskAddress,
  refusedAsTooMany,
  sendInvalid,
  sendPage,
  tokenOf,
} from './respond';
import { WORDS } from './words';

/** A page with a button. Never acts: scanners and prefetching mail apps follow this link (RFC 8058 §3.2). */
async function show(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'unsubscribe')) return;
  const claim = ctx.tokens.readPerson('unsubscribe', tokenOf(koa));
  if (!claim) return sendInvalid(ctx, koa);
  const person = (await findPreferences(ctx, claim))?.person;
  const language = languageFor(koa, person?.language);
  if (person?.status === 'unsubscribed') return sendDone(ctx, koa, language, claim, true);
  const words = WORDS[language].unsubscribe;
  await sendPage(ctx, koa, {
    language,
    title: words.title,
    content: html`<p>${person ? words.text(maskAddress(person.email)) : words.textUnknown}</p>
      <form method="post">
        <input type="hidden" name="from" value="page" />
        <button type="submit">${words.button}</button>
      </form>
      ${person &&
      html`<p class="small">
        ${words.lessText}
        <a href="../preferences/${ctx.tokens.person('preferences', claim)}">${words.lessLink}</a>
      </p>`}`,
  });
}

/**
 * Acts at once, without cookie, login or redirect. Mail providers post `List-Unsubscribe=One-Click`, url-encoded or as
 * multipart; our page posts `from=page`. Anything else, an unreadable body included, counts as one-click: whoever
 * posts to this address wants out. A valid token is never rate-limited, since a provider posts for many people.
 */
async function act(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const claim = ctx.tokens.readPerson('unsubscribe', tokenOf(koa));
  if (!claim) {
    if (!(await refusedAsTooMany(ctx, koa, 'unsubscribe'))) await sendInvalid(ctx, koa);
    return;
  }
  await unsubscribe(ctx, claim, {
    via: formOf(koa).from === 'page' ? 'page' : 'one-click',
    campaignId: await campaignOf(ctx, claim),
    deliveryId: claim.deliveryId,
    ip: koa.ip,
  });
  const person = (await findPreferences(ctx, claim))?.person;
  await sendDone(ctx, koa, languageFor(koa, person?.language), claim, person !== undefined);
}

async function sendDone(
  ctx: Context,
  koa: KoaContext,
  language: PageLanguage,
  claim: PersonClaim,
  known: boolean,
): Promise<void> {
  const words = WORDS[language].unsubscribe;
  await sendPage(ctx, koa, {
    language,
    title: words.done,
    content: html`${notice(words.doneText)}
    ${known &&
    html`<p class="small">
      ${words.backText}
      <a href="../preferences/${ctx.tokens.person('preferences', claim)}">${words.backLink}</a>
    </p>`}`,
  });
}

export const unsubscribeModule: HttpModule = {
  name: 'public-unsubscribe',
  controller: { show, act },
  contentApi: [
    {
      method: 'GET',
      path: '/unsubscribe/:token',
      handler: 'public-unsubscribe.show',
      config: { auth: false },
    },
    {
      method: 'POST',
      path: '/unsubscribe/:token',
      handler: 'public-unsubscribe.act',
      config: { auth: false },
    },
  ],
};
