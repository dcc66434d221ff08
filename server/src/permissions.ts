import type { Core } from '@strapi/strapi';
import { ACTIONS, type ActionName } from '../../shared/contracts';
import { PLUGIN_ID } from './constants';

interface Action {
  section: 'plugins' | 'settings';
  displayName: string;
  uid: string;
  pluginName: string;
  category?: string;
  subCategory: string;
}

/** Where each action stands in Settings › Roles, and its words there. */
const PLACES: Record<ActionName, { subCategory: string; displayName: string }> = {
  overview: { subCategory: 'overview', displayName: 'Read' },
  subscribersRead: { subCategory: 'subscribers', displayName: 'Read' },
  subscribersEdit: { subCategory: 'subscribers', displayName: 'Create and edit' },
  subscribersDelete: { subCategory: 'subscribers', displayName: 'Delete' },
  subscribersImport: { subCategory: 'subscribers', displayName: 'Import' },
  subscribersExport: { subCategory: 'subscribers', displayName: 'Export' },
  listsRead: { subCategory: 'lists', displayName: 'Read' },
  listsEdit: { subCategory: 'lists', displayName: 'Create, edit and delete' },
  segmentsRead: { subCategory: 'segments', displayName: 'Read' },
  segmentsEdit: { subCategory: 'segments', displayName: 'Create, edit and delete' },
  templatesRead: { subCategory: 'templates', displayName: 'Read' },
  templatesEdit: { subCategory: 'templates', displayName: 'Create, edit and delete' },
  campaignsRead: { subCategory: 'campaigns', displayName: 'Read' },
  campaignsEdit: { subCategory: 'campaigns', displayName: 'Create, edit and delete' },
  campaignsSend: { subCategory: 'campaigns', displayName: 'Schedule, send, pause and cancel' },
  deliverabilityRead: { subCategory: 'deliverability', displayName: 'Read' },
  suppressionsEdit: { subCategory: 'deliverability', displayName: 'Add, import and lift suppressions' },
  feedbackDecide: { subCategory: 'deliverability', displayName: 'Decide on held bounces and complaints' },
  rulesRead: { subCategory: 'publish rules', displayName: 'Read' },
  rulesEdit: { subCategory: 'publish rules', displayName: 'Create, edit and delete' },
  settingsRead: { subCategory: 'options', displayName: 'Read' },
  settingsEdit: { subCategory: 'options', displayName: 'Edit' },
};

/** The RBAC actions as Strapi takes them; those of the settings stand in the Settings tab of a role. */
export function permissionActions(): Action[] {
  return (Object.keys(ACTIONS) as ActionName[]).map((name) => ({
    ...(name.startsWith('settings')
      ? { section: 'settings' as const, category: PLUGIN_ID }
      : { section: 'plugins' as const }),
    ...PLACES[name],
    uid: ACTIONS[name],
    pluginName: PLUGIN_ID,
  }));
}

/** Makes the actions known to Strapi, so that roles can hold them. Called once, in bootstrap. */
export async function registerPermissions(strapi: Core.Strapi): Promise<void> {
  await strapi.service('admin::permission').actionProvider.registerMany(permissionActions());
}
