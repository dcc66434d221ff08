import { openingAt, type Opening } from '../campaign';
import type { RunTiming } from '../compose';

/**
 * The send windows of a campaign by zone, as a ticket asks for them before each message: what was worked out holds
 * until the window closes.
 */
export class SendWindows {
  private readonly openings = new Map<string, Opening>();

  constructor(private readonly timing: RunTiming | undefined) {}

  /** When the window of a batch opens again, milliseconds since 1970; null: it is open, or there is none. */
  closedUntil(batch: { zone: string | null }, now = Date.now()): number | null {
    const window = this.timing?.window;
    if (!this.timing || !window) return null;
    const zone = batch.zone ?? this.timing.timezone;
    let opening = this.openings.get(zone);
    if (!opening || now >= opening.until) {
      opening = openingAt(window, zone, now);
      this.openings.set(zone, opening);
    }
    return now < opening.from ? opening.from : null;
  }
}
