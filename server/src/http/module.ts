import type { Context as KoaContext } from 'koa';
import { actionId, type ActionName } from '../../../shared/contracts';

export type Handler = (ctx: KoaContext) => Promise<void> | void;

export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** `<module name>.<key of the controller>` */
  handler: string;
  config?: Record<string, unknown>;
}

/** One resource: its handlers and the routes that lead to them. `index.ts` collects them for Strapi. */
export interface HttpModule {
  name: string;
  controller: Record<string, Handler>;
  /** Below `/newsletter`, for logged-in admins. */
  admin?: Route[];
  /** Below `/api/newsletter`. */
  contentApi?: Route[];
}

/** Route configuration that lets in admins who hold all the named actions. */
export function requires(...actions: ActionName[]): Record<string, unknown> {
  return {
    policies: [
      'admin::isAuthenticatedAdmin',
      { name: 'admin::hasPermissions', config: { actions: actions.map(actionId) } },
    ],
  };
}
