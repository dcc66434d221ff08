import type { Knex } from 'knex';
import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import { loadRun } from '../../campaign';
import { compileCampaign, type CompiledCampaign } from '../../compose';
import type { Context } from '../../context';
import { findDeliveredMail, findPerson, readLinks } from '../../storage';
import type { HttpModule } from '../module';
import { sendMailPage } from './mail-page';
import { refusedAsTooMany, sendInvalid, tokenOf } from './respond';

/** The web version of a mail: what its recipient got, with links that count as in the mail, and no pixel. */
async function show(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const deliveryId = ctx.tokens.readDelivery('view', tokenOf(koa));
  const page = deliveryId === null ? null : await webVersion(ctx, deliveryId);
  if (page === null) {
    if (!(await refusedAsTooMany(ctx, koa, 'view'))) await sendInvalid(ctx, koa);
    return;
  }
  sendMailPage(koa, page, 'none');
}

/** Null when the delivery or its person is gone. */
async function webVersion(ctx: Context, deliveryId: number): Promise<string | null> {
  const mail = await findDeliveredMail(ctx.knex, deliveryId);
  const person = mail && (await findPerson(ctx.knex, mail.subscriberId));
  if (!mail || !person) return null;
  const run = await loadRun(ctx, mail.campaignId);
  if (!run) return null;
  const compiled = await compiledRun(ctx, mail.campaignId, run);
  const claim = { subscriberId: mail.subscriberId, addressHash: mail.addressHash, deliveryId };
  const content = compiled.contentFor(mail.variant, mail.language);
  return compiled.render(
    content,
    { ...person, email: mail.email },
    {
      unsubscribe: ctx.urls.unsubscribe(claim),
      preferences: ctx.urls.preferences(claim),
      view: ctx.urls.view(deliveryId),
      openPixel: null,
      click: run.snapshot.tracking.clicks ? (linkId) => ctx.urls.click(deliveryId, linkId) : null,
    },
  ).html;
}

type LoadedRun = NonNullable<Awaited<ReturnType<typeof loadRun>>>;

const CACHED = 8;
const caches = new WeakMap<Knex, Map<string, CompiledCampaign>>();

/** A mail that went out a minute ago is opened by many at once. */
async function compiledRun(ctx: Context, campaignId: string, run: LoadedRun): Promise<CompiledCampaign> {
  const cache = caches.get(ctx.knex) ?? new Map<string, CompiledCampaign>();
  caches.set(ctx.knex, cache);
  const key = `${campaignId} ${run.version}`;
  const known = cache.get(key);
  if (known) return known;
  const compiled = compileCampaign(run.snapshot, await readLinks(ctx.knex, campaignId));
  cache.set(key, compiled);
  const [oldest] = cache.keys();
  if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
  return compiled;
}

export const viewModule: HttpModule = {
  name: 'public-view',
  controller: { show },
  contentApi: [{ method: 'GET', path: '/view/:token', handler: 'public-view.show', config: { auth: false } }],
};
