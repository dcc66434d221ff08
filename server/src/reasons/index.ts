export { explain, type Explanation } from './explain';
export { RULES } from './rules';
export { readReply, oneLine } from './reply';
export type { ReasonRule, Refusal, Stage } from './types';
