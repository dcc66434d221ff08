import type { Context as KoaContext } from 'koa';
import { z } from 'zod';
import { TemplateErrors } from '../../compose';
import { Refusal } from '../../refusal';
import type { Handler } from '../module';
import { validationError } from './validate';

/**
 * What the rooms throw when a person asked for something that cannot be: a sentence that says what to do, the HTTP
 * status, and a stable code.
 */
interface PersonError extends Error {
  status: number;
  code: string;
}

/**
 * Handlers that answer with a room's typed errors in Strapi's error shape, with the error's own status and
 * `details.code`. A ZodError of a room becomes a 400. Anything else is a fault of ours and stays a 500 in Strapi's log.
 */
export function guarded<T extends Record<string, Handler>>(controller: T): T {
  return Object.fromEntries(
    Object.entries(controller).map(([name, handler]) => [name, (ctx: KoaContext) => run(handler, ctx)]),
  ) as T;
}

async function run(handler: Handler, ctx: KoaContext): Promise<void> {
  try {
    await handler(ctx);
  } catch (error) {
    const { status, name, message, details } = refusalOf(error);
    ctx.status = status;
    ctx.body = { data: null, error: { status, name, message, details } };
  }
}

type Answer = Pick<Refusal, 'message' | 'details'> & { status: number; name: string };

/** @throws what it was given, when that is no refusal */
function refusalOf(error: unknown): Answer {
  if (error instanceof Refusal) return error;
  if (error instanceof z.ZodError) return validationError(error);
  if (error instanceof TemplateErrors)
    return typed(Object.assign(error, { status: 400, code: 'template-error' }));
  if (isPersonError(error)) return typed(error);
  throw error;
}

function typed(error: PersonError): Answer {
  const { status, name, message, code } = error;
  return { status, name, message, details: { code, ...extras(error) } };
}

function isPersonError(error: unknown): error is PersonError {
  const { status, code } = error as Partial<PersonError>;
  return (
    error instanceof Error &&
    typeof code === 'string' &&
    typeof status === 'number' &&
    status >= 400 &&
    status < 500
  );
}

/** Template errors carry their problems (line, column), preflight its findings: the panel shows them in place. */
function extras(error: PersonError): Record<string, unknown> {
  const { problems, items } = error as { problems?: unknown; items?: unknown };
  return { ...(problems === undefined ? {} : { problems }), ...(items === undefined ? {} : { items }) };
}
