import { createApi } from './services/api';

export type { NewsletterApi, SubscribeOptions } from './services/api';

/** Services by name, as `strapi.plugin('newsletter').service(name)` gives them. */
export const services = { api: createApi };
