import { createApi } from './services/api';
import { createDoctorService } from './services/doctor';
import { createWorkerService } from './worker';

export type { EntryRenderer, RenderedEntry } from './campaign';
export type { BlockNode, BlockRenderer } from './compose';
export type { NewsletterApi, SubscribeOptions } from './services/api';

/** Services by name, as `strapi.plugin('newsletter').service(name)` gives them. */
export const services = { api: createApi, worker: createWorkerService, doctor: createDoctorService };
