import type { Knex } from 'knex';
import { suppressDeadRecipients, type DeadRecipient } from '../audience';
import type { Logger } from '../context';
import { STEP_BACK_MS, type Answering } from './answering';
import type { Evidence } from './evidence';
import type { DeliveryObserver } from './observer';
import { commitTick, type LedgerTickResult, type OutcomeRow } from '../storage';

/**
 * `ineligible`: the row may no longer be sent (suppressed, settled or taken since the claim). `stale`: when its turn came it
 * was not known whether it still may; nothing was written. `fenced`: the lease is lost.
 */
export type Admission = 'admitted' | 'ineligible' | 'stale' | 'fenced';

export interface Settlement extends OutcomeRow {
  /** Set when the receiver says that the mailbox does not exist: suppressed in the same transaction. */
  dead: { subscriberId: string; addressHash: string; campaignId: string; detail: string } | null;
}

export interface TickerOptions {
  knex: Knex;
  log: Logger;
  epoch: number;
  leaseMs: number;
  /** Milliseconds between the starts of two group commits, at least. */
  tickMs: number;
  /** The W of the ledger: intents without an outcome at most, and so what is in doubt when the process dies. */
  slots: number;
  /** Such intents of the epochs that this process had before. */
  openBefore: () => number;
  observer: DeliveryObserver;
  /** What commits wait for, a little; null: the process answers nobody. */
  answering: Answering | null;
  /** Where it is written down what leaves; null: nowhere. */
  evidence: Evidence | null;
  onFenced(): void;
  /** Told after the commit that suppressed them. */
  onDead(recipients: DeadRecipient[]): void;
}

/**
 * A commit costs about the same for one message as for fifty. Where it takes long, the next one waits for company: at most
 * a quarter of the time goes into commits, unless this share of all slots waits for one, or so many milliseconds went by.
 */
const TIME_SHARE = 4;
const SLOTS_SHARE = 0.5;
const LONGEST_GAP_MS = 40;

/** How soon it is looked again whether an epoch before has read its replies and left room. */
const ROOM_LOOK_MS = 50;

interface Pending<T, R> {
  value: T;
  resolve(result: R): void;
}

interface Asking extends Pending<number, Admission> {
  isWanted: () => boolean;
}

/**
 * Group commit of one epoch: intents and outcomes of all its messages go to the database in sets, one transaction a
 * tick. It commits only when there is something to commit, and renews the lease in time when there is not.
 *
 * It alone hands out the W slots. Messages are built and signed before they ask for one, and an outcome and the intent that
 * takes its place are in the same commit: neither a thread that signs nor a connection waits for the other's commit.
 */
export class Ticker {
  private readonly open = new Map<number, number>();
  private admissions: Asking[] = [];
  /** Deliveries that ask, or are in the commit that runs. */
  private readonly asked = new Set<number>();
  private settlements: Pending<Settlement, void>[] = [];
  /** How many of the settlements give back a slot. */
  private leaving = 0;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private lastStart = 0;
  private lastTook = 0;
  private lastEnd = 0;
  private timerAt = 0;
  private failures = 0;
  private stopped = false;
  /** Nothing is written any more. */
  private closed = false;
  fenced = false;

  constructor(private readonly options: TickerOptions) {
    this.schedule(this.renewalMs());
  }

  get epoch(): number {
    return this.options.epoch;
  }

  get evidence(): Evidence | null {
    return this.options.evidence;
  }

  /** Deliveries whose intent is committed and whose outcome is not. */
  get openCount(): number {
    return this.open.size;
  }

