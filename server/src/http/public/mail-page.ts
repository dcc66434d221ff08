import type { Context as KoaContext } from 'koa';
import { setPrivateHeaders } from './respond';

/**
 * Answers with the HTML of a mail. It was written by an editor and may hold anything: it runs no script, loads nothing
 * but pictures and fonts, posts no form, and has no access to this site, since its origin is an opaque one.
 * @param frame who may show it in a frame
 */
export function sendMailPage(koa: KoaContext, html: string, frame: 'self' | 'none'): void {
  setPrivateHeaders(koa);
  koa.set(
    'Content-Security-Policy',
    [
      "default-src 'none'",
      'img-src * data:',
      'font-src * data:',
      "style-src 'unsafe-inline'",
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors '${frame}'`,
      'sandbox allow-popups allow-popups-to-escape-sandbox',
    ].join('; '),
  );
  koa.set('X-Frame-Options', frame === 'self' ? 'SAMEORIGIN' : 'DENY');
  koa.set('X-Content-Type-Options', 'nosniff');
  koa.status = 200;
  koa.type = 'text/html; charset=utf-8';
  koa.body = html;
}
