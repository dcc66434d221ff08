import type { Context as KoaContext } from 'koa';
import type { PageLanguage } from '../../../../shared/contracts';
import { pageLanguage } from '../../audience';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import { html } from './html';
import { renderPage, type Page } from './layout';
import { exceeded } from './limits';
import { WORDS } from './words';

/** Answers that are about one person: nobody keeps, indexes, frames or passes on their address. */
export function setPrivateHeaders(koa: KoaContext): void {
  koa.set('Cache-Control', 'no-store');
  koa.set('Referrer-Policy', 'no-referrer');
  koa.set('X-Robots-Tag', 'noindex');
}

export async function sendPage(ctx: Context, koa: KoaContext, page: Page): Promise<void> {
  const { brand } = await loadSettings(ctx.knex);
  const { body, csp } = renderPage(page, brand);
  setPrivateHeaders(koa);
  koa.set('Content-Security-Policy', csp);
  // Strapi's own header knows no "anywhere"; frame-ancestors says who may.
  if (page.frame) koa.remove('X-Frame-Options');
  koa.status = page.status ?? 200;
  koa.type = 'text/html; charset=utf-8';
  koa.body = body;
}

/** The subscriber's language if the pages exist in it, else the browser's best, else English. */
export function languageFor(koa: KoaContext, subscriberLanguage: string | null | undefined): PageLanguage {
  const accepted = koa.acceptsLanguages(['en', 'ja']);
  return pageLanguage(subscriberLanguage) ?? (accepted === 'ja' ? 'ja' : 'en');
}

/** For forged, altered and truncated tokens alike. */
export async function sendInvalid(ctx: Context, koa: KoaContext): Promise<void> {
  const language = languageFor(koa, null);
  const { title, text } = WORDS[language].invalid;
  await sendPage(ctx, koa, { status: 404, language, title, content: html`<p>${text}</p>` });
}

/**
 * Answers 429 if the client calls a page too often.
 * @returns whether it did
 */
export async function refusedAsTooMany(ctx: Context, koa: KoaContext, route: string): Promise<boolean> {
  const seconds = await exceeded(ctx, koa, 'page', route);
  if (seconds === null) return false;
  await sendTooMany(ctx, koa, seconds);
  return true;
}

export async function sendTooMany(ctx: Context, koa: KoaContext, seconds: number): Promise<void> {
  const language = languageFor(koa, null);
  const words = WORDS[language].tooMany;
  const content = html`<p>${words.text(seconds)}</p>`;
  await sendPage(ctx, koa, { status: 429, language, title: words.title, content });
}

export const tokenOf = (koa: KoaContext): string =>
  (koa as KoaContext & { params: { token?: string } }).params.token ?? '';

/** Fields of a form, url-encoded or multipart; a repeated field is an array. */
export function formOf(koa: KoaContext): Record<string, unknown> {
  const body: unknown = (koa.request as { body?: unknown }).body;
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** An address as its owner recognises it and nobody else learns it: `k•••@example.com`. */
export function maskAddress(email: string): string {
  const at = email.lastIndexOf('@');
  return `${[...email.slice(0, at)][0] ?? ''}•••${email.slice(at)}`;
}
