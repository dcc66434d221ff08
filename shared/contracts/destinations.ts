import { z } from 'zod';

/**
 * Why a destination is slowed down or gets nothing for a while. The panel has a sentence for each, with `values` filled in
 * and the receiver's own words beside it.
 */
export const PACING_REASONS = [
  'configured', // newsletter.config.pacing, or the table of providers
  'rate', // it asked for less: 421, 4.7.x, a limit of its own
  'connections', // it asked for fewer connections
  'reputation', // it mistrusts our address or domain
  'asked', // it said for how long: "try again in 30 minutes"
  'network', // it could not be reached
] as const;
export type PacingReason = (typeof PACING_REASONS)[number];

/** Reasons of `deferred` deliveries that were not tried: we hold them back, the receiver said nothing about them. */
export const HELD_REASONS = ['held', 'paced'] as const;
export type HeldReason = (typeof HELD_REASONS)[number];

/** What a sentence about a limit or a suspension is made of. */
export interface PacingWhy {
  reason: PacingReason;
  /** What the receiver said, one line: code, status and text; null: it said nothing, or the limit is configured. */
  reply: string | null;
  /** When it was said or decided, ISO 8601; null: configured. */
  at: string | null;
}

/** What one way of ours sends to one receiver (a provider, a set of mail servers, or a domain). */
export interface DestinationDto {
  /** Name of the transport. */
  source: string;
  /**
   * `google`, a name of `newsletter.config.pacing.destinations`, a domain, or a set of mail servers. Two are not
   * receivers: `*` stands for everything over the transport, `other` for all that has no limit and no trouble.
   */
  destination: string;
  /** Accepted messages: of the campaign, or of all campaigns that are being sent or paused. Of `*`: to all its destinations. */
  accepted: number;
  /** Messages per second over about the last ten seconds, from all processes. */
  perSecond: number;
  /** Null: there is none. */
  limit: {
    /** Over all processes; null: not limited. */
    messagesPerSecond: number | null;
    /** Connections, or messages at the same time over a relay, over all processes; null: not limited. */
    connections: number | null;
    /**
     * A destination of which nothing was learned begins with so many, and gets one more up to `connections` after as many
     * were accepted without a refusal. Null: what was learned, or `connections`, holds from the beginning.
     */
    firstConnections: number | null;
    why: PacingWhy;
    /** When a learned rate is raised again, ISO 8601; null: by success, or it is configured. */
    until: string | null;
  } | null;
  /** Nothing is sent there until then. Null: it is not suspended. */
  suspension: { until: string; why: PacingWhy } | null;
  /** Who waits for another try or for their turn, by reason: a class of reply, or one of HELD_REASONS. */
  deferred: { reason: string; count: number }[];
  /** When the next of them are due, ISO 8601; null: nobody waits. */
  nextAt: string | null;
}

/** What a warm-up lets a source send. */
export interface WarmUpLimitDto {
  source: string;
  /** Messages a day; 0: the warm-up has not begun. */
  quota: number;
  /** Messages per second on average while the day's are sent. */
  perSecond: number;
  /** When there are more, ISO 8601; null: the day is not used up. */
  nextAt: string | null;
}

/**
 * GET /newsletter/destinations: over all campaigns that are being sent or paused, and what was learned in the last day.
 * GET /newsletter/campaigns/:id/destinations: of one campaign. Those with trouble first, then by accepted messages, at
 * most 200. Needs the right to read campaigns.
 */
export interface DestinationsDto {
  destinations: DestinationDto[];
  /** Messages per hour that the campaign was given, while it is being sent; null: no limit, or over all campaigns. */
  pacePerHour: number | null;
  /** Limits of sender domains, over all campaigns together, while something is being sent: of the campaign, or all. */
  senderDomains: { domain: string; messagesPerSecond: number }[];
  /** What sources may send that are warmed up, while something is being sent. */
  warmUps: WarmUpLimitDto[];
  /** True while any of it may change by itself: ask again in some seconds. */
  moving: boolean;
}

/**
 * POST /newsletter/destinations/resume: forgets the suspension and the learned limits of one source at one destination,
 * in all processes within seconds, and makes due who waited for its end. Needs the right to pause and resume campaigns.
 */
export const resumeDestinationSchema = z.strictObject({
  source: z.string().min(1).max(64),
  destination: z.string().min(1).max(191),
});
export type ResumeDestinationInput = z.input<typeof resumeDestinationSchema>;
export interface ResumeDestinationResult {
  /** False: there was nothing to resume (any more). */
  resumed: boolean;
  /** Recipients who waited for it and are due now. */
  released: number;
}
