import type { Context as KoaContext } from 'koa';
import type { PageLanguage } from '../../../../shared/contracts';
import { getContext } from '../../app';
import { confirm, findConfirmation } from '../../audience';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import { readWordings } from '../../storage';
import type { PersonClaim } from '../../tokens';
import type { HttpModule } from '../module';
import { html, type Html } from './html';
import { notice } from './layout';
import { languageFor, maskAddress, refusedAsTooMany, sendInvalid, sendPage, tokenOf } from './respond';
import { WORDS } from './words';

/** Only shows what would be confirmed: mail scanners follow links. */
async function show(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'confirm')) return;
  const claim = ctx.tokens.readPerson('confirm', tokenOf(koa));
  if (!claim) return sendInvalid(ctx, koa);
  const found = await findConfirmation(ctx, claim);
  const language = languageFor(koa, found?.person.language);
  const words = WORDS[language].confirm;
  if (!found || found.pending.length === 0) {
    return sendNothing(ctx, koa, language, claim, found?.person.status === 'subscribed');
  }
  const wordings = await readWordings(ctx.knex, found.wordingVersion ? [found.wordingVersion] : []);
  await sendPage(ctx, koa, {
    language,
    title: words.title,
    content: html`<p>${words.text(maskAddress(found.person.email))}</p>
      ${names(found.pending)} ${[...wordings.values()].map((text) => html`<p class="quote">${text}</p>`)}
      <form method="post"><button type="submit">${words.button}</button></form>
      <p class="small">${words.ignore}</p>`,
  });
}

async function act(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'confirm')) return;
  const claim = ctx.tokens.readPerson('confirm', tokenOf(koa));
  if (!claim) return sendInvalid(ctx, koa);
  const { outcome, person, lists } = await confirm(ctx, claim, { ip: koa.ip });
  const language = languageFor(koa, person?.language);
  const words = WORDS[language];
  if (outcome === 'refused') {
    return sendPage(ctx, koa, {
      language,
      title: words.refused.title,
      content: html`<p>${words.refused.text}</p>`,
    });
  }
  if (outcome !== 'confirmed') return sendNothing(ctx, koa, language, claim, outcome === 'already');
  await sendPage(ctx, koa, {
    language,
    title: words.confirm.done,
    content: html`${notice(words.confirm.doneText)} ${names(lists)} ${await onwards(ctx, language, claim)}`,
  });
}

async function sendNothing(
  ctx: Context,
  koa: KoaContext,
  language: PageLanguage,
  claim: PersonClaim,
  already: boolean,
): Promise<void> {
  const words = WORDS[language].confirm;
  await sendPage(ctx, koa, {
    language,
    title: already ? words.already : words.nothing,
    content: html`<p>${already ? words.alreadyText : words.nothingText}</p>
      ${await onwards(ctx, language, already ? claim : null)}`,
  });
}

const names = (lists: readonly { name: string }[]): Html =>
  html`<ul>
    ${lists.map(({ name }) => html`<li>${name}</li>`)}
  </ul>`;

/** Where to go from here: the preference page and the website of the sender. */
async function onwards(ctx: Context, language: PageLanguage, claim: PersonClaim | null): Promise<Html> {
  const { returnUrl } = (await loadSettings(ctx.knex)).consent;
  const isWeb = URL.canParse(returnUrl) && /^https?:$/.test(new URL(returnUrl).protocol);
  const words = WORDS[language];
  return html`${claim &&
  html`<p>
    <a href="../preferences/${ctx.tokens.person('preferences', claim)}">${words.preferences.link}</a>
  </p>`}
  ${isWeb && html`<p><a href="${returnUrl}">${words.returnLink}</a></p>`}`;
}

export const confirmModule: HttpModule = {
  name: 'public-confirm',
  controller: { show, act },
  contentApi: [
    { method: 'GET', path: '/confirm/:token', handler: 'public-confirm.show', config: { auth: false } },
    { method: 'POST', path: '/confirm/:token', handler: 'public-confirm.act', config: { auth: false } },
  ],
};
