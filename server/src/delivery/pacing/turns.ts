/** Rows are put off by slots of so many milliseconds. */
export const SLOT_MS = 10_000;

/** When rows come due that found no place: one after the other, in slots, as fast as their destination takes them. */
export class Turns {
  /** The end of the line. */
  private cursor = 0;

  /** Nobody waits any more. */
  clear(): void {
    this.cursor = 0;
  }

  /**
   * @param from when the next row may be due, milliseconds since 1970
   * @param perSecond Infinity: all are due then
   * @param horizonMs those for whom there is no turn before `from` and so much more are due then, and put off again
   */
  next(
    count: number,
    { from, perSecond, horizonMs }: { from: number; perSecond: number; horizonMs: number },
  ): { nextAt: number; count: number }[] {
    const perSlot = Math.max(1, Math.round(Math.min(1e9, (perSecond * SLOT_MS) / 1000)));
    const slots: { nextAt: number; count: number }[] = [];
    this.cursor = Math.max(this.cursor, from);
    for (let left = count; left > 0; ) {
      const atEnd = this.cursor >= from + horizonMs;
      const size = atEnd ? left : Math.min(left, perSlot);
      slots.push({ nextAt: Math.round(this.cursor), count: size });
      left -= size;
      if (!atEnd) this.cursor += (SLOT_MS * size) / perSlot;
    }
    return slots;
  }
}
