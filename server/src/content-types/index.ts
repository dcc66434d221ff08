import campaign from './campaign/schema.json';
import campaignContent from './campaign-content/schema.json';
import list from './list/schema.json';
import segment from './segment/schema.json';
import subscriber from './subscriber/schema.json';
import template from './template/schema.json';

/** What editors own. Keys equal `info.singularName`, as Strapi demands. */
export const contentTypes = {
  subscriber: { schema: subscriber },
  list: { schema: list },
  segment: { schema: segment },
  campaign: { schema: campaign },
  'campaign-content': { schema: campaignContent },
  template: { schema: template },
};

/** Tables that Strapi must keep when the plugin is disabled for a boot (core store `persisted_tables`). */
export const contentTables = Object.values(contentTypes).map(({ schema }) => schema.collectionName);