  /**
   * Commits the intent to send a delivery, as soon as there is a slot. Only after `admitted` may the message be handed to a
   * transport.
   * @param isWanted asked when its turn has come, which may be minutes later
   */
  admit(deliveryId: number, attempt: number, isWanted: () => boolean = () => true): Promise<Admission> {
    if (this.fenced || this.stopped) return Promise.resolve('fenced');
    // The table cannot tell two intents of one epoch apart.
    if (this.open.has(deliveryId) || this.asked.has(deliveryId)) return Promise.resolve('ineligible');
    this.asked.add(deliveryId);
    return new Promise((resolve) => {
      this.admissions.push({
        value: deliveryId,
        isWanted,
        resolve: (result) => {
          this.asked.delete(deliveryId);
          if (result === 'admitted') this.open.set(deliveryId, attempt);
          resolve(result);
        },
      });
      this.wake();
    });
  }

  /**
   * Commits what became of a delivery; resolves when it is committed, however long the database is away. After the end of
   * the ledger nothing is: what was handed over is in doubt by then, and nobody may wait for the rest for ever.
   */
  settle(settlement: Settlement): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.settlements.push({ value: settlement, resolve });
      if (this.open.has(settlement.deliveryId)) this.leaving += 1;
      this.wake();
    });
  }

  /**
   * Ends the epoch's ledger: what is still open is recorded as in doubt, everything pending is committed once more.
   * @returns how many deliveries were left in doubt
   * @throws the database's error; recovery then does the same after the lease
   */
  async stop(): Promise<number> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
    const settled = new Set(this.settlements.map((entry) => entry.value.deliveryId));
    const abandoned = [...this.open].filter(([id]) => !settled.has(id));
    for (const [deliveryId, attempt] of abandoned) {
      this.settlements.push({ value: stoppedInFlight(deliveryId, attempt), resolve: () => {} });
    }
    for (const entry of this.admissions.splice(0)) entry.resolve('fenced');
    try {
      await this.commit();
      // Replies that came meanwhile.
      if (this.settlements.length > 0) await this.commit();
      return abandoned.length;
    } finally {
      this.closed = true;
      for (const entry of this.settlements.splice(0)) entry.resolve();
    }
  }

  private renewalMs(): number {
    return Math.max(50, Math.floor(this.options.leaseMs / 3));
  }

  private wake(): void {
    if (this.running || this.failures > 0) return;
    const size = this.settlements.length + Math.min(this.admissions.length, this.room);
    if (size === 0) return this.waitForRoom();
    const isUrgent = size >= this.options.slots * SLOTS_SHARE;
    const patient = Math.min(LONGEST_GAP_MS, this.lastTook * TIME_SHARE);
    const gap = isUrgent ? this.options.tickMs : Math.max(this.options.tickMs, patient);
    const due = this.lastStart + gap;
    if (!this.timer || due < this.timerAt) this.schedule(Math.max(0, due - Date.now()));
  }

  /** Nobody tells when an epoch before has read a reply. */
  private waitForRoom(): void {
    if (this.admissions.length === 0 || this.options.openBefore() === 0) return;
    if (!this.timer || this.timerAt > Date.now() + ROOM_LOOK_MS) this.schedule(ROOM_LOOK_MS);
  }

  /** Free slots, counting those that what waits for the next commit gives back. */
  private get room(): number {
    const { slots, openBefore } = this.options;
    return Math.max(0, slots - openBefore() - this.open.size + this.leaving);
  }

  private schedule(ms: number): void {
    if (this.timer) clearTimeout(this.timer);
    if (this.stopped) return;
    this.timerAt = Date.now() + ms;
    this.timer = setTimeout(() => void this.run(), ms);
  }

  private async run(): Promise<void> {
    this.timer = null;
    if (this.running) return;
    this.running = this.commitPolitely().then(
      () => {
        this.failures = 0;
      },
      (error: Error) => {
        this.failures += 1;
        // Sending stops by itself meanwhile: slots stay taken until their outcome is committed.
        this.options.log.error(
          `newsletter: the ledger could not be written (will be tried again): ${databaseMessage(error)}`,
        );
      },
    );
    await this.running;
    this.running = null;
    this.lastEnd = Date.now();
    this.lastTook = this.lastEnd - this.lastStart;
    if (this.stopped) return;
    if (this.failures > 0) this.schedule(Math.min(5_000, 100 * 2 ** this.failures));
    else if (this.settlements.length > 0 || (this.admissions.length > 0 && this.room > 0)) this.wake();
    else if (!this.fenced) {
      this.schedule(this.renewalMs());
      this.waitForRoom();
    }
  }

  /** It waits for requests to be answered, counted from the end of the last commit. */
  private async commitPolitely(): Promise<void> {
    const { answering } = this.options;
    if (answering?.isBusy) await answering.idle(this.lastEnd + STEP_BACK_MS - Date.now());
    this.lastStart = Date.now();
    await this.commit();
  }

  private async commit(): Promise<void> {
    const admissions = this.nextAdmissions();
    const settlements = this.settlements.splice(0);
    const { leaving } = this;
    this.leaving = 0;
    const startedAt = performance.now();
    let committed: LedgerTickResult;
    try {
      committed = await this.write(
        admissions.map((entry) => entry.value),
        settlements.map((entry) => entry.value),
      );
    } catch (error) {
      this.admissions.unshift(...admissions);
      this.settlements.unshift(...settlements);
      this.leaving += leaving;
      throw error;
    }
    this.options.observer.ticked((performance.now() - startedAt) / 1000);
    if (settlements.length > 0) this.options.observer.settled(settlements.map((entry) => entry.value));
    for (const entry of settlements) this.open.delete(entry.value.deliveryId);
    this.evidence?.settled(settlements.map((entry) => entry.value.deliveryId));
    for (const entry of admissions) {
      const isAdmitted = committed.admitted.has(entry.value);
      entry.resolve(!committed.alive ? 'fenced' : isAdmitted ? 'admitted' : 'ineligible');
    }
    for (const entry of settlements) entry.resolve();
    const dead = deadOf(settlements.map((entry) => entry.value));
    if (dead.length > 0) this.options.onDead(dead);
    if (!committed.alive && !this.fenced) {
      this.fenced = true;
      for (const entry of this.admissions.splice(0)) entry.resolve('fenced');
      this.options.onFenced();
    }
  }

  /** As many as there is room for, in their order. */
  private nextAdmissions(): Asking[] {
    const { room } = this;
    const next: Asking[] = [];
    let at = 0;
    while (at < this.admissions.length && next.length < room) {
      const asking = this.admissions[at++]!;
      if (asking.isWanted()) next.push(asking);
      else asking.resolve('stale');
    }
    this.admissions.splice(0, at);
    return next;
  }

  private async write(asked: number[], settlements: Settlement[]): Promise<LedgerTickResult> {
    const { knex, epoch, leaseMs, log } = this.options;
    const settled = new Set(settlements.map((settlement) => settlement.deliveryId));
    const open = [...this.open.keys()].filter((id) => !settled.has(id));
    const dead = deadOf(settlements);
    const result = await commitTick(
      knex,
      { epoch, leaseMs, asked, open, outcomes: settlements, now: Date.now() },
      dead.length > 0 ? (trx) => suppressDeadRecipients(trx, dead) : null,
    );
    if (result.written < settlements.length) {
      log.debug(`newsletter: ${settlements.length - result.written} outcomes were known already`);
    }
    return result;
  }
}

const deadOf = (settlements: Settlement[]): DeadRecipient[] =>
  settlements.flatMap((settlement) => (settlement.dead ? [settlement.dead] : []));

/** knex puts the statement with all its values, addresses among them, in front of what the database said. */
export function databaseMessage(error: Error): string {
  return error.message.slice(error.message.lastIndexOf(' - ') + 1).slice(0, 500);
}

function stoppedInFlight(deliveryId: number, attempt: number): Settlement {
  return {
    deliveryId,
    attempt,
    tried: true,
    state: 'in_doubt',
    reason: 'process-stopped',
    nextAt: 0,
    replyCode: null,
    replyStatus: null,
    replyText: null,
    transport: null,
    dead: null,
  };
}
