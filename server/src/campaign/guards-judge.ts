import type { Settings } from '../../../shared/contracts';

export type GuardThresholds = Pick<Settings['thresholds'], 'hardBounces' | 'complaints' | 'refusals'>;

export const GUARDS = ['hard-bounces', 'complaints', 'refusals'] as const;
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
}

/** What is kept from one look to the next. */
export interface GuardState {
  /** Counts when the last mails began to be counted. */
  base: { accepted: number; failed: number; refused: number };
  /** Percent at which a person said "go on". */
  silenced: Partial<Record<GuardName, number>>;
  /** The guard that paused the campaign, and at how many percent. */
  pausedBy: { guard: GuardName; share: number } | null;
  /** In danger, but not paused for it. */
  warnings: { guard: GuardName; share: number }[];
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
  pause: { guard: GuardName; share: number } | null;
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
    ? { ...before.silenced, [before.pausedBy.guard]: before.pausedBy.share }
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

  const found: { guard: GuardName; share: number; isBad: boolean; isDanger: boolean }[] = [
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
    { guard: 'refusals', share: burst, isBad: burst >= refusals.pause, isDanger: false },
  ];
  const isNew = ({ guard, share }: { guard: GuardName; share: number }) =>
    share >= (silenced[guard] ?? 0) * CLEARLY_WORSE;
  const pause = found.find((one) => one.isBad && isNew(one)) ?? null;
  return {
    pause: pause && { guard: pause.guard, share: pause.share },
    state: {
      base: full
        ? { accepted: counts.accepted, failed: counts.failed, refused: counts.refused }
        : before.base,
      silenced,
      pausedBy: null,
      warnings: found
        .filter(({ isBad, isDanger }) => isDanger || isBad)
        .map(({ guard, share }) => ({ guard, share })),
    },
  };
}

/** With two decimals. */
const percent = (part: number, whole: number) =>
  whole === 0 ? 0 : Math.round((10_000 * part) / whole) / 100;

/** For the editor: what happened, and what to do. */
export function guardSentence(guard: GuardName, share: number, thresholds: GuardThresholds): string {
  switch (guard) {
    case 'hard-bounces':
      return `${share} % of the addresses do not exist (from ${thresholds.hardBounces.pause} % on a campaign pauses): receivers take that for a bought or old list. Look at where these addresses came from and check the list, then resume; nobody was lost.`;
    case 'complaints':
      return `${share} % of the recipients called this mail spam (from ${thresholds.complaints.pause} % on a campaign pauses): Gmail and Yahoo stop taking mail from senders above that. Look at who gets it and whether they asked for it, then resume; nobody was lost.`;
    case 'refusals':
      return `${share} % of the last mails were refused by several receivers, for what they say about us or about the addresses (from ${thresholds.refusals.pause} % on a campaign pauses). Look at the replies in the report, mend the cause, then resume; nobody was lost.`;
  }
}
