import type { PreflightItem, TimingPlan } from '../../../shared/contracts';
import type { RunTiming } from '../compose';
import { createReleases, zoneFor } from './timing';
import { nextOpening, openingAt, zonedInstant } from './timing-window';

/** A campaign that takes longer is hardly meant, and every wave of every zone has to be worked out. */
const MOST_WAVES = 1000;
const MOST_DAYS = 30;
const DAY_MS = 86_400_000;

export interface PlanInput {
  timing: RunTiming;
  /** The instant that was chosen, or now with the time to undo. */
  at: number;
  /** Recipients by their zone; null: not known. */
  zones: readonly { zone: string | null; people: number }[];
  pacePerHour: number | null;
  now: number;
  /** How long "at once" waits, so that it can be undone. */
  undoMs: number;
}

/** When sending starts, and what a timing means for these recipients. Pure. */
export function planTiming(input: PlanInput): { startAt: number; plan: TimingPlan } {
  const { timing, zones, now } = input;
  const recipients = zones.reduce((sum, { people }) => sum + people, 0);
  const { localTime, wallTime, timezone } = timing;
  const places = new Map<string, number>();
  for (const { zone, people } of zones) {
    const place = zoneFor(timing, zone);
    places.set(place, (places.get(place) ?? 0) + people);
  }
  const due = (zone: string) => (localTime && wallTime !== null ? zonedInstant(wallTime, zone) : input.at);
  let passed = 0;
  for (const [zone, people] of places) if (localTime && due(zone) < now) passed += people;
  const begin = (zone: string) => Math.max(due(zone), passed > 0 ? now + input.undoMs : now);
  const opens = [...places.keys()].map((zone) => nextOpening(timing.window, zone, begin(zone)));
  const startAt = opens.length > 0 ? Math.min(...opens) : input.at;
  const releases = createReleases(timing, startAt, recipients);
  const problems: PreflightItem[] = [];
  const add = (level: PreflightItem['level'], id: string, message: string, values: PreflightItem['values']) =>
    problems.push({ level, id, message, values });

  let lastAt = startAt;
  if (releases.waves > MOST_WAVES) {
    add(
      'blocking',
      'too-many-waves',
      `This makes ${releases.waves} waves, and ${MOST_WAVES} is the most. Let more people into each wave.`,
      { waves: releases.waves, limit: MOST_WAVES },
    );
  } else {
    for (const zone of places.keys()) {
      lastAt = Math.max(lastAt, releases.slot(zone, LAST).nextAt);
      // It is refused then: the other zones need not be worked out.
      if (lastAt - startAt > 2 * MOST_DAYS * DAY_MS) break;
    }
  }
  const endsAt = endAtPace(input, startAt, lastAt, recipients);
  const days = Math.ceil(((endsAt ?? lastAt) - startAt) / DAY_MS);
  if (timing.waves && lastAt - startAt > MOST_DAYS * DAY_MS) {
    add(
      'blocking',
      'waves-too-long',
      `The last wave would begin ${days} days after the first, and ${MOST_DAYS} is the most. Let more people into each wave, or let the waves follow each other sooner.`,
      { days, limit: MOST_DAYS },
    );
  }
  if (passed > 0) {
    add(
      'warning',
      'time-passed',
      `${passed} recipients are in zones where this time has already passed: they get it ${timing.window ? 'as soon as the send window is open there' : 'at once'}.`,
      { count: passed, window: timing.window ? 'yes' : 'no' },
    );
  }
  const withoutZone = localTime ? zones.reduce((sum, { zone, people }) => (zone ? sum : sum + people), 0) : 0;
  if (localTime && recipients > 0 && withoutZone === recipients) {
    add(
      'warning',
      'no-zones',
      `No recipient has a time zone, so that everybody gets it at the time of ${timezone}.`,
      { zone: timezone },
    );
  }
  if (localTime && timing.window && wallTime !== null && outside(timing, due(timezone))) {
    add(
      'warning',
      'outside-window',
      `The time is outside the send window, so that it goes out when the window opens.`,
      {},
    );
  }
  return {
    startAt,
    plan: {
      timing: { localTime, window: timing.window, waves: timing.waves },
      timezone,
      wallTime,
      firstAt: iso(startAt),
      lastAt: iso(lastAt),
      endsAt: endsAt === null ? null : iso(endsAt),
      zones: places.size,
      waves: releases.waves,
      recipients,
      withoutZone,
      passed,
      problems,
    },
  };
}

/** The position of those in the last wave. */
const LAST = 1 - 1e-6;

const outside = ({ window, timezone }: RunTiming, at: number) => nextOpening(window, timezone, at) !== at;

/** When the campaign's pace has let everybody through, as far as its window (read in the campaign's zone) lets it. */
function endAtPace(
  { timing, pacePerHour }: PlanInput,
  startAt: number,
  lastAt: number,
  recipients: number,
): number | null {
  if (pacePerHour === null) return null;
  let left = (recipients / pacePerHour) * 3_600_000;
  if (timing.window === null) return Math.max(lastAt, startAt + left);
  let at = startAt;
  // A year of openings; what takes longer is told as a year.
  for (let day = 0; day < 366; day++) {
    const { from, until } = openingAt(timing.window, timing.timezone, at);
    const begin = Math.max(at, from);
    if (until - begin >= left) return Math.max(lastAt, begin + left);
    left -= until - begin;
    at = until;
  }
  return Math.max(lastAt, at);
}

const iso = (ms: number) => new Date(ms).toISOString();
