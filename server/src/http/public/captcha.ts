import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createChallenge, verifySolution } from 'altcha-lib';
import type { Context as KoaContext } from 'koa';
import { z } from 'zod';
import { getContext } from '../../app';
import type { Context } from '../../context';
import { Refusal } from '../../refusal';
import { loadSettings } from '../../settings';
import { guarded } from '../admin/errors';
import type { HttpModule } from '../module';
import { refusedAsTooMany } from './respond';

/** Seconds in which a challenge may be answered; the widget fetches a new one by itself. */
const LIFETIME_MS = 20 * 60_000;
/** Numbers to try at most: some tenths of a second in a browser's workers, a second on an old telephone. */
const MAX_NUMBER = 50_000;

const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
const solutionSchema = z.object({
  algorithm: z.literal('SHA-256'),
  challenge: hex64,
  number: z.number().int().min(0).max(MAX_NUMBER),
  salt: z.string().max(200),
  signature: hex64,
});

/** Answers that were given, with the time after which they are void anyway. In the memory of this process. */
const used = new Map<string, number>();

/** A challenge as the ALTCHA widget takes it (proof of work, SHA-256). */
export const makeChallenge = (ctx: Pick<Context, 'tokens'>, now = Date.now()) =>
  createChallenge({
    hmacKey: ctx.tokens.derivedKey('captcha'),
    maxnumber: MAX_NUMBER,
    expires: new Date(now + LIFETIME_MS),
  });

/**
 * Whether this is the solution of a challenge of ours that has neither expired nor been used. It is used with that.
 * @param payload what the widget puts into its form field: base64 of JSON
 */
export async function solves(ctx: Pick<Context, 'tokens'>, payload: unknown): Promise<boolean> {
  if (typeof payload !== 'string' || payload.length > 2000) return false;
  const solution = solutionSchema.safeParse(parseJson(Buffer.from(payload, 'base64').toString()));
  if (!solution.success) return false;
  if (!(await verifySolution(solution.data, ctx.tokens.derivedKey('captcha')))) return false;
  const now = Date.now();
  for (const [known, until] of used) {
    if (until > now) break;
    used.delete(known);
  }
  if (used.has(solution.data.signature)) return false;
  used.set(solution.data.signature, now + LIFETIME_MS);
  return true;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export const isCaptchaOn = async (ctx: Pick<Context, 'knex'>): Promise<boolean> =>
  (await loadSettings(ctx.knex)).consent.captcha === 'altcha';

async function challenge(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  if (await refusedAsTooMany(ctx, koa, 'captcha')) return;
  if (!(await isCaptchaOn(ctx)))
    throw new Refusal('NotFoundError', 'No captcha is asked for here (Settings › Newsletter › Consent).');
  koa.set('Cache-Control', 'no-store');
  koa.body = await makeChallenge(ctx);
}

/** Files of the package `altcha` that the page needs: nothing comes from elsewhere. */
const FILES: Record<string, { file: string; type: string }> = {
  'altcha.js': { file: 'altcha.umd.cjs', type: 'text/javascript; charset=utf-8' },
  'altcha.css': { file: 'altcha.css', type: 'text/css; charset=utf-8' },
  'worker.js': { file: 'worker.js', type: 'text/javascript; charset=utf-8' },
};

async function file(koa: KoaContext): Promise<void> {
  const { name = '' } = (koa as KoaContext & { params: { name?: string } }).params;
  const found = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (!found) throw new Refusal('NotFoundError', 'There is no such file.');
  koa.set('Cache-Control', 'public, max-age=3600');
  koa.type = found.type;
  koa.body = await readFile(path.join(widgetFolder(), found.file));
}

/** The built plugin is CommonJS and has `require`; under test it is a module. */
function widgetFolder(): string {
  const resolver = typeof require === 'function' ? require : createRequire(import.meta.url);
  return path.dirname(resolver.resolve('altcha/external'));
}

export const captchaModule: HttpModule = {
  name: 'public-captcha',
  controller: guarded({ challenge, file }),
  contentApi: [
    { method: 'GET', path: '/captcha', handler: 'public-captcha.challenge', config: { auth: false } },
    { method: 'GET', path: '/captcha/:name', handler: 'public-captcha.file', config: { auth: false } },
  ],
};
