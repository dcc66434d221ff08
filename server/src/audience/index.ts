export { AudienceError } from './errors';
export { publicAttributes } from './attributes';
export { leavingWords, pageLanguage, type Origin } from './consent';
export { listsToLeave } from './consent-leave-lists';
export { subscribe, type SubscribeInput } from './consent-subscribe';
export { subscribeWithConsent, type ConsentedInput } from './consent-stated';
export { confirm, findConfirmation, type Confirmation } from './consent-confirm';
export { announceLeft, leaveIn, unsubscribe, type UnsubscribeVia } from './consent-unsubscribe';
export { changePreferences, findPreferences, type Preferences } from './consent-preferences';
export { wantedLists } from './lists';
export { addPerson, updatePerson } from './people';
export { invite } from './invite';
export { bulk, setLists } from './people-lists';
export { deletePeople, eraseMe, exportMe } from './people-rights';
export { announce } from './announce';
export {
  announceBounced,
  suppressBounced,
  suppressComplained,
  suppressDeadRecipients,
  type DeadRecipient,
  type ReportedAddress,
  type StatusChange,
} from './suppression';
export { addSuppression, exportSuppressions, importSuppressions, liftByHand } from './suppression-list';
export { isSoft, SOFT_REASONS, suppressSoftFailures, type SoftThresholds } from './soft-bounces';
export { audienceZones, countAudience, recipientsPage, type Candidate } from './recipients';
export * from './segments';
export * from './import';
export * from './hygiene';
export { exportCsv } from './export';
