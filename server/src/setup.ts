import type { Core } from '@strapi/strapi';
import { DEFAULT_TEMPLATE_HTML } from './compose';
import type { Context } from './context';
import { allowWebhookEvents } from './event-hub';
import { registerPermissions } from './permissions';
import { persistContentTables } from './persisted-tables';
import { anyTemplate, insertTemplate } from './storage';

/** What Strapi must know or hold once our tables are there. Called by bootstrap; doing it again changes nothing. */
export async function setUp(strapi: Core.Strapi, { knex }: Context): Promise<void> {
  await registerPermissions(strapi);
  allowWebhookEvents(strapi);
  await persistContentTables(strapi);
  if (!(await anyTemplate(knex))) {
    await insertTemplate(knex, { name: 'Letter', html: DEFAULT_TEMPLATE_HTML, isDefault: true });
  }
}
