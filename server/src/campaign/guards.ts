import { announce, SOFT_REASONS, suppressSoftFailures } from '../audience';
import type { Context } from '../context';
import { loadSettings } from '../settings';
import {
  claimGuard,
  acceptedByDestination,
  countAccepted,
  countPeopleWith,
  countRefused,
  endedSince,
  inTransaction,
  pruneFeedback,
  readGuards,
  refusedAddresses,
  softFailuresAfter,
  waitingByDestination,
  writeGuard,
  type SoftCursor,
} from '../storage';
import {
  guardReason,
  judgeCampaign,
  NO_GUARD_STATE,
  type GuardCounts,
  type GuardName,
  type GuardState,
  type GuardThresholds,
} from './guards-judge';
import { largeReceiver, REFUSED_SHARE, type ReceiverCounts } from './guards-receivers';
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
const RETURNED_SEEN = 2000;
const REFUSED_US = ['authentication'] as const;
/** Feedback that led to nothing is forgotten after so long. */
const KEPT = 90 * DAY;
const FORGOTTEN_AT_ONCE = 1000;
const FORGOTTEN_TIMES = 50;
/** Stands for no campaign: whose turn it is to forget. */
const TIDYING = '-';

/** Classes of refusals that say that something is wrong with us or with the list, whoever is asked. */
const ABOUT_US = ['content', 'policy', 'reputation', 'authentication', 'sender', 'invalid'] as const;

/** Final refusals for which there may be many reasons: when nearly all mails meet them, the reason is ours. */
const UNCLEAR = ['other', 'protocol', 'size'] as const;

const isAboutUs = ({ state, reason }: { state: string; reason: string }): boolean =>
  (state !== 'failed' && (ABOUT_US as readonly string[]).includes(reason)) ||
  (state === 'bounced' && (UNCLEAR as readonly string[]).includes(reason));

/** What is kept in the database of one campaign. */
interface Kept {
  guard: GuardState;
  soft: SoftCursor;
}

/** Finds the name under which deliveries know a receiver. */
export interface Receivers {
  /** @param domain of an address, lower case */
  destinationOf(domain: string): string;
}

/**
 * What the reconciler calls regularly: pauses campaigns that do harm, suppresses addresses that have failed softly often
 * enough, and forgets old feedback. Processes take turns per campaign; nothing of it is done per message.
 */
export async function guardCampaigns(ctx: Context, receivers: Receivers): Promise<void> {
  const now = Date.now();
  const { thresholds } = await loadSettings(ctx.knex);
  const active = await activeCampaigns(ctx);
  for (const id of active) await guard(ctx, id, EVERY.sending, thresholds, receivers, now);
  for (const id of await endedSince(ctx.knex, now - STILL_COMING)) {
    if (!active.includes(id)) await guard(ctx, id, EVERY.ended, thresholds, receivers, now);
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
  receivers: Receivers,
  now: number,
): Promise<void> {
  const found = await claimGuard(ctx.knex, id, now, everyMs);
  if (found === undefined) return;
  const kept = found as Kept | null;
  const soft = await countSoftFailures(ctx, id, kept?.soft ?? { at: 0, id: 0 }, thresholds, now);
  const { counts, domains } = await countsOf(ctx, id, receivers);
  const { pause, state } = judgeCampaign(counts, domains, kept?.guard ?? NO_GUARD_STATE, thresholds);
  const paused = pause !== null && (await pauseFor(ctx, id, guardReason(pause, thresholds)));
  await writeGuard(ctx.knex, id, {
    guard: { ...state, pausedBy: paused ? pause : null },
    soft,
  } satisfies Kept);
}

async function countsOf(
  { knex }: Pick<Context, 'knex'>,
  id: string,
  receivers: Receivers,
): Promise<{ counts: GuardCounts; domains: number }> {
  const refused = await countRefused(knex, id);
  const sum = (rows: typeof refused) => rows.reduce((total, { count }) => total + count, 0);
  const aboutUs = refused.filter(isAboutUs);
  const counts = {
    accepted: await countAccepted(knex, id),
    hard: sum(refused.filter(({ state, reason }) => state === 'bounced' && reason === 'invalid')),
    failed: sum(refused.filter(({ state }) => state !== 'deferred')),
    complaints: await countPeopleWith(knex, id, 'complaint'),
    refused: sum(aboutUs),
    receivers: aboutUs.some(({ reason }) => reason === 'authentication')
      ? await receiversOf(knex, id, receivers)
      : [],
  };
  const addresses =
    counts.refused === 0 ? [] : await refusedAddresses(knex, id, [...ABOUT_US, ...UNCLEAR], DOMAINS_SEEN);
  const domains = new Set(addresses.map(domainOf));
  return { counts, domains: domains.size };
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1);

/** Who refused our authentication, while sending or, behind a relay, by mail. */
async function receiversOf(
  knex: Context['knex'],
  id: string,
  receivers: Receivers,
): Promise<ReceiverCounts[]> {
  const found = new Map<string, ReceiverCounts>();
  const add = (destination: string, change: Partial<ReceiverCounts>) => {
    const { accepted, waiting, returned } = found.get(destination) ?? {
      accepted: 0,
      waiting: 0,
      returned: 0,
    };
    found.set(destination, {
      destination,
      accepted: accepted + (change.accepted ?? 0),
      waiting: waiting + (change.waiting ?? 0),
      returned: returned + (change.returned ?? 0),
    });
  };
  for (const { destination, count } of await waitingByDestination(knex, id, REFUSED_US))
    add(destination, { waiting: count });
  for (const email of await refusedAddresses(knex, id, REFUSED_US, RETURNED_SEEN, ['bounced']))
    add(receivers.destinationOf(domainOf(email)), { returned: 1 });
  for (const { destination, accepted } of await acceptedByDestination(knex, id))
    if (found.has(destination)) add(destination, { accepted });
  return [...found.values()];
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
  /** Name of the receiver that it is about; null: all of them. */
  receiver: string | null;
}

/** What the guards warn of, of campaigns that go out or ended not long ago. Paused ones say why themselves. */
export async function guardWarnings(ctx: Pick<Context, 'knex'>): Promise<GuardWarning[]> {
  const { thresholds } = await loadSettings(ctx.knex);
  const warnings: GuardWarning[] = [];
  for (const { campaignId, state } of await readGuards(ctx.knex, Date.now() - STILL_COMING)) {
    const { guard: found } = (state ?? { guard: NO_GUARD_STATE }) as Kept;
    if (found.warnings.length === 0 || (await campaignState(ctx.knex, campaignId)) === 'paused') continue;
    for (const { guard: name, share, destination } of found.warnings) {
      const receiver = destination === undefined ? null : (largeReceiver(destination)?.name ?? destination);
      warnings.push({ campaignId, guard: name, share, line: lineOf(name, thresholds), receiver });
    }
  }
  return warnings;
}

const lineOf = (name: GuardName, { hardBounces, complaints, refusals }: GuardThresholds) =>
  ({
    'hard-bounces': hardBounces.warn,
    complaints: complaints.warn,
    refusals: refusals.pause,
    authentication: REFUSED_SHARE,
  })[name];
