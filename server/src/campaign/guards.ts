import { announce, SOFT_REASONS, suppressSoftFailures } from '../audience';
import type { Context } from '../context';
import { loadSettings } from '../settings';
import {
  claimGuard,
  countAccepted,
  countPeopleWith,
  countRefused,
  endedSince,
  inTransaction,
  pruneFeedback,
  readGuards,
  refusedAddresses,
  softFailuresAfter,
  writeGuard,
  type SoftCursor,
} from '../storage';
import {
  guardSentence,
  judgeCampaign,
  NO_GUARD_STATE,
  type GuardCounts,
  type GuardName,
  type GuardState,
  type GuardThresholds,
} from './guards-judge';
import { activeCampaigns, campaignState, pauseFor } from './moves';

type GuardContext = Pick<Context, 'knex' | 'emit' | 'log'>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A campaign that goes out is judged this often; one that has ended, for as long as bounces and complaints come. */
const EVERY = { sending: 10_000, ended: 15 * MINUTE };
const STILL_COMING = 5 * DAY;
/** Rows of a moment ago may be in a transaction that has not ended yet. */
const SETTLED_FOR = MINUTE;
const SOFT_AT_ONCE = 200;
const DOMAINS_SEEN = 200;
/** Feedback that led to nothing is forgotten after so long. */
const KEPT = 90 * DAY;
const FORGOTTEN_AT_ONCE = 1000;
const FORGOTTEN_TIMES = 50;
/** Stands for no campaign: whose turn it is to forget. */
const TIDYING = '-';

/** Classes of refusals that say that something is wrong with us or with the list, whoever is asked. */
const ABOUT_US = ['content', 'policy', 'reputation', 'authentication', 'sender', 'invalid'] as const;

/** What is kept in the database of one campaign. */
interface Kept {
  guard: GuardState;
  soft: SoftCursor;
}

/**
 * What the reconciler calls regularly: pauses campaigns that do harm, suppresses addresses that have failed softly often
 * enough, and forgets old feedback. Processes take turns per campaign; nothing of it is done per message.
 */
export async function guardCampaigns(ctx: Context): Promise<void> {
  const now = Date.now();
  const { thresholds } = await loadSettings(ctx.knex);
  const active = await activeCampaigns(ctx);
  for (const id of active) await guard(ctx, id, EVERY.sending, thresholds, now);
  for (const id of await endedSince(ctx.knex, now - STILL_COMING)) {
    if (!active.includes(id)) await guard(ctx, id, EVERY.ended, thresholds, now);
  }
  if ((await claimGuard(ctx.knex, TIDYING, now, HOUR)) !== undefined) await forgetOld(ctx, now - KEPT);
}

/** Short statements, but not for ever: the rest has its turn in an hour. */
async function forgetOld({ knex }: GuardContext, before: number): Promise<void> {
  for (let n = 0; n < FORGOTTEN_TIMES; n++)
    if ((await pruneFeedback(knex, before, FORGOTTEN_AT_ONCE)) < FORGOTTEN_AT_ONCE) return;
}

type Thresholds = Awaited<ReturnType<typeof loadSettings>>['thresholds'];

async function guard(
  ctx: Context,
  id: string,
  everyMs: number,
  thresholds: Thresholds,
  now: number,
): Promise<void> {
  const found = await claimGuard(ctx.knex, id, now, everyMs);
  if (found === undefined) return;
  const kept = found as Kept | null;
  const soft = await countSoftFailures(ctx, id, kept?.soft ?? { at: 0, id: 0 }, thresholds, now);
  const { counts, domains } = await countsOf(ctx, id);
  const { pause, state } = judgeCampaign(counts, domains, kept?.guard ?? NO_GUARD_STATE, thresholds);
  const paused =
    pause !== null && (await pauseFor(ctx, id, guardSentence(pause.guard, pause.share, thresholds)));
  await writeGuard(ctx.knex, id, {
    guard: { ...state, pausedBy: paused ? pause : null },
    soft,
  } satisfies Kept);
}

async function countsOf(
  { knex }: Pick<Context, 'knex'>,
  id: string,
): Promise<{ counts: GuardCounts; domains: number }> {
  const refused = await countRefused(knex, id);
  const sum = (rows: typeof refused) => rows.reduce((total, { count }) => total + count, 0);
  const aboutUs = refused.filter(
    ({ state, reason }) => state !== 'failed' && (ABOUT_US as readonly string[]).includes(reason),
  );
  const counts = {
    accepted: await countAccepted(knex, id),
    hard: sum(refused.filter(({ state, reason }) => state === 'bounced' && reason === 'invalid')),
    failed: sum(refused.filter(({ state }) => state !== 'deferred')),
    complaints: await countPeopleWith(knex, id, 'complaint'),
    refused: sum(aboutUs),
  };
  const addresses = counts.refused === 0 ? [] : await refusedAddresses(knex, id, ABOUT_US, DOMAINS_SEEN);
  const domains = new Set(addresses.map((address) => address.slice(address.lastIndexOf('@') + 1)));
  return { counts, domains: domains.size };
}

/**
 * Refusals while sending count like those that come back by mail: the deliveries say so already, and whoever failed since
 * the last look is looked at.
 */
async function countSoftFailures(
  ctx: GuardContext,
  campaignId: string,
  from: SoftCursor,
  thresholds: Thresholds,
  now: number,
): Promise<SoftCursor> {
  let cursor = from;
  for (;;) {
    const before = now - SETTLED_FOR;
    const failed = await softFailuresAfter(ctx.knex, campaignId, SOFT_REASONS, cursor, before, SOFT_AT_ONCE);
    const last = failed.at(-1);
    if (!last) return cursor;
    const failures = failed.map(({ subscriberId, addressHash, replyText }) => ({
      subscriberId,
      addressHash,
      detail: replyText,
      campaignId,
      feedbackId: null,
    }));
    const { changed } = await inTransaction(ctx.knex, (trx) =>
      suppressSoftFailures(trx, failures, thresholds, now),
    );
    for (const { person } of changed)
      announce(ctx, 'subscriber-bounced', [person], { via: 'soft-bounces', campaignId });
    cursor = { at: last.at, id: last.id };
  }
}

/** A campaign that is in danger: something to look at, before it pauses or after its end. */
export interface GuardWarning {
  campaignId: string;
  guard: GuardName;
  /** Percent. */
  share: number;
  /** Percent from which it is one. */
  line: number;
}

/** What the guards warn of, of campaigns that go out or ended not long ago. Paused ones say why themselves. */
export async function guardWarnings(ctx: Pick<Context, 'knex'>): Promise<GuardWarning[]> {
  const { thresholds } = await loadSettings(ctx.knex);
  const warnings: GuardWarning[] = [];
  for (const { campaignId, state } of await readGuards(ctx.knex, Date.now() - STILL_COMING)) {
    const { guard: found } = (state ?? { guard: NO_GUARD_STATE }) as Kept;
    if (found.warnings.length === 0 || (await campaignState(ctx.knex, campaignId)) === 'paused') continue;
    for (const { guard: name, share } of found.warnings)
      warnings.push({ campaignId, guard: name, share, line: lineOf(name, thresholds) });
  }
  return warnings;
}

const lineOf = (name: GuardName, { hardBounces, complaints, refusals }: GuardThresholds) =>
  ({ 'hard-bounces': hardBounces.warn, complaints: complaints.warn, refusals: refusals.pause })[name];
