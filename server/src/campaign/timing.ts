import { createHash } from 'node:crypto';
import { IANAZone } from 'luxon';
import type { Waves } from '../../../shared/contracts';
import type { RunTiming } from '../compose';
import type { BatchGroup, BatchSlot, Candidate } from '../storage';
import { nextOpening, openingAt, zonedInstant, type Opening } from './timing-window';

/** When each part of a run is due. Pure; what was worked out once is kept, since a freeze asks for it page by page. */
export interface Releases {
  /** How many waves there are; 1 without waves. */
  waves: number;
  /** The batches of somebody in this zone (null: not known) who drew this position, 0 ≤ position < 1. */
  slot(zone: string | null, position: number): BatchSlot;
}

/**
 * @param startAt when sending begins, milliseconds since 1970. Zones whose time has passed by then begin at it too.
 * @param people recipients when sending began: what a wave's `count` is a share of
 */
export function createReleases(timing: RunTiming, startAt: number, people: number): Releases {
  const share = timing.waves ? shareOf(timing.waves, people) : 1;
  // 1 / 0.1 is a little more than ten waves in binary fractions.
  const waves = Math.ceil(1 / share - 1e-9);
  const chains = new Map<string, () => number>();
  const dueTimes = new Map<string, number[]>();
  // To look whether a zone exists takes 50 µs: a minute for a million people.
  const places = new Map<string | null, string>();
  return {
    waves,
    slot(ofPerson, position) {
      const zone = places.get(ofPerson) ?? zoneFor(timing, ofPerson);
      places.set(ofPerson, zone);
      const wave = Math.min(waves - 1, Math.floor(position / share + 1e-9));
      const known = dueTimes.get(zone) ?? [];
      dueTimes.set(zone, known);
      const next = chains.get(zone) ?? dueTimesOf(timing, zone, startAt);
      chains.set(zone, next);
      while (known.length <= wave) known.push(next());
      return { zone, wave, nextAt: known[wave] ?? startAt };
    },
  };
}

/** The zone that counts for somebody: their own with local times, if it is one, else the campaign's. */
export function zoneFor(timing: RunTiming, zone: string | null): string {
  return timing.localTime && zone !== null && IANAZone.isValidZone(zone) ? zone : timing.timezone;
}

/** Gives the instants at which a zone's waves are due, one at each call. */
function dueTimesOf(timing: RunTiming, zone: string, startAt: number): () => number {
  const { window, wallTime, localTime } = timing;
  const every = (timing.waves?.everyMinutes ?? 0) * 60_000;
  const local = wallTime !== null && localTime ? zonedInstant(wallTime, zone) : startAt;
  let at = Math.max(local, startAt);
  let opening: Opening | null = null;
  return () => {
    if (window && (!opening || at >= opening.until)) opening = openingAt(window, zone, at);
    const due = opening ? Math.max(at, opening.from) : at;
    at = due + every;
    return due;
  };
}

/** When the wave after one that was due at `previous` is. */
export function nextWave(timing: RunTiming, zone: string, previous: number): number {
  const every = (timing.waves?.everyMinutes ?? 0) * 60_000;
  return nextOpening(timing.window, zone, previous + every);
}

const shareOf = (waves: Waves, people: number) =>
  'share' in waves ? waves.share / 100 : Math.min(1, waves.count / Math.max(1, people));

/**
 * Puts the candidates of a page into the groups that are due together. Waves are random samples: the order is a hash of
 * campaign and address, so that they are neither the oldest subscribers first nor the same people each time. Within
 * a page positions are spread evenly, so that waves have the size that was asked for, not only on average.
 * @param page what tells the page from the others of its campaign
 */
export function groupByRelease(
  releases: Releases,
  campaignId: string,
  page: number,
  candidates: readonly Candidate[],
): BatchGroup[] {
  const drawn = candidates.map((candidate) => ({ candidate, draw: draw(campaignId, candidate.addressHash) }));
  drawn.sort((a, b) => a.draw - b.draw || a.candidate.row - b.candidate.row);
  const shift = draw(campaignId, `page ${page}`);
  const groups = new Map<string, BatchGroup>();
  for (const [rank, { candidate }] of drawn.entries()) {
    const slot = releases.slot(candidate.timezone, (rank + shift) / drawn.length);
    const key = `${slot.zone} ${slot.wave}`;
    const group = groups.get(key) ?? { slot, candidates: [] };
    groups.set(key, group);
    group.candidates.push(candidate);
  }
  return [...groups.values()];
}

/** A number from 0 to below 1 that is always the same for the same text, and looks random. */
function draw(campaignId: string, text: string): number {
  return createHash('sha256').update(`${campaignId} ${text}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
