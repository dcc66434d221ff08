import { version } from '../../package.json';

/** The plugin's version. */
export const VERSION = version;

/** The plugin's id in Strapi: routes, RBAC actions and content-type UIDs start with it. */
export const PLUGIN_ID = 'newsletter';

export const UID = {
  subscriber: 'plugin::newsletter.subscriber',
  list: 'plugin::newsletter.list',
  segment: 'plugin::newsletter.segment',
  campaign: 'plugin::newsletter.campaign',
  campaignContent: 'plugin::newsletter.campaign-content',
  template: 'plugin::newsletter.template',
} as const;
