export { createAddressCheck, mailboxOf, suggestDomain, type AddressFinding } from './check';
export { loadDisposable } from './disposable';
export { createLookup, createResolver, lookUp } from './domains';
export {
  actOn,
  cancelCheck,
  checkDto,
  findCheck,
  pageChecks,
  removeCheck,
  startCheck,
  sunsetDto,
} from './intake';
export { findingLines } from './report';
export { followSunset, startHygieneRunner, type HygieneRunner } from './runner';
export { monthsBefore } from './sunset';
