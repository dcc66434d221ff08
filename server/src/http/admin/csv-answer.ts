import type { Context as KoaContext } from 'koa';

/** Headers of a CSV download: people's data, which no cache keeps. */
export function csvAttachment(ctx: KoaContext, fileName: string): void {
  ctx.attachment(fileName);
  ctx.type = 'text/csv; charset=utf-8';
  ctx.set('Cache-Control', 'no-store');
}
