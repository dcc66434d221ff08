export { MAX_UNMATCHED, takeFeedback } from './take';
export type { FeedbackItem, FeedbackProof, FeedbackResult } from './types';
export { discardFeedback, releaseFeedback, type Decided } from './decide';
