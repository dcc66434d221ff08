import type { ContentManagerPlugin } from '@strapi/content-manager/strapi-admin';
import type { StrapiApp } from '@strapi/strapi/admin';
import { addNewsletterColumn } from './listColumn';
import { NewsletterPanel } from './NewsletterPanel';
import { createRuleTypes } from './ruleTypes';
import { SendAction } from './SendAction';

/** Puts newsletters into Content Manager: a box beside entries, an action in their menus, a column in lists. */
export function extendContentManager(app: StrapiApp): void {
  const { apis } = app.getPlugin('content-manager') as unknown as ContentManagerPlugin['config'];
  apis.addEditViewSidePanel([NewsletterPanel]);
  apis.addDocumentAction([SendAction]);
  const ruleTypes = createRuleTypes();
  app.addMiddlewares([ruleTypes.middleware]);
  app.registerHook('Admin/CM/pages/ListView/inject-column-in-table', addNewsletterColumn(ruleTypes.has));
}
