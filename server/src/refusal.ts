/**
 * A refusal with a status and details of its own, in the form that Strapi's error handling passes on to the client.
 *
 * Not an ApplicationError of @strapi/utils: Strapi recognises that one by identity, and npm may give a plugin another
 * copy of the package than Strapi has (a peer dependency resolves to the newest release in a fresh install), so that
 * the refusal would end as a 500. A status between 400 and 499 with `expose` is understood whatever the copies.
 */
export class Refusal extends Error {
  readonly expose = true;
  readonly status: 400 | 403 | 404;

  constructor(
    override readonly name: 'ValidationError' | 'ForbiddenError' | 'NotFoundError',
    message: string,
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
    this.status = STATUS[name];
  }
}

const STATUS = { ValidationError: 400, ForbiddenError: 403, NotFoundError: 404 } as const;
