import type { Settings, StateCause } from '../../../shared/contracts';
import type { StateReason } from '../storage';
import { judgeReceivers, largeReceiver, type ReceiverBase, type ReceiverCounts } from './guards-receivers';

export type GuardThresholds = Pick<Settings['thresholds'], 'hardBounces' | 'complaints' | 'refusals'>;

export const GUARDS = ['hard-bounces', 'complaints', 'refusals', 'authentication'] as const;
export type GuardName = (typeof GUARDS)[number];

/** How a campaign stands. */
export interface GuardCounts {
  accepted: number;
  /** Addresses that are dead. */
  hard: number;
  /** Given back or given up for whatever reason, dead ones included. */
  failed: number;
  /** People who complained. */
  complaints: number;
  /** Refusals that say something about us or the list, ended or waiting. */
  refused: number;
  /** Receivers that refused our authentication. */
  receivers: readonly ReceiverCounts[];
}

/** A guard's finding. */
export interface GuardFinding {
  guard: GuardName;
  /** Percent. */
  share: number;
  /** The receiver that it is about; none: all of them. */
  destination?: string;
}

/** What is kept from one look to the next. */
export interface GuardState {
  /** Counts when the last mails began to be counted. */
  base: { accepted: number; failed: number; refused: number };
  /** The same by receiver. */
  receivers?: ReceiverBase;
  /** Percent at which a person said "go on", by guard, and by receiver if it was about one. */
  silenced: Partial<Record<string, number>>;
  /** What paused the campaign. */
  pausedBy: GuardFinding | null;
  /** In danger, but not paused for it. */
  warnings: GuardFinding[];
}

export const NO_GUARD_STATE: GuardState = {
  base: { accepted: 0, failed: 0, refused: 0 },
  silenced: {},
  pausedBy: null,
  warnings: [],
};

/** Somebody went on after a pause: the same guard keeps quiet until it is so many times as bad. */
const CLEARLY_WORSE = 1.5;

export interface GuardVerdict {
  /** The worst reason to pause; null: none. */
  pause: GuardFinding | null;
  state: GuardState;
}

/**
 * Judges a campaign; pure. Called only while it is being sent or after its end: when it is sent again after a guard had
 * paused it, a person decided so.
 * @param domains how many recipients' domains the newest refusals came from
 */
export function judgeCampaign(
  counts: GuardCounts,
  domains: number,
  before: GuardState,
  thresholds: GuardThresholds,
): GuardVerdict {
  const { hardBounces, complaints, refusals } = thresholds;
  const silenced = before.pausedBy
    ? { ...before.silenced, [keyOf(before.pausedBy)]: before.pausedBy.share }
    : before.silenced;
  const settled = counts.accepted + counts.failed;
  const hard = percent(counts.hard, settled);
  const complained = percent(counts.complaints, counts.accepted);
  const enough = settled >= hardBounces.atLeast;
  const many = counts.complaints >= complaints.atLeast;
  const last = {
    accepted: counts.accepted - before.base.accepted,
    failed: counts.failed - before.base.failed,
    // What waited and went after all makes this smaller.
    refused: Math.max(0, counts.refused - before.base.refused),
  };
  const tried = last.accepted + Math.max(last.failed, last.refused);
  const full = tried >= refusals.last;
  const burst = full && domains >= refusals.domains ? percent(last.refused, tried) : 0;
  const { worst, base: receivers } = judgeReceivers(counts.receivers, before.receivers ?? {});

  const found: (GuardFinding & { isBad: boolean; isDanger: boolean })[] = [
    {
      guard: 'complaints',
      share: complained,
      isBad: many && complained >= complaints.pause,
      isDanger: many && complained >= complaints.warn,
    },
    {
      guard: 'hard-bounces',
      share: hard,
      isBad: enough && hard >= hardBounces.pause,
      isDanger: enough && hard >= hardBounces.warn,
    },
    // Before the burst, which it may be a part of: its sentence says more.
    ...(worst ? [{ guard: 'authentication' as const, ...worst, isBad: true, isDanger: false }] : []),
    { guard: 'refusals', share: burst, isBad: burst >= refusals.pause, isDanger: false },
  ];
  const isNew = (one: GuardFinding) => one.share >= (silenced[keyOf(one)] ?? 0) * CLEARLY_WORSE;
  const pause = found.find((one) => one.isBad && isNew(one)) ?? null;
  return {
    pause: pause && findingOf(pause),
    state: {
      base: full
        ? { accepted: counts.accepted, failed: counts.failed, refused: counts.refused }
        : before.base,
      receivers,
      silenced,
      pausedBy: null,
      warnings: found.filter(({ isBad, isDanger }) => isDanger || isBad).map(findingOf),
    },
  };
}

const findingOf = ({ guard, share, destination }: GuardFinding): GuardFinding => ({
  guard,
  share,
  ...(destination !== undefined && { destination }),
});

const keyOf = ({ guard, destination }: GuardFinding) =>
  destination === undefined ? guard : `${guard} ${destination}`;

/** With two decimals. */
const percent = (part: number, whole: number) =>
  whole === 0 ? 0 : Math.round((10_000 * part) / whole) / 100;

/** For the editor: what happened, and what to do. */
export function guardReason(
  { guard, share, destination = '' }: GuardFinding,
  { hardBounces, complaints, refusals }: GuardThresholds,
): StateReason {
  const because = (sentence: string, values: StateCause['values']) => ({
    sentence,
    cause: { id: `guard-${guard}`, values: { share, ...values } },
  });
  switch (guard) {
    case 'hard-bounces': {
      const line = hardBounces.pause;
      return because(
        `${share} % of the addresses do not exist (from ${line} % on a campaign pauses): receivers take that for a bought or old list. Look at where these addresses came from and check the list, then resume; nobody was lost.`,
        { line },
      );
    }
    case 'complaints': {
      const line = complaints.pause;
      return because(
        `${share} % of the recipients called this mail spam (from ${line} % on a campaign pauses): Gmail and Yahoo stop taking mail from senders above that. Look at who gets it and whether they asked for it, then resume; nobody was lost.`,
        { line },
      );
    }
    case 'refusals': {
      const line = refusals.pause;
      return because(
        `${share} % of the last mails were refused by several receivers (from ${line} % on a campaign pauses). Look at the replies in the report, mend the cause, then resume; nobody was lost.`,
        { line },
      );
    }
    case 'authentication': {
      const { name, page } = largeReceiver(destination) ?? { name: destination, page: '' };
      return because(
        `${name} refused ${share} % of the last mails because the authentication of our domain (SPF, DKIM, DMARC) failed; others may take them for spam now. Ask the operator to check the sender's domain in Settings › Newsletter and the DNS records as ${page} says, then resume; nobody was lost.`,
        { receiver: name, page },
      );
    }
  }
}
