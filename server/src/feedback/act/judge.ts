import type { FeedbackKind } from '../../../../shared/contracts';
import type { FeedbackDelivery } from '../../storage';
import type { FeedbackItem, FeedbackResult } from './types';

/** What is known when an item is judged. */
export interface Facts {
  /** The delivery that the item is about; null: none of ours, or it is gone. */
  delivery: FeedbackDelivery | null;
  /** Hash of an address that the item proves: the delivery's, an unsubscribe token's, or the one a provider names. */
  addressHash: string | null;
  /** What came back about the delivery before and had its effect. */
  effects: ReadonlySet<FeedbackKind>;
  /** The reporter sent more hard bounces within the last minute than one may. */
  flooded: boolean;
}

/** What is to be done. At most one of the effects on people, whatever the report says. */
export interface Judgement extends Omit<FeedbackResult, 'id'> {
  effect: 'hard' | 'soft' | 'block' | 'complaint' | 'unsubscribe' | null;
  /** It proves that a mail in doubt had arrived. */
  arrived: boolean;
}

/**
 * Decides about one item; pure. Nothing without proof has an effect; a delivery bounces once and is complained about
 * once, whoever says so and how often.
 */
export function judge(item: FeedbackItem, facts: Facts): Judgement {
  const arrived = item.proof !== null && item.kind !== 'bounce' && facts.delivery?.state === 'in_doubt';
  switch (item.kind) {
    case 'auto-reply':
    case 'not-spam':
    case 'delayed':
    case 'delivered':
      return arrived
        ? { result: 'applied', why: 'arrived', effect: null, arrived }
        : { result: 'ignored', why: item.kind, effect: null, arrived };
    case 'unsubscribe':
      return (
        unproven(item, facts) ?? { result: 'applied', why: 'unsubscribed', effect: 'unsubscribe', arrived }
      );
    case 'complaint':
      return (
        unproven(item, facts) ??
        repeated(facts, 'complaint') ?? { result: 'applied', why: 'complaint', effect: 'complaint', arrived }
      );
    case 'bounce':
      return unproven(item, facts) ?? repeated(facts, 'bounce') ?? bounce(item, facts);
  }
}

function bounce({ severity }: FeedbackItem, { delivery, flooded }: Facts): Judgement {
  const nothing = { effect: null, arrived: false };
  if (severity === 'none') return { result: 'ignored', why: 'no-failure', ...nothing };
  // Refused while it was sent: that had its effect then.
  if (delivery && ['bounced', 'failed'].includes(delivery.state))
    return { result: 'duplicate', why: 'refused-before', ...nothing };
  if (severity === 'hard')
    return flooded
      ? { result: 'held', why: 'flood', ...nothing }
      : { result: 'applied', why: 'hard', effect: 'hard', arrived: false };
  // Counts are made of deliveries: without one there is nothing to count.
  if (!delivery) return { result: 'ignored', why: 'no-delivery', ...nothing };
  return severity === 'soft'
    ? { result: 'applied', why: 'soft-counted', effect: 'soft', arrived: false }
    : { result: 'applied', why: 'sender-problem', effect: 'block', arrived: false };
}

function unproven(item: FeedbackItem, { delivery, addressHash }: Facts): Judgement | null {
  const nothing = { effect: null, arrived: false };
  if (item.proof === null) return { result: 'unmatched', why: 'no-proof', ...nothing };
  // Who asks for nothing more gets that, whatever else we know of them: the token names the address.
  const leaves = item.kind === 'unsubscribe' && Boolean(item.addressHash);
  if (delivery?.erased && !leaves) return { result: 'ignored', why: 'erased', ...nothing };
  if (addressHash !== null) return null;
  return {
    result: 'unmatched',
    why: item.deliveryId === null ? 'no-address' : 'unknown-delivery',
    ...nothing,
  };
}

function repeated({ effects }: Facts, kind: 'bounce' | 'complaint'): Judgement | null {
  if (!effects.has(kind)) return null;
  return { result: 'duplicate', why: 'had-its-effect', effect: null, arrived: false };
}
