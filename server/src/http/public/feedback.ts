import type { IncomingMessage } from 'node:http';
import type { Context as KoaContext } from 'koa';
import { getContext } from '../../app';
import {
  maxWebhookOctets,
  noteRefusal,
  receiveWebhook,
  WebhookRefusal,
  type WebhookRequest,
} from '../../feedback';
import type { HttpModule } from '../module';
import { exceeded } from './limits';

/**
 * Bounces, complaints and unsubscribes as a provider tells them. 200 only when they are committed; 404: not configured;
 * 413: too large; 400 and 401: not readable, not genuine; 429: too many of those from one address (genuine ones are never
 * limited); 503: the database or the provider's certificate is away, and the provider tries again.
 */
async function receive(koa: KoaContext): Promise<void> {
  const ctx = getContext();
  const { provider = '' } = (koa as KoaContext & { params: { provider?: string } }).params;
  koa.set('Cache-Control', 'no-store');
  const limit = maxWebhookOctets(ctx.config, provider);
  if (limit === null) {
    koa.set('Connection', 'close');
    return answer(koa, 404, 'This webhook is not configured.');
  }
  const body = await readOctets(koa.req, limit);
  if (body === null) {
    koa.set('Connection', 'close');
    return answer(koa, 413, `At most ${limit} octets are taken.`);
  }
  const request: WebhookRequest = { body, header: (name) => koa.get(name) };
  try {
    await receiveWebhook(ctx, provider, request);
    answer(koa, 200, 'Thank you.');
  } catch (error) {
    if (!(error instanceof WebhookRefusal)) {
      ctx.log.error(`newsletter: a webhook could not be recorded: ${(error as Error).message.slice(-500)}`);
      return answer(koa, 503, 'It could not be recorded now. Try again.');
    }
    const seconds = error.status === 503 ? null : await exceeded(ctx, koa, 'page', 'feedback');
    if (seconds === null) {
      await noteRefusal(ctx, provider, error);
      answer(koa, error.status, error.message);
    } else answer(koa, 429, 'Too many requests that were not genuine.');
  }
}

function answer(koa: KoaContext, status: number, sentence: string): void {
  koa.status = status;
  koa.type = 'text/plain; charset=utf-8';
  koa.body = sentence;
}

/** @returns null when there are too many; what else would come is not read */
async function readOctets(stream: IncomingMessage, limit: number): Promise<Buffer | null> {
  if (Number(stream.headers['content-length'] ?? 0) > limit) return null;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += (piece as Buffer).length;
    if (length > limit) return null;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

export const feedbackModule: HttpModule = {
  name: 'public-feedback',
  controller: { receive },
  contentApi: [
    {
      method: 'POST',
      path: '/feedback/:provider',
      handler: 'public-feedback.receive',
      config: { auth: false },
    },
  ],
};
