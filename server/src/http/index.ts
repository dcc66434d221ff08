import { attributes } from './admin/attributes';
import { campaigns } from './admin/campaigns';
import { destinations } from './admin/destinations';
import { deliverability } from './admin/deliverability';
import { subscribersExport } from './admin/export';
import { health } from './admin/health';
import { hygiene } from './admin/hygiene';
import { imports } from './admin/imports';
import { inDoubt } from './admin/in-doubt';
import { lists } from './admin/lists';
import { overview } from './admin/overview';
import { rules } from './admin/rules';
import { segments } from './admin/segments';
import { settings } from './admin/settings';
import { subscribers } from './admin/subscribers';
import { suppressions } from './admin/suppressions';
import { templates } from './admin/templates';
import type { HttpModule } from './module';
import { publicModules } from './public';
import { openApiModule } from './public/openapi';

const modules: HttpModule[] = [
  overview,
  // Before `/campaigns/:id` and its like, which would take its paths for ids.
  attributes,
  campaigns,
  destinations,
  inDoubt,
  // Before `/subscribers/:id`, which would take its path for an id.
  subscribersExport,
  subscribers,
  imports,
  hygiene,
  lists,
  segments,
  templates,
  rules,
  settings,
  suppressions,
  deliverability,
  health,
  ...publicModules,
  openApiModule(() => adminRoutes()),
];
const adminRoutes = () => modules.flatMap((module) => module.admin ?? []);

export const controllers = Object.fromEntries(
  modules.map((module) => [module.name, () => module.controller]),
);
export const policies = {};
export const routes = {
  admin: () => ({ type: 'admin', routes: adminRoutes() }),
  'content-api': () => ({
    type: 'content-api',
    routes: modules.flatMap((module) => module.contentApi ?? []),
  }),
};
