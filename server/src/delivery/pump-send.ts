import { holdDeliveries, type ClaimedBatch, type ClaimedDelivery } from '../storage';
import { sendOne, untried, type SendJob } from './engine-send';
import type { Bucket } from './pacing/buckets';
import type { PlaceUser, Places, ReleasePlace } from './places';
import { givenUpFor, isGivenUp, WaitingRows, type Sent } from './pump-lanes';
import type { CampaignWatch } from './pump-watch';
import type { Blocked, Way, Ways } from './pump-ways';
import type { SendWindows } from './pump-window';
import { databaseMessage } from './ticker';

/** A message that was looked at anew has so long to get its turn: commits may be slow. Milliseconds. */
const CONFIRMED_MS = 5_000;

export interface RowSenderOptions {
  places: Places;
  user: PlaceUser;
  ways: Ways;
  windows: SendWindows;
  /** Rates that all messages of the campaign share. */
  buckets: readonly Bucket[];
  job: Omit<SendJob, 'transport' | 'breaker' | 'lane' | 'gate'>;
  watch: CampaignWatch;
  /** Fires when the ticket ends. */
  signal: AbortSignal;
  /** What `mayGoOn` says when nothing stands in the way: without a promise, for most messages. */
  isClear: (now: number) => boolean;
  /** False when the ticket must admit nothing more; waits out pace and rest as long as it lasts. Never throws. */
  mayGoOn: () => Promise<boolean>;
}

/** Begins to send the rows of a ticket, each as soon as its destination lets it and there is a place. */
export class RowSender {
  private readonly waiting: WaitingRows;
  private puttingOff: Promise<void> = Promise.resolve();
  /** Whether rows were put off: somebody has to be woken when the next of them are due. */
  hasPutOff = false;

  constructor(private readonly options: RowSenderOptions) {
    this.waiting = new WaitingRows(options.mayGoOn, options.signal);
  }

  /** Rows that wait in memory for their destination. */
  get parked(): number {
    return this.waiting.size;
  }

  /**
   * Begins to send one row as soon as there is a place, or lets it wait for its destination without holding up others.
   * @returns `ended` when nothing more of the batch may be sent now
   */
  async send(row: ClaimedDelivery, batch: ClaimedBatch, inFlight: Set<Promise<void>>): Promise<Sent> {
    const chosen = this.options.ways.choose(row, Date.now());
    const choice = chosen instanceof Promise ? await chosen : chosen;
    if ('waitMs' in choice) return this.letWait(row, choice, batch, inFlight);
    const { places } = this.options;
    const atOnce = places.take(this.options.user);
    const release = atOnce ?? (await places.acquire(this.options.user, this.options.signal));
    if (!release) return 'ended';
    // A place can take minutes when a server hangs: by then it may be paused, or the claim out of date.
    const isLate = atOnce === null || !this.options.isClear(Date.now());
    if ((isLate && !(await this.options.mayGoOn())) || this.options.windows.closedUntil(batch) !== null) {
      release();
      return 'ended';
    }
    // Others may have been let in meanwhile.
    const now = Date.now();
    const waitMs = this.options.ways.laneWait(choice, now);
    if (waitMs > 0) {
      release();
      return this.letWait(row, { way: choice, waitMs }, batch, inFlight);
    }
    // Another campaign may have used up what the transport may send now; the sender's other transports are looked at anew.
    if (this.options.ways.sourceWait(choice.transport, now) > 0) {
      release();
      return this.send(row, batch, inFlight);
    }
    this.begin(row, batch, choice, inFlight, release);
    return 'begun';
  }

  private begin(
    row: ClaimedDelivery,
    batch: ClaimedBatch,
    way: Way,
    inFlight: Set<Promise<void>>,
    release: ReleasePlace,
  ): void {
    const { transport, breaker, lane } = way;
    const now = Date.now();
    for (const bucket of this.options.buckets) bucket.take(now);
    this.options.ways.begin(way);
    const job: SendJob = { ...this.options.job, transport, breaker, lane, gate: this.gateOf(batch, way) };
    const sending = sendOne(job, row)
      .catch((error: Error) =>
        this.options.job.ctx.log.error(`newsletter: delivery ${row.id}: ${databaseMessage(error)}`),
      )
      .finally(release);
    track(inFlight, sending);
  }

  /** A prepared message can wait for minutes when a server hangs: by then it may be paused, or its window closed. */
  private gateOf(batch: ClaimedBatch, { lane, breaker }: Way): SendJob['gate'] {
    const { watch, windows } = this.options;
    let confirmedAt = -Infinity;
    const isShut = (now: number) =>
      watch.isOver ||
      windows.closedUntil(batch, now) !== null ||
      lane.suspendedUntil(now) !== null ||
      breaker.isResting(now);
    return {
      isOpen: () => {
        const now = Date.now();
        return !isShut(now) && (watch.isFresh(now) || now - confirmedAt < CONFIRMED_MS);
      },
      mayOpen: async () => {
        const isOpen = (await watch.isSending()) && !isShut(Date.now());
        confirmedAt = Date.now();
        return isOpen;
      },
    };
  }

  private letWait(
    row: ClaimedDelivery,
    blocked: Blocked,
    batch: ClaimedBatch,
    inFlight: Set<Promise<void>>,
  ): Sent {
    const { lane } = blocked.way;
    const giveUpMs = this.options.job.ctx.config.pacing.giveUpHours * 3_600_000;
    if (isGivenUp(row, lane, giveUpMs, Date.now())) {
      const ended = untried(row, 'failed', givenUpFor(lane), lane.learned.reply);
      track(inFlight, this.options.job.ticker.settle(ended));
      return 'begun';
    }
    const gone = this.waiting.take(row, blocked, () => this.send(row, batch, inFlight));
    if (gone) track(inFlight, gone);
    return 'waits';
  }

  /** Puts off in sets what found no place; one set after the other, so that a batch goes back after its rows. */
  putOff(): Promise<void> {
    this.puttingOff = this.puttingOff.then(async () => {
      try {
        const groups = await this.waiting.collect((lane) => this.options.job.pacer.confirm(lane));
        if (groups.length === 0) return;
        this.hasPutOff = true;
        await holdDeliveries(this.options.job.ctx.knex, groups, Date.now());
      } catch (error) {
        // They are due as before, and are claimed again.
        this.options.job.ctx.log.error(
          `newsletter: deliveries could not be put off: ${databaseMessage(error as Error)}`,
        );
      }
    });
    return this.puttingOff;
  }
}

/** Keeps a promise in a set until it is done. */
function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  void promise.then(() => set.delete(promise));
}
