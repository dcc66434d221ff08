/** A place; call it once to give it back. */
export type ReleasePlace = () => void;

/** Who asks for places: a campaign with its weight. */
export interface PlaceUser {
  id: string;
  /** Twice the weight: twice the places while others want some, too. Above 0. */
  weight: number;
}

interface Waiter {
  user: PlaceUser;
  give(release: ReleasePlace): void;
}

/**
 * Places for the messages that a process works on, from before they are built until their outcome is committed: twice the
 * W of the ledger, so that as many are ready as are in flight (the ticker, which knows what is committed, lets no more than
 * W be in flight). Campaigns that want places at the same time hold them in proportion to their weights, however large they
 * are; one alone holds them all.
 */
export class Places {
  private taken = 0;
  private readonly waiting: Waiter[] = [];
  /** Places by who holds them. */
  private readonly holds = new Map<string, number>();
  private sharing = false;

  constructor(readonly size: number) {}

  get inUse(): number {
    return this.taken;
  }

  /** Without a promise; null: all are taken, or others have waited longer. */
  take(user: PlaceUser): ReleasePlace | null {
    if (this.taken >= this.size || this.waiting.length > 0) return null;
    this.taken += 1;
    return this.releaser(user);
  }

  /** Gives null when the signal fires first. */
  acquire(user: PlaceUser, signal: AbortSignal): Promise<ReleasePlace | null> {
    if (signal.aborted) return Promise.resolve(null);
    const atOnce = this.take(user);
    if (atOnce) return Promise.resolve(atOnce);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        user,
        give: (release) => {
          signal.removeEventListener('abort', cancel);
          resolve(release);
        },
      };
      const cancel = () => {
        const at = this.waiting.indexOf(waiter);
        if (at >= 0) this.waiting.splice(at, 1);
        resolve(null);
      };
      signal.addEventListener('abort', cancel, { once: true });
      this.waiting.push(waiter);
    });
  }

  private releaser(user: PlaceUser): ReleasePlace {
    this.holds.set(user.id, this.held(user) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = this.held(user) - 1;
      if (left > 0) this.holds.set(user.id, left);
      else this.holds.delete(user.id);
      this.taken -= 1;
      if (this.waiting.length > 0) this.share();
    };
  }

  /**
   * Gives one place at a time: a campaign that has got one asks for the next in the same turn of the event loop, so that
   * in each turn all are there among whom to choose. One that is alone need not wait for that.
   */
  private share(): void {
    const isShared =
      this.holds.size > 1 || this.waiting.some(({ user }) => user.id !== this.waiting[0]!.user.id);
    if (!isShared) return this.giveOne();
    if (this.sharing) return;
    this.sharing = true;
    setImmediate(() => {
      this.sharing = false;
      if (this.waiting.length === 0 || this.taken >= this.size) return;
      this.giveOne();
      if (this.taken < this.size) this.share();
    });
  }

  private giveOne(): void {
    const next = this.poorest();
    if (!next) return;
    this.taken += 1;
    next.give(this.releaser(next.user));
  }

  private held(user: PlaceUser): number {
    return this.holds.get(user.id) ?? 0;
  }

  /** Of those who wait, the one with the fewest places for its weight; of equals the one who came first. */
  private poorest(): Waiter | undefined {
    let at = 0;
    let least = Infinity;
    for (const [nth, { user }] of this.waiting.entries()) {
      const share = this.held(user) / user.weight;
      if (share < least) [at, least] = [nth, share];
    }
    return this.waiting.splice(at, 1)[0];
  }
}
