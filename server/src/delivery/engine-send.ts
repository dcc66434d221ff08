import { pauseBySystem } from '../campaign';
import type { Context } from '../context';
import type { ClaimedDelivery } from '../storage';
import type { Recipient } from './build/make';
import type { MailMaker } from './build/maker';
import type { ReadyCampaign } from './engine-campaign';
import type { Breaker } from './engine-pace';
import type { Lane } from './pacing/lane';
import type { Pacer } from './pacing/pacer';
import type { Way, Ways } from './pump-ways';
import { classify, type Verdict } from './replies';
import { sendOver } from './routes';
import { SigningError } from './signing';
import type { Settlement, Ticker } from './ticker';
import type { OutgoingMessage, SendOutcome, Transport } from './types';
import type { WarmUps } from './warm-up-quota';

/** Moments at which a test may stop the process. */
export type FaultPoint = 'claimed' | 'admitted' | 'noted' | 'replied' | 'frozen-page';
export type FaultHook = (point: FaultPoint) => void | Promise<void>;

export interface SendJob {
  ctx: Context;
  ticker: Ticker;
  transport: Transport;
  breaker: Breaker;
  /** Its destination; the message is counted there already. */
  lane: Lane;
  /** The other transports of the sender. */
  ways: Ways;
  warmUps: WarmUps;
  pacer: Pacer;
  maker: MailMaker;
  campaign: ReadyCampaign;
  fault: FaultHook;
  gate: SendGate;
}

/** Whether a message that was prepared may still be sent when it is admitted. */
export interface SendGate {
  /** Without a promise: nothing is known to stand in its way, and that is not old. */
  isOpen: () => boolean;
  /** Looks again. False: it stays due, for a later ticket. @throws the database's error */
  mayOpen: () => Promise<boolean>;
}

/** Why a claimed delivery must not be sent; null: it may. The word is the reason of the skipped row. */
export function skipReason(row: ClaimedDelivery): string | null {
  if (!row.person) return 'deleted';
  if (row.person.status !== 'subscribed') return row.person.status;
  if (row.suppressed) return 'suppressed';
  if (row.person.addressHash !== row.addressHash) return 'address-changed';
  return row.onList ? null : 'left-list';
}

/** An outcome of a delivery for which nothing was handed to a transport. */
export function untried(
  row: ClaimedDelivery,
  state: 'skipped' | 'failed' | 'queued',
  reason: string | null,
  text: string | null,
): Settlement {
  return {
    deliveryId: row.id,
    attempt: row.attempt,
    tried: false,
    state,
    reason,
    nextAt: 0,
    replyCode: null,
    replyStatus: null,
    replyText: text,
    transport: null,
    dead: null,
  };
}

/** Nobody is given up before; where nothing holds retries back, 48 hours have more than three times as many. */
const FEWEST_TRIES = 5;

/**
 * Sends one claimed delivery: build, commit the intent, hand over, read the reply, commit the outcome.
 * The caller holds a place for it from before until this resolves. Never throws for what one recipient can cause.
 */
