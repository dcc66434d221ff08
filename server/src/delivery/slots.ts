/** A slot; call it once to give it back. */
export type ReleaseSlot = () => void;

/**
 * The W of the ledger: messages in flight at most. A slot is held from before the intent until the outcome is committed,
 * so W also bounds what is in doubt when the process dies.
 */
export class Slots {
  private taken = 0;
  private readonly waiting: ((release: ReleaseSlot) => void)[] = [];

  constructor(readonly size: number) {}

  get inUse(): number {
    return this.taken;
  }

  /** Without a promise; null: all are taken. */
  take(): ReleaseSlot | null {
    if (this.taken >= this.size) return null;
    this.taken += 1;
    return this.releaser();
  }

  /** First come, first served. Gives null when the signal fires first. */
  acquire(signal: AbortSignal): Promise<ReleaseSlot | null> {
    if (signal.aborted) return Promise.resolve(null);
    if (this.taken < this.size) {
      this.taken += 1;
      return Promise.resolve(this.releaser());
    }
    return new Promise((resolve) => {
      const give = (release: ReleaseSlot) => {
        signal.removeEventListener('abort', cancel);
        resolve(release);
      };
      const cancel = () => {
        const at = this.waiting.indexOf(give);
        if (at >= 0) this.waiting.splice(at, 1);
        resolve(null);
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.waiting.push(give);
    });
  }

  private releaser(): ReleaseSlot {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const next = this.waiting.shift();
      if (next) next(this.releaser());
      else this.taken -= 1;
    };
  }
}
