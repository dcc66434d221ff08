import type { Knex } from 'knex';
import { emailKey } from '../../../../shared/address';
import type { FeedbackKind, Settings } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import {
  countFeedbackOf,
  feedbackEffects,
  hardBouncesOf,
  idsByHash,
  inTransaction,
  insertFeedback,
  isFullOfUnmatched,
  knownEvents,
  lockDeliveries,
  newestMailed,
  pieces,
  type FeedbackDelivery,
} from '../../storage';
import { announceEffects, applyEffects, type Effect, type Told } from './apply';
import { judge } from './judge';
import type { FeedbackItem, FeedbackResult } from './types';
import { withoutAddresses } from './words';

export type TakeContext = Pick<Context, 'knex' | 'emit' | 'log' | 'tokens'>;

/** Items of one transaction: short enough for SQLite, whose other work waits meanwhile. */
const AT_ONCE = 100;
const MINUTE = 60_000;
/** Rows that are kept of one delivery: what comes on top changes nothing, or does what it does without one. */
const MAX_ROWS = 20;
/** Unmatched items that are kept for a person to look at. */
export const MAX_UNMATCHED = 5000;
/** A report that names only an address is about a mail of the last days. */
const RECENT = 7 * 24 * 3600 * 1000;

/**
 * Takes what came back: records it, and does to deliveries and people what follows from it. Committed when it resolves,
 * so that a mail may be deleted and a provider answered afterwards. The same items again change nothing, in whatever
 * order; items of one call may be committed in several transactions, each whole.
 * @returns one result per item, in their order
 * @throws the database's error; what was not committed is to be given again
 */
export async function takeFeedback(
  ctx: TakeContext,
  items: readonly FeedbackItem[],
): Promise<FeedbackResult[]> {
  const { thresholds, consent } = await loadSettings(ctx.knex);
  const rules = { thresholds, buttonEnds: consent.buttonEnds };
  const results: FeedbackResult[] = [];
  for (const some of pieces(items, AT_ONCE)) {
    const taken = await inTransaction(ctx.knex, (trx) => takeSome(ctx, trx, some, rules));
    results.push(...taken.results);
    announceEffects(ctx, taken.told);
  }
  return results;
}

interface Rules {
  thresholds: Settings['thresholds'];
  buttonEnds: Settings['consent']['buttonEnds'];
}

async function takeSome(
  ctx: TakeContext,
  trx: Knex.Transaction,
  items: readonly FeedbackItem[],
  rules: Rules,
): Promise<{ results: FeedbackResult[]; told: Told }> {
  const known = await knownEvents(
    trx,
    items.map(({ source, eventId }) => ({ ...source, eventId })),
  );
  const fresh = items.filter((_, i) => !known.has(i));
  const matched = await matchDeliveries(ctx, trx, fresh);
  const ids = [...matched.values()].flatMap(({ delivery }) => (delivery ? [delivery.id] : []));
  const effectsBefore = await feedbackEffects(trx, ids);
  const rows = await countFeedbackOf(trx, ids);
  const full = fresh.some(({ proof }) => proof === null) && (await isFullOfUnmatched(trx, MAX_UNMATCHED));
  const floods = await floodsOf(trx, fresh);
  const now = Date.now();
  const effects: Effect[] = [];
  const results: FeedbackResult[] = [];
  for (const [i, item] of items.entries()) {
    if (known.has(i)) {
      results.push(AGAIN);
      continue;
    }
    const { delivery, addressHash } = matched.get(item)!;
    const had = delivery
      ? (effectsBefore.get(delivery.id) ?? new Set<FeedbackKind>())
      : new Set<FeedbackKind>();
    const flooded = floods.of(item.reporter) >= rules.thresholds.floodPerMinute;
    const { effect, arrived, ...decision } = judge(item, { delivery, addressHash, effects: had, flooded });
    const hasMany = delivery !== null && (rows.get(delivery.id) ?? 0) >= MAX_ROWS;
    if (leavesNoRow(item, decision.result, hasMany, full)) {
      results.push({ ...decision, id: null });
      if (effect === 'unsubscribe' || arrived)
        effects.push({ feedbackId: null, item, delivery, addressHash, effect, arrived, by: null });
      continue;
    }
    const id = await insertFeedback(trx, record(item, decision, { delivery, addressHash, now }));
    if (id === null) {
      results.push(AGAIN);
      continue;
    }
    if (delivery) rows.set(delivery.id, (rows.get(delivery.id) ?? 0) + 1);
    if (decision.result === 'applied' || decision.result === 'held') {
      if (delivery) effectsBefore.set(delivery.id, new Set([...had, item.kind]));
      if (item.kind === 'bounce' && item.severity === 'hard') floods.add(item.reporter);
    }
    if (effect || arrived)
      effects.push({ feedbackId: id, item, delivery, addressHash, effect, arrived, by: null });
    results.push({ ...decision, id });
  }
  const told = await applyEffects(trx, effects, rules, now);
  return { results, told };
}

