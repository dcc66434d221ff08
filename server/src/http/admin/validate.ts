import type { Context as KoaContext } from 'koa';
import { z } from 'zod';
import { Refusal } from '../../refusal';

/**
 * The request's body in the shape of the schema.
 * @throws Refusal (HTTP 400) whose message names the key and says what was expected
 */
export function readBody<S extends z.ZodType>(ctx: KoaContext, schema: S): z.output<S> {
  return parse(schema, (ctx.request as { body?: unknown }).body ?? {});
}

/**
 * The query string in the shape of the schema.
 * @throws Refusal (HTTP 400), as `readBody` does
 */
export function readQuery<S extends z.ZodType>(ctx: KoaContext, schema: S): z.output<S> {
  return parse(schema, ctx.query);
}

/**
 * The route's `:id`, a documentId.
 * @throws Refusal (HTTP 404) when it cannot be one
 */
export function readId(ctx: KoaContext, name = 'id'): string {
  const id: unknown = (ctx as { params?: Record<string, unknown> }).params?.[name];
  if (typeof id === 'string' && /^[a-z0-9]{8,32}$/.test(id)) return id;
  throw new Refusal('NotFoundError', `There is nothing with the id "${String(id).slice(0, 64)}".`);
}

/** @throws Refusal with a sentence per wrong key; `details.errors` has them one by one, for forms */
export function parse<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw validationError(result.error);
}

export function validationError(error: z.ZodError): Refusal {
  const found = error.issues.flatMap(flatten).map((issue) => ({
    path: issue.path.map(String),
    name: 'ValidationError',
    message: describe(issue),
  }));
  return new Refusal('ValidationError', found.map(({ message }) => message).join(' '), { errors: found });
}

/** A union reports what each of its options missed; the option that came furthest is the one that was meant. */
function flatten(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const meant = [...issue.errors].sort((a, b) => deepest(b) - deepest(a))[0] ?? [];
  if (deepest(meant) === 0) return [issue];
  return meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
}

const deepest = (issues: z.core.$ZodIssue[]) => Math.max(0, ...issues.map((issue) => issue.path.length));

function describe(issue: z.core.$ZodIssue): string {
  const key = issue.path.length > 0 ? `"${issue.path.map(String).join('.')}"` : 'The request';
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && /received undefined/.test(issue.message)
        ? `${key} is required.`
        : `${key} must be ${article(issue.expected)}.`;
    case 'unrecognized_keys':
      return `${issue.keys.map((name) => `"${[...issue.path, name].map(String).join('.')}"`).join(', ')} is not known here.`;
    case 'invalid_value':
      return `${key} must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}.`;
    case 'too_small':
      return `${key} must ${bound(issue.origin, 'at least', issue.minimum)}.`;
    case 'too_big':
      return `${key} must ${bound(issue.origin, 'at most', issue.maximum)}.`;
    case 'invalid_format':
      return issue.format === 'url'
        ? `${key} must be a web address such as https://example.com.`
        : own(key, issue);
    case 'custom':
      return own(key, issue);
    case 'invalid_union':
      return `${key} has none of the allowed forms.`;
    default:
      return `${key}: ${issue.message}.`;
  }
}

/** Our schemas' own messages continue the key ("is not an email address"); zod's defaults start with Invalid. */
function own(key: string, issue: z.core.$ZodIssue): string {
  return issue.message.startsWith('Invalid') ? `${key} has the wrong format.` : `${key} ${issue.message}.`;
}

function bound(origin: string, side: 'at least' | 'at most', limit: number | bigint): string {
  if (origin === 'string') return limit === 1 ? 'not be empty' : `have ${side} ${limit} characters`;
  if (origin === 'array' || origin === 'set')
    return `have ${side} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `be ${side} ${limit}`;
}

function article(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'boolean') return 'true or false';
  if (expected === 'record') return 'an object';
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}
