import { afterAll, beforeAll, expect, it } from 'vitest';
import { routes } from '../../server/src/http';
import type { Route } from '../../server/src/http/module';
import { ACTIONS, actionId, type ActionName } from '../../shared/contracts';
import { startPlayground, type TestPlayground } from '../helpers/playground';

const adminRoutes = routes.admin().routes;
const ALL = (Object.keys(ACTIONS) as ActionName[]).map(actionId);

let strapi: TestPlayground;
let roleId: number;
let token: string;

beforeAll(async () => {
  strapi = await startPlayground();
  const role = await strapi.admin<{ data: { id: number } }>('POST', '/admin/roles', {
    name: 'Newsletter test',
    description: 'Holds what a test gives it',
  });
  roleId = role.body.data.id;
  const user = await strapi.admin<{ data: { registrationToken: string } }>('POST', '/admin/users', {
    email: 'editor@example.com',
    firstname: 'Edi',
    lastname: 'Tor',
    roles: [roleId],
  });
  const registered = await fetch(`${strapi.url}/admin/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      registrationToken: user.body.data.registrationToken,
      userInfo: { firstname: 'Edi', lastname: 'Tor', password: 'Newsletter1' },
    }),
  });
  token = ((await registered.json()) as { data: { token: string } }).data.token;
});
afterAll(() => strapi?.stop());

async function grant(actions: string[]): Promise<void> {
  const permissions = actions.map((action) => ({ action, subject: null, properties: {}, conditions: [] }));
  const { status, body } = await strapi.admin('PUT', `/admin/roles/${roleId}/permissions`, { permissions });
  expect({ status, body: status === 200 ? null : body }).toEqual({ status: 200, body: null });
}

async function call(method: string, path: string, { login = true, body = {} } = {}): Promise<number> {
  const response = await fetch(`${strapi.url}/newsletter${path.replaceAll(/:\w+/g, 'nothing0nothing0')}`, {
    method,
    headers: { 'content-type': 'application/json', ...(login ? { authorization: `Bearer ${token}` } : {}) },
    body: method === 'GET' ? undefined : JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}

interface HasPermissions {
  name: string;
  config: { actions: string[] };
}
const actionsOf = (route: Route) => (route.config?.policies as [string, HasPermissions])[1].config.actions;

it('every admin route asks for a login and for at least one action', () => {
  expect(adminRoutes.length).toBeGreaterThan(20);
  for (const route of adminRoutes) {
    const policies = route.config?.policies as [string, HasPermissions];
    expect(policies[0], route.path).toBe('admin::isAuthenticatedAdmin');
    expect(policies[1].name, route.path).toBe('admin::hasPermissions');
    expect(ALL, route.path).toEqual(expect.arrayContaining(actionsOf(route)));
    expect(actionsOf(route).length, route.path).toBeGreaterThan(0);
  }
});

/** POST routes that change nothing themselves, or ask for more by what they are told. */
const READING_POSTS = [
  '/templates/preview',
  '/subscribers/bulk',
  '/rules/preview',
  '/rules/:id/preview',
  '/rules/entries/status',
];

/** Carrying people in or out is a right of its own, in all of its steps: a report names addresses. */
const OF_THEIR_OWN = /^\/(imports(\/|$)|(?:subscribers|suppressions)\/export$|hygiene\/:id\/findings\.csv$)/;

/** Resources, and single routes, that belong to another area than their path says. */
const AREAS: Record<string, string> = {
  health: 'overview',
  senders: 'campaigns',
  destinations: 'campaigns',
  suppressions: 'deliverability',
  feedback: 'deliverability',
  hygiene: 'subscribers',
  sunset: 'subscribers',
  '/rules/entries/:uid/:documentId/draft': 'campaigns',
};

it('looking asks for a right to read, and changing for another one, of the same area', () => {
  for (const route of adminRoutes) {
    if (OF_THEIR_OWN.test(route.path)) {
      const wanted = /export$|^\/hygiene/.test(route.path) ? 'subscribersExport' : 'subscribersImport';
      expect(actionsOf(route), route.path).toContain(actionId(wanted));
      continue;
    }
    const reads = route.method === 'GET' || READING_POSTS.includes(route.path);
    const isReading = actionsOf(route).every((action) => action.includes('.read-'));
    expect(isReading, `${route.method} ${route.path} asks for ${actionsOf(route).join()}`).toBe(reads);
    const resource = route.path.split('/')[1] ?? '';
    const area = AREAS[route.path] ?? AREAS[resource] ?? resource;
    for (const action of actionsOf(route)) {
      // Whoever is shown addresses beside it must be allowed to see those, too.
      const isBeside = action === actionId('subscribersRead') && actionsOf(route).length > 1;
      if (!isBeside) expect(action, route.path).toContain(`newsletter.${area}.`);
    }
  }
});

it('nobody gets in without a login', async () => {
  for (const { method, path } of adminRoutes) {
    expect(await call(method, path, { login: false }), `${method} ${path}`).toBe(401);
  }
});

it.each(ALL)('%s opens what it names and nothing opens without it', async (action) => {
  const guarded = adminRoutes.filter((route) => actionsOf(route).includes(action));
  await grant(ALL.filter((other) => other !== action));
  for (const { method, path } of guarded) expect(await call(method, path), `${method} ${path}`).toBe(403);

  for (const route of guarded) {
    await grant(actionsOf(route));
    const status = await call(route.method, route.path);
    // Nothing has the id of this test, so that what gets in ends as 404 or 400; a list or a page as 200.
    expect([401, 403, 405, 500], `${route.method} ${route.path} answered ${status}`).not.toContain(status);
  }
});

it('every action guards something', () => {
  const guarding = new Set(adminRoutes.flatMap(actionsOf));
  // Deleting people is also asked for by the bulk route, by what it is told to do.
  expect(ALL.filter((action) => !guarding.has(action))).toEqual([]);
});

it('deleting many needs the right to delete, other bulk actions the right to edit', async () => {
  const ids = ['nothing0nothing0'];
  await grant([actionId('subscribersRead'), actionId('subscribersEdit')]);
  expect(await call('POST', '/subscribers/bulk', { body: { action: 'unsubscribe', ids } })).toBe(200);
  expect(await call('POST', '/subscribers/bulk', { body: { action: 'delete', ids } })).toBe(403);
  await grant([actionId('subscribersRead'), actionId('subscribersDelete')]);
  expect(await call('POST', '/subscribers/bulk', { body: { action: 'unsubscribe', ids } })).toBe(403);
  expect(await call('POST', '/subscribers/bulk', { body: { action: 'delete', ids } })).toBe(200);
});

it('whoever edits campaigns cannot send them', async () => {
  await grant([actionId('campaignsRead'), actionId('campaignsEdit')]);
  for (const verb of ['schedule', 'pause', 'resume', 'cancel']) {
    expect(await call('POST', `/campaigns/:id/${verb}`), verb).toBe(403);
  }
});
