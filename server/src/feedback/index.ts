export { isMachine, type Visit } from './machine';
export { recordClick, recordOpen, type Visitor } from './tracking';
