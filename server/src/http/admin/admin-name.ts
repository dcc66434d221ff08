import type { Context as KoaContext } from 'koa';

/** Who asks, for records of who did what; kept as a text, since admins come and go. */
export function nameOf(ctx: KoaContext): string | null {
  const { user } = ctx.state as { user?: { firstname?: string; lastname?: string; email?: string } };
  return [user?.firstname, user?.lastname].filter(Boolean).join(' ') || (user?.email ?? null);
}
