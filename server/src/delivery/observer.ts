import type { DeliveryState } from '../../../shared/contracts';

/** What is told about each outcome once it is committed. Nothing that names a person. */
export interface ObservedOutcome {
  state: DeliveryState;
  /** Class of a refusal, or why nothing was sent. */
  reason: string | null;
  replyCode: number | null;
  /** Null: nothing was handed to a transport. */
  transport: string | null;
}

/** Hears what the ledger of this process commits. Must not throw. */
export interface DeliveryObserver {
  settled(outcomes: readonly ObservedOutcome[]): void;
  /** One group commit took so many seconds. */
  ticked(seconds: number): void;
}

export const UNOBSERVED: DeliveryObserver = { settled() {}, ticked() {} };
