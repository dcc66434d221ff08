import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldReason, ReplyClass } from '../../../shared/contracts';
import type { ClaimedDelivery, HeldGroup } from '../storage';
import type { Lane } from './pacing/lane';
import type { Blocked } from './pump-ways';

/** Rows that cannot go within about so many milliseconds are put off. */
const SOON_MS = 10_000;
const LOOK_MS = 250;

/** What became of a row that was to be sent: it waits for its destination, or nothing more may be sent now. */
export type Sent = 'begun' | 'waits' | 'ended';

interface Parked {
  row: ClaimedDelivery;
  /** Sends it when its lane lets it, or puts it off. */
  go: () => Promise<Sent>;
  done: () => void;
}

/**
 * The rows of a ticket whose destination lets nothing in at this moment. Those that will go within seconds wait here, each
 * destination in a row of its own, while the others of the batch go on; the rest is put off in sets, without an attempt.
 */
export class WaitingRows {
  private readonly lanes = new Map<Lane, Parked[]>();
  private putOff = new Map<Lane, { row: ClaimedDelivery; waitMs: number }[]>();
  private count = 0;

  /**
   * @param mayGoOn false when the ticket ends; waits out what holds all of its messages back. Never throws
   * @param signal fires when it ends
   */
  constructor(
    private readonly mayGoOn: () => Promise<boolean>,
    private readonly signal: AbortSignal,
  ) {}

  /** Rows that wait in memory. */
  get size(): number {
    return this.count;
  }

  /**
   * Takes a row that cannot go now.
   * @param go begins to send it; called when its lane lets it
   * @returns a promise that resolves when it has gone or the ticket has ended; null: it is put off with the next set
   */
  take(row: ClaimedDelivery, { way, waitMs }: Blocked, go: () => Promise<Sent>): Promise<void> | null {
    const { lane } = way;
    const isSoon = waitMs <= SOON_MS || waitMs === Infinity;
    if (!isSoon || lane.places(Date.now()) === 0) {
      const rows = this.putOff.get(lane);
      if (rows) rows.push({ row, waitMs });
      else this.putOff.set(lane, [{ row, waitMs }]);
      return null;
    }
    lane.parked += 1;
    this.count += 1;
    return new Promise((done) => {
      const entry: Parked = { row, go, done };
      const queue = this.lanes.get(lane);
      if (queue) return void queue.push(entry);
      this.lanes.set(lane, [entry]);
      void this.drain(lane, this.lanes.get(lane)!);
    });
  }

  private async drain(lane: Lane, queue: Parked[]): Promise<void> {
    while (queue.length > 0 && (await this.mayGoOn())) {
      const now = Date.now();
      const wait = lane.wait(now);
      if (wait === 0 || lane.suspendedUntil(now) !== null) {
        // If it was suspended meanwhile, `go` finds that out, and the row is put off.
        const next = queue.shift()!;
        this.leave(lane);
        const sent = await next.go();
        next.done();
        // Something else than its lane holds it up.
        if (sent === 'waits') await this.pause(LOOK_MS);
        continue;
      }
      const pause = this.pause(Math.min(wait, LOOK_MS));
      await (wait === Infinity ? Promise.race([lane.whenFreed(), pause]) : pause);
    }
    this.lanes.delete(lane);
    // Still queued and due: the next ticket finds them.
    for (const { done } of queue.splice(0)) {
      this.leave(lane);
      done();
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.signal }).catch(() => {});
  }

  private leave(lane: Lane): void {
    lane.parked -= 1;
    this.count -= 1;
  }

  /**
   * The rows that were put off since the last call, in sets that come due together.
   * @param confirm asks whether a suspension still holds: it may have been lifted elsewhere, and then its rows stay due
   */
  async collect(confirm: (lane: Lane) => Promise<boolean>): Promise<HeldGroup[]> {
    const taken = this.putOff;
    this.putOff = new Map();
    const groups: HeldGroup[] = [];
    for (const [lane, rows] of taken) {
      if (lane.suspendedUntil(Date.now()) !== null && !(await confirm(lane))) continue;
      groups.push(...groupsOf(lane, rows, Date.now()));
    }
    return groups;
  }
}

function groupsOf(lane: Lane, rows: { row: ClaimedDelivery; waitMs: number }[], now: number): HeldGroup[] {
  const { source, destination } = lane;
  const reason: HeldReason = lane.suspendedUntil(now) === null ? 'paced' : 'held';
  // A source that rests, or has sent all that it may today, makes wait longer than the destination itself.
  const longest = Math.max(...rows.map(({ waitMs }) => (waitMs === Infinity ? 0 : waitMs)));
  let at = 0;
  return lane.putOff(rows.length, now).map(({ nextAt, count }) => ({
    ids: rows.slice(at, (at += count)).map(({ row }) => row.id),
    source,
    destination,
    reason,
    nextAt: Math.max(nextAt, lane.suspendedUntil(now) === null ? now + longest : nextAt),
  }));
}

/** Refusals of all its mail in a row, before those who were never tried are given up: one may be an accident. */
const FEWEST_SUSPENSIONS = 5;

/**
 * Reason of a row that is given up while it waits for a suspended destination, which said nothing about this recipient:
 * what it said was about us, unless it could not be reached at all.
 */
export function givenUpFor({ learned }: Lane): ReplyClass | 'expired' {
  switch (learned.reason) {
    case 'network':
      return 'expired';
    case 'reputation':
      return 'reputation';
    default:
      return 'rate';
  }
}

/** Whether the destination has refused all mail for so long that a row that waits for it is given up, too. */
export function isGivenUp(row: ClaimedDelivery, lane: Lane, giveUpMs: number, now: number): boolean {
  const { refusingSince, suspensions } = lane.learned;
  if (lane.suspendedUntil(now) === null || suspensions < FEWEST_SUSPENSIONS) return false;
  return row.firstTriedAt !== null && now - Math.max(row.firstTriedAt, refusingSince) >= giveUpMs;
}
