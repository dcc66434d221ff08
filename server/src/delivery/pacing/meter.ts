const SLOT_MS = 10_000;

/** Counts what happens, and says how often it happened over about the last ten seconds. Times are milliseconds since 1970. */
export class Meter {
  private slot = 0;
  private inSlot = 0;
  private inLast = 0;

  count(now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    if (slot !== this.slot) {
      this.inLast = slot === this.slot + 1 ? this.inSlot : 0;
      this.inSlot = 0;
      this.slot = slot;
    }
    this.inSlot += 1;
  }

  perSecond(now: number): number {
    const slot = Math.floor(now / SLOT_MS);
    const rest = 1 - (now % SLOT_MS) / SLOT_MS;
    if (slot === this.slot) return (this.inSlot + rest * this.inLast) / 10;
    return slot === this.slot + 1 ? (rest * this.inSlot) / 10 : 0;
  }
}