export async function sendOne(job: SendJob, row: ClaimedDelivery): Promise<void> {
  const { ctx, ticker, transport, breaker, campaign, lane, pacer, ways, warmUps, maker } = job;
  const giveUpMs = ctx.config.pacing.giveUpHours * 3_600_000;
  let way: Way = { transport, breaker, lane };
  const cancel = () => ways.cancel(way);
  let message: OutgoingMessage;
  try {
    // Claimed rows of people who are gone were skipped.
    message = await maker.make(campaign, row as ClaimedDelivery & Recipient);
  } catch (error) {
    cancel();
    // A signature is about us, not about this recipient: everybody else would fail as well.
    if (error instanceof SigningError) {
      return pauseBySystem(ctx, campaign.id, {
        sentence: error.message,
        cause: { id: 'not-signed', values: { message: error.message } },
      });
    }
    const text = error instanceof Error ? error.message : String(error);
    ctx.log.error(`newsletter: delivery ${row.id} could not be built: ${text}`);
    return ticker.settle(untried(row, 'failed', 'build-error', text));
  }
  let admission = await ticker.admit(row.id, row.attempt, job.gate.isOpen);
  while (admission === 'stale') {
    if (!(await job.gate.mayOpen().catch(() => false))) return cancel();
    admission = await ticker.admit(row.id, row.attempt, job.gate.isOpen);
  }
  if (admission !== 'admitted') return cancel();
  const startedAt = Date.now();
  const { evidence } = ticker;
  if (evidence) {
    message.hold = (go) =>
      evidence.hold(row.id, row.attempt, (mayLeave) => {
        void job.fault('noted');
        go(mayLeave);
      });
  }
  let pauseCampaign: Verdict['pauseCampaign'] = null;
  let settlement: Settlement;
  try {
    await job.fault('admitted');
    const { outcome } = await sendOver(way, message, async (tried, failed, outcome) => {
      const other = await ways.other(row, failed, tried);
      if (!other) return null; // the outcome of all is reported below
      failed.breaker.report(outcome);
      // From here on the message is counted there.
      way = other;
      return other;
    });
    await job.fault('replied');
    if (outcome.kind === 'lost' && outcome.stopped) {
      // It is due as before, and nothing is learned about the server.
      cancel();
      const back = untried(row, 'queued', null, null);
      evidence?.replied(back);
      return await ticker.settle(back);
    }
    // Without a session to one receiver's servers, an mx transport is as good as before.
    if (way.transport.type === 'smtp') way.breaker.report(outcome);
    const now = Date.now();
    const verdict = classify(outcome, {
      attempt: row.attempt + 1,
      // Not when the audience was frozen: a wave, a closed window or a pause may lie in between. These may lie between
      // two tries as well: a receiver that greylisted us on Friday evening does so again on Monday morning.
      firstQueuedAt: row.attempt + 1 < FEWEST_TRIES ? now : (row.firstTriedAt ?? now),
      now,
      email: row.email,
      giveUpMs,
      isDirect: way.transport.type === 'mx',
    });
    settlement = settlementOf(row, outcome, verdict, way.transport.name);
    warmUps.report(way.transport.name, verdict);
    pauseCampaign = verdict.pauseCampaign;
    const putOffId = verdict.state === 'deferred' ? row.id : null;
    pacer.report(way.transport, way.lane, { outcome, startedAt, campaignId: campaign.id, putOffId });
  } catch (error) {
    // Nobody knows how far it came: left queued, it could be sent again.
    cancel();
    const text = error instanceof Error ? error.message : String(error);
    ctx.log.error(`newsletter: delivery ${row.id} is in doubt: ${text}`);
    const doubt = { kind: 'unknown', message: text } as const;
    settlement = settlementOf(row, doubt, { state: 'in_doubt', reason: 'in-doubt' }, way.transport.name);
  }
  evidence?.replied(settlement);
  await ticker.settle(settlement);
  if (pauseCampaign) await pauseBySystem(ctx, campaign.id, pauseCampaign);
}

function settlementOf(
  row: ClaimedDelivery,
  outcome: SendOutcome,
  verdict: Pick<Verdict, 'state' | 'reason'> & Partial<Verdict>,
  transport: string,
): Settlement {
  const text = textOf(outcome);
  const reply = 'reply' in outcome ? outcome.reply : null;
  return {
    deliveryId: row.id,
    attempt: row.attempt,
    tried: true,
    state: verdict.state,
    reason: verdict.reason,
    nextAt: verdict.nextAt ?? 0,
    replyCode: reply?.code ?? null,
    replyStatus: reply?.status ?? null,
    replyText: text,
    transport,
    dead: verdict.suppress
      ? {
          subscriberId: row.subscriberId,
          addressHash: row.addressHash,
          campaignId: row.campaignId,
          detail: text,
        }
      : null,
  };
}

function textOf(outcome: SendOutcome): string {
  return outcome.kind === 'accepted' || outcome.kind === 'refused' ? outcome.reply.text : outcome.message;
}
