import type { Context } from '../context';
import type { Answering } from './answering';
import { MailMaker } from './build/maker';
import { CampaignCache } from './engine-campaign';
import type { Breaker } from './engine-pace';
import type { FaultHook } from './engine-send';
import { EpochHolder } from './epoch';
import { createMessageBuilder, type MessageBuilder } from './message';
import { UNOBSERVED, type DeliveryObserver } from './observer';
import { Pacer } from './pacing/pacer';
import { Places } from './places';
import { createSigner } from './signing';
import { createTransports } from './transport';
import type { Transport } from './types';
import { WarmUps } from './warm-up-quota';

/** What pumps of one process share. */
export interface PumpEnv {
  ctx: Context;
  epochs: EpochHolder;
  places: Places;
  campaigns: CampaignCache;
  transports: ReadonlyMap<string, Transport>;
  builder: MessageBuilder;
  maker: MailMaker;
  /** The HTTP requests that sending steps back for; null: the process answers none. */
  answering: Answering | null;
  breakers: Map<string, Breaker>;
  pacer: Pacer;
  warmUps: WarmUps;
  fault: FaultHook;
  /** Batches by campaign that this process has claimed and not given back yet. */
  batches: Map<string, Set<Promise<void>>>;
  /** Ids of batches that are being given back at this moment; nobody may claim them until it is known that they are. */
  returning: Set<number>;
  /** Other campaigns wait for a ticket of this process to end; the engine looks. */
  othersWait: boolean;
}

export interface PumpEnvOptions {
  fault?: FaultHook;
  observer?: DeliveryObserver;
  answering?: Answering | null;
  /** For tests: how many mails the event loop makes before threads do. */
  threadsAfter?: number;
}

/** Nothing is connected and no epoch is opened before the first pump. */
export function createPumpEnv(
  ctx: Context,
  { fault = () => {}, observer = UNOBSERVED, answering = null, threadsAfter }: PumpEnvOptions = {},
): PumpEnv {
  const pacer = new Pacer(ctx);
  const signer = createSigner(ctx);
  const builder = createMessageBuilder(ctx, signer);
  return {
    ctx,
    epochs: new EpochHolder(ctx, observer, answering),
    places: new Places(2 * ctx.config.worker.slots),
    campaigns: new CampaignCache(ctx),
    transports: createTransports(ctx, pacer.limitsOf),
    builder,
    maker: new MailMaker(ctx, builder, signer, { answering, after: threadsAfter }),
    answering,
    breakers: new Map(),
    pacer,
    warmUps: new WarmUps(ctx),
    fault,
    batches: new Map(),
    returning: new Set(),
    othersWait: false,
  };
}

export interface PumpResult {
  /** There is more to do: another ticket is wanted. */
  again: boolean;
  /** Milliseconds to wait before it. */
  delayMs: number;
  /** When the next wave, zone or window of the campaign is due, milliseconds since 1970; null: nobody has to be woken. */
  wakeAt: number | null;
}