const AGAIN: FeedbackResult = { result: 'duplicate', why: 'same-event', id: null };

const OF_EACH_MAIL: ReadonlySet<FeedbackKind> = new Set(['delivered', 'delayed']);

/** Nobody can fill the database: neither strangers, nor somebody who knows the return path of their own mail. */
function leavesNoRow(
  { kind, proof }: FeedbackItem,
  result: FeedbackResult['result'],
  hasMany: boolean,
  full: boolean,
): boolean {
  if (result === 'unmatched') return proof === null && full;
  if (result === 'ignored' && (proof === null || OF_EACH_MAIL.has(kind))) return true;
  // What bounces or complains counts once, so that its row is there; an unsubscribe counts each time.
  return hasMany && (result === 'duplicate' || result === 'ignored' || kind === 'unsubscribe');
}

interface Match {
  delivery: FeedbackDelivery | null;
  addressHash: string | null;
}

/** Which delivery and which address each item is about, as far as it proves one. */
async function matchDeliveries(
  { tokens }: Pick<Context, 'tokens'>,
  trx: Knex.Transaction,
  items: readonly FeedbackItem[],
): Promise<Map<FeedbackItem, Match>> {
  const named = new Map<FeedbackItem, string>();
  for (const item of items) {
    // Only a signed webhook may name somebody: everybody else must show something that we signed.
    if (item.proof !== 'provider' || item.deliveryId !== null) continue;
    const key = item.recipient === null ? null : emailKey(item.recipient);
    if (key !== null) named.set(item, tokens.addressHash(key));
  }
  // Not locked: deliveries are locked before people, here and in the ledger.
  const people = await idsByHash(trx, [...new Set(named.values())]);
  const newest = await newestMailed(trx, [...people.values()], Date.now() - RECENT);
  const idOf = (item: FeedbackItem) => {
    if (item.proof === null) return null;
    if (item.deliveryId !== null) return item.deliveryId;
    return newest.get(people.get(named.get(item) ?? '') ?? '') ?? null;
  };
  const ids = items.map(idOf);
  const deliveries = await lockDeliveries(
    trx,
    ids.filter((id) => id !== null),
  );
  return new Map(
    items.map((item, i) => {
      const id = ids[i] ?? null;
      const delivery = id === null ? null : (deliveries.get(id) ?? null);
      const proven = item.proof === null ? null : (item.addressHash ?? named.get(item) ?? null);
      return [item, { delivery, addressHash: delivery?.addressHash ?? proven }];
    }),
  );
}

/** Hard bounces of the last minute by reporter, these included as they are taken. */
async function floodsOf(trx: Knex.Transaction, items: readonly FeedbackItem[]) {
  // Those who do not name themselves count as one.
  const name = (reporter: string | null) => reporter?.toLowerCase().slice(0, 255) ?? null;
  const hard = items.filter(({ kind, severity }) => kind === 'bounce' && severity === 'hard');
  const reporters = [...new Set(hard.map(({ reporter }) => name(reporter)))];
  const counts = await hardBouncesOf(trx, reporters, Date.now() - MINUTE);
  return {
    of: (reporter: string | null) => counts.get(name(reporter)) ?? 0,
    add: (reporter: string | null) => void counts.set(name(reporter), (counts.get(name(reporter)) ?? 0) + 1),
  };
}

function record(
  item: FeedbackItem,
  decision: Omit<FeedbackResult, 'id'>,
  { delivery, addressHash, now }: Match & { now: number },
): Parameters<typeof insertFeedback>[1] {
  const waits = decision.result === 'unmatched' || decision.result === 'held';
  return {
    eventId: item.eventId,
    way: item.source.way,
    source: item.source.name,
    kind: item.kind,
    ...decision,
    proof: item.proof,
    deliveryId: delivery?.id ?? null,
    campaignId: delivery?.campaignId ?? null,
    subscriberId: delivery && !delivery.erased ? delivery.subscriberId : null,
    addressHash,
    recipient: waits ? item.recipient : null,
    reason: item.reason,
    class: item.class,
    severity: item.severity,
    replyCode: item.replyCode,
    status: item.status,
    text: item.text && withoutAddresses(item.text),
    reporter: item.reporter,
    feedbackType: item.feedbackType,
    // A copy explains nothing that the first one does not.
    evidence: decision.result === 'duplicate' ? null : item.evidence && withoutAddresses(item.evidence),
    at: item.at,
    receivedAt: now,
  };
}
