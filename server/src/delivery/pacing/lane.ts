import { replyClass } from '../reply-rules';
import { lacksOwnAddress } from '../transport-outcome';
import type { SendOutcome, Transport } from '../types';
import type { Bucket } from './buckets';
import {
  afterCohort,
  afterRefusal,
  afterTime,
  afterUnreachable,
  firstLimit,
  judge,
  moreCareful,
  nothingLearned,
  type Moment,
} from './controller';
import { Meter } from './meter';
import type { ReplyRule } from './providers';
import { SLOT_MS, Turns } from './turns';
import type { Learned, Limits } from './types';

const HOUR = 3_600_000;
/** Rows are put off so far ahead at most: limits change. */
const HORIZON_MS = 600_000;
/**
 * The same where a rate holds it back, which changes when its time is over or by configuration: each row that waits is
 * written anew once per horizon, 0.7 KB of PostgreSQL's log each time.
 */
const STEADY_HORIZON_MS = 3_600_000;
/** Where no rate is limited, so many messages are expected to go over each connection in a second. */
const BLIND_PER_SECOND = 10;
/** Behind the message on a connection, another one may be on its way. */
const PER_CONNECTION = 2;

export interface LaneOptions {
  source: string;
  destination: string;
  type: Transport['type'];
  limits: Limits;
  rules: readonly ReplyRule[];
  /** Has a name of its own: counted by itself. */
  named: boolean;
  /** Processes that send: a limit is for all of them. */
  processes(): number;
  bucket(perSecond: number): Bucket;
}

/**
 * One destination as one source sees it, in this process. Nothing here waits or asks anybody: the hot loop calls it for
 * each message.
 */
export class Lane {
  learned: Learned;
  /** Of its row in the table; 0: it has none. */
  version = 0;
  /** Learned here and not written yet. */
  isDirty = false;
  /** Claimed rows that wait for their turn in this process. */
  parked = 0;
  inFlight = 0;
  private bucket: Bucket | null = null;
  private successes = 0;
  private unreachable = 0;
  /** What was begun before is no news about what was learned then, be it accepted or refused. */
  private cutAt = 0;
  private readonly turns = new Turns();
  private readonly taken = new Meter();
  private readonly hits = new Map<ReplyRule, number[]>();
  private readonly waiters: (() => void)[] = [];
  /** Nothing limits it: the short way for most messages. */
  private isFree = true;

  constructor(private readonly options: LaneOptions) {
    this.learned = nothingLearned(firstLimit(options.type));
    this.adjust();
  }

  get source(): string {
    return this.options.source;
  }

  get destination(): string {
    return this.options.destination;
  }

  get type(): Transport['type'] {
    return this.options.type;
  }

  get isNamed(): boolean {
    return this.options.named;
  }

  /** Its connections over all processes: what it may have, and what was learned. */
  get connections(): number {
    return Math.min(this.learned.limit, this.options.limits.connections);
  }

  get messagesPerConnection(): number {
    return this.options.limits.messagesPerConnection;
  }

  get requireTLS(): boolean | undefined {
    return this.options.limits.requireTLS;
  }

  /** Messages per second over all processes; Infinity: no limit. */
  get rate(): number {
    return this.bucket?.perSecond ?? Infinity;
  }

  /** This process's part of the connections. */
  get ownConnections(): number {
    const all = this.connections;
    return all === Infinity ? Infinity : Math.max(1, Math.floor(all / Math.max(1, this.options.processes())));
  }

  /** Messages of this process that may be on their way to it at the same time. */
  private get room(): number {
    const own = this.ownConnections;
    return this.options.type === 'mx' && own !== Infinity ? own * PER_CONNECTION : own;
  }

  /** Accepted messages per second over about the last ten seconds, in this process. */
  perSecond(now: number): number {
    return this.taken.perSecond(now);
  }

  /** Milliseconds until a message may go, 0: now. Infinity: when one that is on its way has its reply. */
  wait(now: number): number {
    if (this.isFree) return 0;
    this.forget(now);
    if (this.learned.suspendedUntil > now) return this.learned.suspendedUntil - now;
    if (this.inFlight >= this.room) return Infinity;
    return this.bucket ? this.bucket.wait(now) : 0;
  }

  /** Until when nothing may go at all, milliseconds since 1970; null: something may. */
  suspendedUntil(now: number): number | null {
    return this.learned.suspendedUntil > now ? this.learned.suspendedUntil : null;
  }

