const SLOT_MS = 10_000;
/** What began just now has not lasted long enough to be a rate. Milliseconds. */
const SHORTEST_MS = 1_000;

/**
 * Counts what happens, and says how often it happened over about the last ten seconds, or since it began. Times are
 * milliseconds since 1970.
 */
export class Meter {
  private slot = -Infinity;
  private inSlot = 0;
  private inLast = 0;
  private since = 0;

  count(now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    if (slot !== this.slot) {
      const isNext = slot === this.slot + 1;
      if (!isNext) this.since = now;
      this.inLast = isNext ? this.inSlot : 0;
      this.inSlot = 0;
      this.slot = slot;
    }
    this.inSlot += 1;
  }

  /** What was counted so far was under other conditions. */
  restart(): void {
    this.slot = -Infinity;
    this.inSlot = this.inLast = 0;
  }

  perSecond(now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    const age = now - this.since;
    const rest = 1 - (now % SLOT_MS) / SLOT_MS;
    if (slot - this.slot > 1) return 0;
    if (age < SLOT_MS) return ((this.inSlot + this.inLast) * 1000) / Math.max(SHORTEST_MS, age);
    return (slot === this.slot ? this.inSlot + rest * this.inLast : rest * this.inSlot) / (SLOT_MS / 1000);
  }
}
