import type { Knex } from 'knex';
import { campaignState } from '../campaign';

/** How long an answer of the database about a campaign's state holds, milliseconds. */
export const STATE_HOLDS_MS = 500;

/** Whether a campaign is still to be sent, for one ticket and for the messages that it has prepared, which may outlive it. */
export class CampaignWatch {
  private checkedAt = Date.now();
  private asking: Promise<boolean> | null = null;
  /** Paused, cancelled or done: a ticket never goes on after that. */
  private ended = false;

  /** @param signal fires when the process stops */
  constructor(
    private readonly knex: Knex,
    private readonly campaignId: string,
    private readonly signal: AbortSignal,
  ) {}

  /** It is known that it is not to be sent any more. */
  get isOver(): boolean {
    return this.ended || this.signal.aborted;
  }

  /** Without a promise: it is known, and not older than half a second, that it is to be sent. */
  isFresh(now: number): boolean {
    return !this.isOver && now - this.checkedAt < STATE_HOLDS_MS;
  }

  /** @throws the database's error */
  async isSending(): Promise<boolean> {
    if (this.isOver) return false;
    if (this.isFresh(Date.now())) return true;
    this.asking ??= this.ask().finally(() => (this.asking = null));
    return this.asking;
  }

  private async ask(): Promise<boolean> {
    const askedAt = Date.now();
    const isSending = (await campaignState(this.knex, this.campaignId)) === 'sending';
    if (isSending) this.checkedAt = askedAt;
    else this.ended = true;
    return isSending;
  }
}