  /** Resolves when a message that was on its way has its reply. */
  whenFreed(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  /** How many more rows may wait in memory for their turn: about ten seconds of what it takes. */
  places(now: number): number {
    if (this.learned.suspendedUntil > now) return 0;
    return Math.max(0, Math.ceil(10 * this.expectedPerSecond(now)) - this.parked);
  }

  /** When so many rows, which do not find a place now, come due: in slots, as fast as it takes them. */
  putOff(count: number, now: number): { nextAt: number; count: number }[] {
    const from = Math.max(now + SLOT_MS, this.learned.suspendedUntil);
    return this.turns.next(count, {
      from,
      // Nothing but a suspension holds it: all are due at its end.
      perSecond: this.expectedPerSecond(now),
      horizonMs: this.horizonMs(from),
    });
  }

  private expectedPerSecond(now: number): number {
    return Math.min(this.byRoom(now), this.rate);
  }

  /** What it takes by the number at the same time alone. */
  private byRoom(now: number): number {
    return Math.max(BLIND_PER_SECOND * this.room, this.perSecond(now));
  }

  private horizonMs(from: number): number {
    if (this.rate > this.byRoom(from)) return HORIZON_MS;
    const { rate, rateUntil } = this.learned;
    const end = rate < this.options.limits.messagesPerSecond ? rateUntil - from : Infinity;
    return Math.max(HORIZON_MS, Math.min(STEADY_HORIZON_MS, end));
  }

  /** Counts a message that is about to be handed over; call it when `wait` said 0. */
  begin(now: number): void {
    this.inFlight += 1;
    this.bucket?.take(now);
  }

  /** Nothing was handed over after all. */
  cancel(): void {
    this.end();
  }

  private end(): void {
    this.inFlight -= 1;
    if (this.waiters.length > 0) for (const wake of this.waiters.splice(0)) wake();
  }

  /**
   * What became of a message. Only what the receiver said counts: who was held back by us is never reported.
   * @param startedAt when it was begun
   */
  report(outcome: SendOutcome, startedAt: number, now: number): void {
    this.end();
    switch (outcome.kind) {
      case 'accepted':
        return this.accepted(startedAt, now);
      case 'refused':
        this.unreachable = 0;
        return this.refused(outcome, startedAt, now);
      case 'lost':
        return this.lost(outcome.message, startedAt, now);
      case 'unknown':
        return;
    }
  }

  private accepted(startedAt: number, now: number): void {
    this.taken.count(now);
    if (this.isFree || startedAt <= this.cutAt) return;
    this.unreachable = 0;
    const { learned } = this;
    this.successes += 1;
    const isCohort = this.successes * Math.max(1, this.options.processes()) >= learned.limit;
    if (isCohort && learned.limit < this.options.limits.connections) {
      this.successes = 0;
      this.learn(afterCohort(learned, this.options.limits.connections));
    } else if (learned.suspensions > 0) {
      this.learn({ ...learned, suspensions: 0, refusingSince: 0 });
    }
  }

  /** Says what a refusal of another lane's message taught about this one: what a relay says about all our mail. */
  refused({ stage, reply }: Extract<SendOutcome, { kind: 'refused' }>, startedAt: number, now: number): void {
    const judgement = judge(reply, replyClass(stage, reply), this.options.rules, (rule) =>
      this.hit(rule, now),
    );
    // Those that were on their way together say the same; a suspension may still become longer.
    if (!judgement || (startedAt <= this.cutAt && judgement.kind !== 'suspend')) return;
    if (judgement.kind === 'suspend' && this.learned.suspendedUntil > startedAt) {
      if (now + judgement.ms <= this.learned.suspendedUntil + SLOT_MS) return;
    }
    const processes = Math.max(1, this.options.processes());
    const moment: Moment = {
      now,
      load: (this.inFlight + 1) * processes,
      perSecond: this.perSecond(now) * processes,
      reply: [reply.code, reply.status, reply.text].filter(Boolean).join(' '),
    };
    this.cutAt = now;
    this.successes = 0;
    this.learn(afterRefusal(this.learned, judgement, moment));
  }

  /** Of a relay it says nothing about the receiver. */
  private lost(message: string, startedAt: number, now: number): void {
    if (this.options.type !== 'mx' || startedAt <= this.cutAt || lacksOwnAddress(message)) return;
    this.unreachable += 1;
    if (this.unreachable < Math.min(5, Math.max(2, this.room))) return;
    this.unreachable = 0;
    this.cutAt = now;
    this.learn(afterUnreachable(this.learned, { now, reply: message }));
  }

  private hit(rule: ReplyRule, now: number): number {
    const recent = (this.hits.get(rule) ?? []).filter((at) => now - at < HOUR);
    recent.push(now);
    this.hits.set(rule, recent);
    return recent.length;
  }

  private forget(now: number): void {
    const next = afterTime(this.learned, now);
    if (next === this.learned) return;
    this.taken.restart(); // what was taken until now was slowed down
    this.learn(next);
  }

  private learn(next: Learned): void {
    this.learned = next;
    this.adjust();
    // That a new destination takes one more at the same time is nothing to write down.
    if (next.at === 0) return;
    this.isDirty = true;
  }

  /** Takes over what another process wrote. What was learned here meanwhile and not written yet is kept if it is more careful. */
  adopt(learned: Learned, version: number): void {
    if (version <= this.version) return;
    this.version = version;
    this.learned = this.isDirty ? moreCareful(this.learned, learned) : learned;
    if (learned.suspendedUntil === 0) this.turns.clear();
    this.adjust();
    for (const wake of this.waiters.splice(0)) wake();
  }

  private adjust(): void {
    const { limits, type } = this.options;
    const { learned } = this;
    const rate = Math.min(learned.rate, limits.messagesPerSecond);
    if (rate === Infinity) this.bucket = null;
    else if (this.bucket) this.bucket.perSecond = rate;
    else this.bucket = this.options.bucket(rate);
    this.isFree =
      type === 'smtp' && rate === Infinity && this.connections === Infinity && learned.suspendedUntil === 0;
  }

  /** Nothing about it is worth keeping: it is made anew when it is asked for. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.parked === 0 && !this.isDirty && this.learned.at === 0;
  }
}
