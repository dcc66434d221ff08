import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import { recordClick, recordOpen, type Visitor } from '../../feedback';
import type { HttpModule } from '../module';
import { refusedAsTooMany, sendInvalid, setPrivateHeaders, tokenOf } from './respond';

/** One transparent pixel. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

/** Always a picture for a genuine token, whatever can be recorded. HEAD records nothing. */
async function open(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const deliveryId = ctx.tokens.readDelivery('open', tokenOf(koa));
  if (deliveryId === null) return refuse(koa);
  try {
    if (koa.method !== 'HEAD') await recordOpen(ctx, deliveryId, visitorOf(koa));
  } catch (error) {
    ctx.log.error(`newsletter: an open of delivery ${deliveryId} could not be recorded: ${String(error)}`);
  }
  setPrivateHeaders(koa);
  koa.set('Cross-Origin-Resource-Policy', 'cross-origin');
  koa.status = 200;
  koa.type = 'image/gif';
  koa.body = PIXEL;
}

/** To the target that is stored under the link's id: no address ever comes from the request. */
async function click(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const claim = ctx.tokens.readClick(tokenOf(koa));
  if (!claim) return refuse(koa);
  const url = await recordClick(ctx, claim, koa.method === 'HEAD' ? null : visitorOf(koa));
  if (url === null) return sendInvalid(ctx, koa);
  setPrivateHeaders(koa);
  koa.redirect(url);
}

/** Genuine tokens are not limited: picture proxies and offices fetch for many people from one address. */
async function refuse(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (!(await refusedAsTooMany(ctx, koa, 'tracking'))) await sendInvalid(ctx, koa);
}

const visitorOf = (koa: KoaContext): Visitor => ({ userAgent: koa.get('user-agent') || null, ip: koa.ip });

export const trackingModule: HttpModule = {
  name: 'public-tracking',
  controller: { open, click },
  contentApi: [
    { method: 'GET', path: '/open/:token', handler: 'public-tracking.open', config: { auth: false } },
    { method: 'GET', path: '/click/:token', handler: 'public-tracking.click', config: { auth: false } },
  ],
};
