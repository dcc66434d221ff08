import type { StrapiApp } from '@strapi/strapi/admin';
import { actionId } from '../../../shared/contracts/permissions';
import { newsletterApi } from '../api/client';
import { rulesApi } from '../api/rules';

type Middleware = ReturnType<Parameters<StrapiApp['addMiddlewares']>[0][number]>;
type Store = Parameters<Middleware>[0];

/** What RTK Query tells the store about a request. */
interface QueryAction {
  type?: string;
  payload?: unknown;
  meta?: { arg?: { endpointName?: string } };
}

/** One page takes the rules of every project that we can think of; of more, the newest count. */
const ALL_RULES = { page: 1, pageSize: 100 };

/** The content type whose list is open, by the address. */
export const openList = (): string =>
  /\/content-manager\/collection-types\/([^/?]+)\/?$/
    .exec(window.location.pathname)?.[1]
    ?.replace(/%3A/gi, ':') ?? '';

/**
 * A list that was there before the rules came has put its columns together without ours. It does so again when the
 * configuration of its content type is another object.
 */
function refreshColumns(store: Store): void {
  // Content Manager adds this endpoint when it is loaded.
  if (openList() === '' || !('getContentTypeConfiguration' in newsletterApi.endpoints)) return;
  const renew = newsletterApi.util.updateQueryData as unknown as (
    endpoint: string,
    uid: string,
    recipe: (configuration: { contentType: { options: object } }) => void,
  ) => never;
  store.dispatch(
    renew('getContentTypeConfiguration', openList(), ({ contentType }) => {
      contentType.options = { ...contentType.options };
    }),
  );
}

/**
 * Knows which content types have rules, without asking again and again. Content Manager puts its list's columns
 * together in one go, with neither hooks nor waiting: so the rules are loaded when it starts, while it loads its own
 * configuration, for those who may read them.
 */
export function createRuleTypes(): { middleware: () => Middleware; has(uid: string): boolean } {
  let store: Store | null = null;
  let mayRead = false;
  let opened = false;

  const load = () => {
    if (store && mayRead && opened)
      // Stays subscribed for the session: a rule that is made or deleted in the panel is known at once.
      void store.dispatch(rulesApi.endpoints.newsletterGetRules.initiate(ALL_RULES) as never);
  };

  return {
    middleware: () => (api) => {
      store = api;
      return (next) => (action) => {
        const { type, payload, meta } = action as QueryAction;
        const endpoint = meta?.arg?.endpointName;
        if (endpoint === 'getMyPermissions' && type?.endsWith('/fulfilled')) {
          mayRead = JSON.stringify(payload).includes(`"${actionId('rulesRead')}"`);
          load();
        }
        if (endpoint === 'getInitialData' && type?.endsWith('/pending') && !opened) {
          opened = true;
          load();
        }
        const result = next(action);
        if (endpoint === 'newsletterGetRules' && type?.endsWith('/fulfilled')) refreshColumns(api);
        return result;
      };
    },
    has(uid) {
      if (!store) return false;
      const { data } = rulesApi.endpoints.newsletterGetRules.select(ALL_RULES)(store.getState() as never);
      return data?.results.some((rule) => rule.contentType === uid) ?? false;
    },
  };
}
