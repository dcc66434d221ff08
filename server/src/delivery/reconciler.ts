import { activeCampaigns, finishIfDone, guardCampaigns, loadRun, startDue } from '../campaign';
import type { Context } from '../context';
import { hasDueBatch, hasDueMails, reopenBatches } from '../storage';
import { DestinationFinder } from './pacing/destination';
import { recover } from './recover';
import { databaseMessage } from './ticker';

/** What the reconciler does with what it finds. */
export interface ReconcilerActions {
  /** Adds tickets for a campaign that has something to send now. */
  pump(campaignId: string): Promise<void>;
  mails(): Promise<void>;
  tidy(): Promise<void>;
}

/**
 * Looks at the tables every few seconds and asks for what they say is unfinished: whatever the queue forgot, whoever
 * died. A plain timer, since a queue that was emptied has forgotten its schedules too.
 */
export class Reconciler {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private stopped = false;
  /** When the last complete look ended, in milliseconds since 1970. */
  lastAt: number | null = null;
  private readonly finder: DestinationFinder;

  constructor(
    private readonly ctx: Context,
    private readonly actions: ReconcilerActions,
  ) {
    this.finder = new DestinationFinder(ctx.config.pacing.destinations);
  }

  start(): void {
    this.schedule(0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.look().finally(() => {
        // Processes that started together drift apart.
        this.schedule(this.ctx.config.worker.reconcileSeconds * 1000 * (0.9 + 0.2 * Math.random()));
      });
    }, ms);
  }

  private async look(): Promise<void> {
    let complete = true;
    const step = async (name: string, work: () => Promise<void>) => {
      if (this.stopped) return;
      try {
        await work();
      } catch (error) {
        complete = false;
        this.ctx.log.error(`newsletter: reconciler, ${name}: ${databaseMessage(error as Error)}`);
      }
    };
    await step('recover', async () => void (await recover(this.ctx)));
    await step('tidy', () => this.actions.tidy());
    await step('start', async () => void (await startDue(this.ctx)));
    await step('guards', () =>
      guardCampaigns(this.ctx, { destinationOf: (domain) => this.finder.find(domain, null) }),
    );
    await step('campaigns', () => this.lookAtCampaigns());
    await step('mails', async () => {
      if (await hasDueMails(this.ctx.knex)) await this.actions.mails();
    });
    if (complete) this.lastAt = Date.now();
  }

  private async lookAtCampaigns(): Promise<void> {
    for (const id of await activeCampaigns(this.ctx)) {
      const run = await loadRun(this.ctx, id);
      if (!run) continue;
      if (run.frozenAt === null || (await hasDueBatch(this.ctx.knex, id))) await this.actions.pump(id);
      else if (await finishIfDone(this.ctx, id)) continue;
      else if ((await reopenBatches(this.ctx.knex, id)) > 0) await this.actions.pump(id);
    }
  }
}
