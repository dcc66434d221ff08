import type { Context as KoaContext } from 'koa';
import type { PageLanguage } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { findPreferences, listsToLeave, unsubscribe } from '../../audience';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import type { PersonClaim } from '../../tokens';
import type { HttpModule } from '../module';
import { campaignOf } from './claim';
import { html } from './html';
import { notice } from './layout';
import { leavingFields, leavingOf } from './leaving-fields';
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
  if (person?.status === 'unsubscribed') return sendDone(ctx, koa, language, claim, { known: true });
  const words = WORDS[language].unsubscribe;
  const lists = await listsToLeave(ctx.knex, claim.addressHash, await campaignOf(ctx, claim));
  const ask = lists.length > 0 ? ('textSome' as const) : ('text' as const);
  await sendPage(ctx, koa, {
    language,
    title: words.title,
    content: html`<p>${person ? words[ask](maskAddress(person.email)) : words.textUnknown}</p>
      <form method="post">
        <input type="hidden" name="from" value="page" />
        ${leavingFields(language)}
        <div class="actions">
          ${lists.length > 0 &&
          html`<button type="submit" name="scope" value="lists">
            ${words.someButton(namesOf(lists, language))}
          </button>`}
          <button type="submit" name="scope" value="everything" class="${lists.length > 0 ? 'plain' : 'all'}">
            ${words.button}
          </button>
        </div>
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
 * multipart; our page posts `from=page` with what is to end and why. What one click ends, the settings say. Anything else, an unreadable body included, counts as one-click: whoever
 * posts to this address wants out. A valid token is never rate-limited, since a provider posts for many people.
 */
async function act(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const claim = ctx.tokens.readPerson('unsubscribe', tokenOf(koa));
  if (!claim) {
    if (!(await refusedAsTooMany(ctx, koa, 'unsubscribe'))) await sendInvalid(ctx, koa);
    return;
  }
  const form = formOf(koa);
  const chosen =
    form.from === 'page'
      ? {
          via: 'page' as const,
          scope: form.scope === 'lists' ? ('lists' as const) : ('everything' as const),
          leaving: leavingOf(form),
        }
      : { via: 'one-click' as const, scope: (await loadSettings(ctx.knex)).consent.buttonEnds };
  const left = await unsubscribe(ctx, claim, {
    ...chosen,
    campaignId: await campaignOf(ctx, claim),
    deliveryId: claim.deliveryId,
    ip: koa.ip,
  });
  const person = (await findPreferences(ctx, claim))?.person;
  const language = languageFor(koa, person?.language);
  const names = left && left.length > 0 ? namesOf(left, language) : null;
  await sendDone(ctx, koa, language, claim, { known: person !== undefined, names });
}

async function sendDone(
  ctx: Context,
  koa: KoaContext,
  language: PageLanguage,
  claim: PersonClaim,
  { known, names = null }: { known: boolean; names?: string | null },
): Promise<void> {
  const words = WORDS[language].unsubscribe;
  await sendPage(ctx, koa, {
    language,
    title: words.done,
    content: html`${notice(names === null ? words.doneText : words.doneSome(names))}
    ${known &&
    html`<p class="small">
      ${words.backText}
      <a href="../preferences/${ctx.tokens.person('preferences', claim)}">${words.backLink}</a>
    </p>`}`,
  });
}

const namesOf = (lists: readonly { name: string }[], language: PageLanguage): string =>
  new Intl.ListFormat(language).format(lists.map(({ name }) => (language === 'ja' ? `「${name}」` : name)));

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
