import type { FeedbackItem } from '../../../../server/src/feedback/act';

let events = 0;

/** A hard bounce that is proven by VERP; say what is different. */
export function item(fields: Partial<FeedbackItem> & Pick<FeedbackItem, 'deliveryId'>): FeedbackItem {
  return {
    source: { way: 'mailbox', name: 'bounces' },
    eventId: `event-${events++}`,
    kind: 'bounce',
    proof: 'verp',
    recipient: null,
    reason: 'userunknown',
    class: 'invalid',
    severity: 'hard',
    replyCode: 550,
    status: '5.1.1',
    text: '<gone@example.com>: user unknown',
    reporter: 'mx.example.com',
    feedbackType: null,
    at: Date.now(),
    evidence: null,
    ...fields,
  };
}

const NOT_A_FAILURE = {
  severity: 'none',
  class: 'other',
  replyCode: null,
  status: null,
  text: null,
} as const;

export const complaint = (fields: Partial<FeedbackItem> & Pick<FeedbackItem, 'deliveryId'>) =>
  item({ kind: 'complaint', reason: 'feedback', feedbackType: 'abuse', ...NOT_A_FAILURE, ...fields });

export const FULL = {
  reason: 'mailboxfull',
  class: 'mailbox-full',
  severity: 'soft',
  replyCode: 552,
  status: '5.2.2',
  text: 'mailbox full',
} as const;

export const BLOCKED = {
  reason: 'blocked',
  class: 'reputation',
  severity: 'block',
  replyCode: 554,
  status: '5.7.1',
  text: 'listed at spamhaus',
} as const;
