import type { PreflightItem } from '../../../shared/contracts';
import { publicUrlProblem } from '../config';

/** Whether recipients could follow the links of a mail: blocks in production, warns elsewhere. */
export function publicUrlItem(ctx: { publicUrl: string; production: boolean }): PreflightItem | null {
  const message = publicUrlProblem({ publicUrl: ctx.publicUrl, production: true });
  if (!message) return null;
  return {
    id: 'public-url',
    level: ctx.production ? 'blocking' : 'warning',
    values: { url: ctx.publicUrl },
    message,
  };
}
