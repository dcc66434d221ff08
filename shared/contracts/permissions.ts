/**
 * RBAC action uids below `plugin::newsletter.`. Tails are unique, since the panel's `useRBAC` names its flags after
 * the last dotted segment.
 */
export const ACTIONS = {
  overview: 'overview.read-overview',
  subscribersRead: 'subscribers.read-subscribers',
  subscribersEdit: 'subscribers.edit-subscribers',
  subscribersDelete: 'subscribers.delete-subscribers',
  /** Import adds people by the thousand, export takes their data out of the system: rights of their own. */
  subscribersImport: 'subscribers.import-subscribers',
  subscribersExport: 'subscribers.export-subscribers',
  listsRead: 'lists.read-lists',
  listsEdit: 'lists.edit-lists',
  segmentsRead: 'segments.read-segments',
  segmentsEdit: 'segments.edit-segments',
  templatesRead: 'templates.read-templates',
  templatesEdit: 'templates.edit-templates',
  campaignsRead: 'campaigns.read-campaigns',
  campaignsEdit: 'campaigns.edit-campaigns',
  /** Schedule, pause, resume, cancel: apart from editing. */
  campaignsSend: 'campaigns.send-campaigns',
  /** Rates, states of mailboxes and webhooks; with `subscribersRead` also the suppression list and what came back. */
  deliverabilityRead: 'deliverability.read-deliverability',
  /** Add, import and lift suppressions. */
  suppressionsEdit: 'deliverability.edit-suppressions',
  /** Release or discard what is held, discard what is unmatched. */
  feedbackDecide: 'deliverability.decide-feedback',
  rulesRead: 'rules.read-rules',
  rulesEdit: 'rules.edit-rules',
  settingsRead: 'settings.read-settings',
  settingsEdit: 'settings.edit-settings',
} as const;

export type ActionName = keyof typeof ACTIONS;

/** Full action id as Strapi knows it. */
export const actionId = (name: ActionName): string => `plugin::newsletter.${ACTIONS[name]}`;
