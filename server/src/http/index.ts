import type { HttpModule } from './module';
import { publicModules } from './public';

const modules: HttpModule[] = [...publicModules];

export const controllers = Object.fromEntries(modules.map((module) => [module.name, () => module.controller]));
export const policies = {};
export const routes = {
  admin: () => ({ type: 'admin', routes: modules.flatMap((module) => module.admin ?? []) }),
  'content-api': () => ({ type: 'content-api', routes: modules.flatMap((module) => module.contentApi ?? []) }),
};
