import type { Context } from '../../context';

/** Name of the field that people do not see and programs fill in. */
export const TRAP_FIELD = 'website';

let caught = 0;

/**
 * Whether the trap field was filled in. Such a request is answered as any other and does nothing; it is counted and logged,
 * so that an operator can see it if a browser should ever fill the field in.
 */
export function isTrapped(ctx: Pick<Context, 'log'>, form: Record<string, unknown>, ip: string): boolean {
  const value = form[TRAP_FIELD];
  if (value === undefined || value === null || value === '') return false;
  caught++;
  ctx.log.info(
    `newsletter: a sign-up from ${ip} filled in the trap field and was passed over (${caught} since the start)`,
  );
  return true;
}
