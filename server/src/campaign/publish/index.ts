export { dismiss, entryStatuses, firingDto, firingDtos, release } from './activity';
export { ruleMatches } from './conditions';
export { dispatch, dispatchDue, type DispatchEnv } from './dispatch';
export {
  readPath,
  titleOf,
  type Entries,
  type Entry,
  type EntryRenderer,
  type EntryType,
  type RenderedEntry,
} from './entries';
export { PublishError } from './errors';
export { draftEntry, type EntryDraftRequest } from './manual';
export { languageFor, mapEntry, type MappedEntry } from './mapping';
export { previewRule } from './preview';
export { ruleProblems, unknownFields } from './problems';
export { enabledRules, hasFired, recordPublication, type Publication } from './record';
export { suggestMapping } from './suggest';
export { announceWithdrawn, withdrawEntry } from './withdraw';
