export { CampaignError, campaignNotFound, type CampaignErrorCode } from './errors';
export { freezeStep } from './freeze';
export { guardCampaigns, guardWarnings, type GuardWarning } from './guards';
export { inDoubtPage, leaveAllInDoubt, sendInDoubtAgain } from './in-doubt';
export {
  activeCampaigns,
  campaignState,
  cancel,
  finishIfDone,
  pause,
  pauseBySystem,
  resume,
  startDue,
  unschedule,
} from './moves';
export { loadRun, type Run } from './run';
export { loadDraft, type Draft } from './snapshot';
export { MOVES, isAllowed, type Move } from './states';
export { changeDraft, createDraft, duplicate, remove, type DraftInput } from './drafts';
export { preflightCampaign, schedule } from './schedule';
export { nextOpening, openingAt, type Opening } from './timing-window';
export { timingPlan } from './timing-schedule';
export * from './publish';
