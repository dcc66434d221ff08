import type { Context as KoaContext } from 'koa';
import { z } from 'zod';
import { TemplateErrors } from '../../compose';
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
  } catch (thrown) {
    const error =
      thrown instanceof TemplateErrors
        ? Object.assign(thrown, { status: 400, code: 'template-error' })
        : thrown;
    if (error instanceof z.ZodError) throw validationError(error);
    if (!isPersonError(error)) throw error;
    ctx.status = error.status;
    ctx.body = {
      data: null,
      error: {
        status: error.status,
        name: error.name,
        message: error.message,
        details: { code: error.code, ...extras(error) },
      },
    };
  }
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
