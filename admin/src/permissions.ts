import { useRBAC, type Permission } from '@strapi/strapi/admin';
import { ACTIONS, actionId, type ActionName } from '../../shared/contracts/permissions';

type PermissionCheck = Pick<Permission, 'action' | 'subject'>;

const check = (name: ActionName): PermissionCheck => ({ action: actionId(name), subject: null });
const NAMES = Object.keys(ACTIONS) as ActionName[];

/** For `Page.Protect` and menu links: any one of the listed actions lets a person in. */
export const permissionsFor = (...names: ActionName[]): Permission[] => names.map(check);

/** Whoever may read one of our pages sees the plugin in the main menu. */
export const MENU_PERMISSIONS = permissionsFor(
  'overview',
  'campaignsRead',
  'subscribersRead',
  'listsRead',
  'segmentsRead',
  'templatesRead',
  'rulesRead',
  'deliverabilityRead',
);

const ALL_PERMISSIONS = permissionsFor(...NAMES);

/** `campaigns.edit-campaigns` → `canEditCampaigns`: how `useRBAC` names its flags (only the last segment counts). */
const flagOf = (name: ActionName): string => {
  const tail = ACTIONS[name].split('.').slice(-1)[0] ?? '';
  return `can${tail
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}`;
};

export type Can = Record<ActionName, boolean>;

/** What the logged-in person may do, by action name. All false while `isLoading`. */
export function useCan(): { can: Can; isLoading: boolean } {
  const { allowedActions, isLoading } = useRBAC(ALL_PERMISSIONS);
  const can = Object.fromEntries(NAMES.map((name) => [name, allowedActions[flagOf(name)] === true])) as Can;
  return { can, isLoading };
}
