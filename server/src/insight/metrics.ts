import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Context } from '../context';
import { REPLY_CLASSES, type Delivery, type DeliveryObserver } from '../delivery';
import { metricsProblem } from './metrics-access';
import { countBacklog, countCampaignStates, countSuspended, dueSince } from '../storage';

export interface Metrics {
  /** To be given to the delivery of this process. */
  observer: DeliveryObserver;
  /** @param delivery of this process; null: not started */
  read(delivery: Pick<Delivery, 'health' | 'queueCounts'> | null): Promise<{ type: string; body: string }>;
}

/** Milliseconds for which what was read from the database is good: several scrapers ask for the same. */
const FRESH_MS = 10_000;
const CAMPAIGN_STATES = ['draft', 'scheduled', 'sending', 'paused', 'sent', 'cancelled'] as const;
const CLASSES: ReadonlySet<string> = new Set(REPLY_CLASSES);

/**
 * Prometheus metrics in a registry of their own; null when `metrics.enabled` is false, and then prom-client is not even
 * loaded. Warns when they are on and nobody may read them. Labels are names of transports, states and classes: no address, no campaign. What comes from the database is
 * the same in every process: take its maximum, not its sum.
 */
export async function createMetrics(ctx: Context): Promise<Metrics | null> {
  if (!ctx.config.metrics.enabled) return null;
  const problem = metricsProblem(ctx);
  if (problem !== null) ctx.log.warn(`newsletter: ${problem} Until then nobody is answered.`);
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new prom.Gauge({ name: `newsletter_${name}`, help, labelNames, registers });
  if (ctx.config.metrics.process) prom.collectDefaultMetrics({ register: registry });

  const deliveries: Counter<'transport' | 'outcome'> = new prom.Counter({
    name: 'newsletter_deliveries_total',
    help: 'Outcomes that this process committed, by transport (none: nothing was handed over) and state.',
    labelNames: ['transport', 'outcome'],
    registers,
  });
  const refusals: Counter<'transport' | 'reply' | 'class'> = new prom.Counter({
    name: 'newsletter_refusals_total',
    help: 'Refusals by first digit of the SMTP reply (none: the connection failed) and by our class.',
    labelNames: ['transport', 'reply', 'class'],
    registers,
  });
  const ticks: Histogram = new prom.Histogram({
    name: 'newsletter_ledger_tick_seconds',
    help: 'Duration of a group commit of the ledger.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const inFlight = gauge('in_flight', 'Messages of this process that are in flight.');
  const slots = gauge('slots', 'Messages that this process may have in flight.');
  const queueUp = gauge('queue_up', '1: the queue answers this process.');
  const queue = gauge('queue_tickets', 'Tickets in the queue.', ['queue', 'state']);
  const transportUp = gauge('transport_up', '1: the last check or message worked.', ['transport']);
  const backlog = gauge('backlog_deliveries', 'Recipients of campaigns being sent without a final outcome.');
  const age = gauge('oldest_due_age_seconds', 'For how long the oldest thing has been due.', ['kind']);
  const campaigns = gauge('campaigns', 'Campaigns by state.', ['state']);
  const suspended = gauge('suspended_destinations', 'Destinations that get nothing for a while.', [
    'transport',
  ]);

  const facts = cached(FRESH_MS, () =>
    Promise.all([
      countBacklog(ctx.knex),
      countCampaignStates(ctx.knex),
      dueSince(ctx.knex, Date.now()),
      countSuspended(ctx.knex, Date.now()),
    ] as const),
  );

  return {
    observer: {
      ticked: (seconds) => ticks.observe(seconds),
      settled(outcomes) {
        for (const { state, reason, replyCode, transport } of outcomes) {
          deliveries.inc({ transport: transport ?? 'none', outcome: state });
          if (transport === null || reason === null || !CLASSES.has(reason)) continue;
          const reply = replyCode === null ? 'none' : String(replyCode)[0]!;
          refusals.inc({ transport, reply, class: reason });
        }
      },
    },
    async read(delivery) {
      const [waiting, states, due, resting] = await facts();
      backlog.set(waiting);
      for (const state of CAMPAIGN_STATES) campaigns.set({ state }, states[state] ?? 0);
      for (const [kind, at] of Object.entries(due) as [string, number | null][]) {
        age.set({ kind }, at === null ? 0 : Math.max(0, (Date.now() - at) / 1000));
      }
      for (const transport of Object.keys(ctx.config.transports))
        suspended.set({ transport }, resting[transport] ?? 0);
      const local = delivery?.health();
      inFlight.set(local?.inFlight ?? 0);
      slots.set(local && local.role !== 'web' ? local.slots : 0);
      for (const { name, ok } of local?.transports ?? [])
        if (ok !== null) transportUp.set({ transport: name }, ok ? 1 : 0);
      queue.reset();
      // A queue that is away is a fact to be told, not a reason to tell nothing.
      const counts = await delivery?.queueCounts().catch(() => null);
      queueUp.set(local?.queue.ok && counts ? 1 : 0);
      for (const [name, byState] of Object.entries(counts ?? {})) {
        for (const [state, count] of Object.entries(byState)) queue.set({ queue: name, state }, count);
      }
      return { type: registry.contentType, body: await registry.metrics() };
    },
  };
}

function cached<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | null = null;
  let at = 0;
  return () => {
    if (!value || Date.now() - at > ms) {
      at = Date.now();
      value = read().catch((error: unknown) => {
        value = null;
        throw error;
      });
    }
    return value;
  };
}
