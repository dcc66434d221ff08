import type { Knex } from 'knex';
import {
  announce,
  announceLeft,
  leaveIn,
  suppressBounced,
  suppressComplained,
  suppressSoftFailures,
  type Origin,
  type ReportedAddress,
  type SoftThresholds,
  type StatusChange,
} from '../../audience';
import type { LeavingScope } from '../../../../shared/contracts';
import type { Context } from '../../context';
import {
  addEvent,
  bounceDeliveries,
  resolveDoubtful,
  setFeedbackWhy,
  type FeedbackDelivery,
  type Subscriber,
} from '../../storage';
import type { Judgement } from './judge';
import type { FeedbackItem } from './types';
import { withoutAddresses } from './words';

/** Something that an item does. */
export interface Effect extends Pick<Judgement, 'effect' | 'arrived'> {
  /** null: it left no row, as the last of many. */
  feedbackId: number | null;
  item: Pick<FeedbackItem, 'source' | 'class' | 'replyCode' | 'status' | 'text' | 'at'>;
  delivery: FeedbackDelivery | null;
  /** Set when `effect` is. */
  addressHash: string | null;
  /** Who let it count; null: nobody had to decide. */
  by: string | null;
}

/** Whose status changed, for the announcements after the commit. */
export interface Told {
  hard: StatusChange[];
  soft: StatusChange[];
  complained: StatusChange[];
  left: { people: Subscriber[]; origin: Origin }[];
}

/**
 * Does what was judged, in sets and always in the same order (deliveries, people, suppressions), which is the ledger's
 * too, so that the two do not wait for each other in a circle.
 * @param buttonEnds what a mail to an unsubscribe address ends, as one click does
 */
export async function applyEffects(
  trx: Knex.Transaction,
  effects: readonly Effect[],
  { thresholds, buttonEnds }: { thresholds: SoftThresholds; buttonEnds: LeavingScope },
  now: number,
): Promise<Told> {
  const of = (...kinds: Effect['effect'][]) => effects.filter(({ effect }) => kinds.includes(effect));
  await resolveDoubtful(
    trx,
    effects.flatMap(({ arrived, delivery }) => (arrived && delivery ? [delivery.id] : [])),
  );
  await bounceDeliveries(
    trx,
    of('hard', 'soft', 'block').flatMap(({ delivery, item }) =>
      delivery ? [{ ...item, id: delivery.id, reason: item.class }] : [],
    ),
  );
  for (const effect of of('hard', 'soft', 'block')) await note(trx, 'bounce', effect);
  for (const effect of of('complaint')) await note(trx, 'complaint', effect);
  const hard = await suppressBounced(trx, 'hard-bounce', addresses(of('hard')));
  const soft = await countSoft(trx, of('soft'), thresholds, now);
  const complained = await suppressComplained(trx, addresses(of('complaint')));
  const left: Told['left'] = [];
  for (const effect of of('unsubscribe')) left.push(await leave(trx, effect, buttonEnds));
  return { hard, soft, complained, left };
}

/** After the commit. */
export function announceEffects(ctx: Pick<Context, 'emit'>, { hard, soft, complained, left }: Told): void {
  const each = (
    name: 'subscriber-bounced' | 'subscriber-complained',
    via: string,
    changes: StatusChange[],
  ) => {
    for (const { person, campaignId } of changes) announce(ctx, name, [person], { via, campaignId });
  };
  each('subscriber-bounced', 'hard-bounce', hard);
  each('subscriber-bounced', 'soft-bounces', soft);
  each('subscriber-complained', 'complaint', complained);
  for (const { people, origin } of left) announceLeft(ctx, people, origin);
}

async function countSoft(
  trx: Knex.Transaction,
  effects: readonly Effect[],
  thresholds: SoftThresholds,
  now: number,
): Promise<StatusChange[]> {
  const failures = effects.flatMap((effect) =>
    effect.delivery ? [{ ...address(effect), subscriberId: effect.delivery.subscriberId }] : [],
  );
  const { hashes, changed } = await suppressSoftFailures(trx, failures, thresholds, now);
  const over = failures.filter(({ addressHash }) => hashes.has(addressHash));
  await setFeedbackWhy(
    trx,
    over.flatMap(({ feedbackId }) => feedbackId ?? []),
    'soft-threshold',
  );
  return changed;
}

/** Reports count complaints by these; the timeline of a person shows that an accepted mail came back. */
async function note(
  trx: Knex.Transaction,
  type: 'bounce' | 'complaint',
  { delivery, item }: Effect,
): Promise<void> {
  if (!delivery) return;
  const detail = [item.replyCode, item.status, item.text].filter(Boolean).join(' ') || item.class;
  const { campaignId, subscriberId } = delivery;
  await addEvent(trx, { type, campaignId, deliveryId: delivery.id, subscriberId, detail, at: item.at });
}

/** A provider that unsubscribes somebody refuses all our mail to them; a mail is what the button of a mail program wrote. */
async function leave(
  trx: Knex.Transaction,
  { item, delivery, addressHash }: Effect,
  buttonEnds: LeavingScope,
): Promise<Told['left'][number]> {
  const isProvider = item.source.way === 'webhook';
  const origin = {
    source: isProvider ? 'provider' : 'mailto',
    campaignId: delivery?.campaignId ?? null,
    deliveryId: delivery?.id ?? null,
  };
  const who = { addressHash: addressHash!, subscriberId: delivery?.subscriberId ?? null };
  const { people } = await leaveIn(trx, who, origin, isProvider ? 'everything' : buttonEnds);
  return { people, origin };
}

const addresses = (effects: readonly Effect[]) => effects.map(address);

function address({ feedbackId, item, delivery, addressHash, by }: Effect) {
  return {
    addressHash: addressHash!,
    campaignId: delivery?.campaignId ?? null,
    detail: item.text === null ? item.class : withoutAddresses(item.text),
    feedbackId,
    addedBy: by,
  } satisfies ReportedAddress;
}
