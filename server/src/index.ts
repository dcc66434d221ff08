import { strapiConfig } from './config';
import { contentTypes } from './content-types';
import { bootstrap } from './bootstrap';
import { destroy } from './destroy';
import { register } from './register';
import { controllers, routes, policies } from './http';
import { services } from './services';

export default {
  register,
  bootstrap,
  destroy,
  config: strapiConfig,
  contentTypes,
  controllers,
  routes,
  policies,
  services,
};
