import type { PacingReason } from '../../../../shared/contracts';
import type { DestinationRow } from '../../storage';
import type { Transport } from '../types';
import { firstLimit } from './controller';
import type { Lane } from './lane';
import type { Learned } from './types';

/** What a row says; what it leaves open is as it was before anything was learned. */
export function learnedOf(row: DestinationRow, type: Transport['type']): Learned {
  return {
    limit: row.concurrency ?? firstLimit(type),
    rate: row.rate ?? Infinity,
    rateUntil: row.rateUntil,
    suspendedUntil: row.suspendedUntil,
    reason: row.reason as PacingReason | null,
    reply: row.reply,
    at: row.saidAt,
    cuts: row.cuts,
    suspensions: row.suspensions,
    refusingSince: row.refusingSince,
  };
}

/** What is to be written of a lane. @param version that this process knows */
export function rowOf(lane: Lane, learned: Learned, version: number): DestinationRow {
  const finite = (value: number) => (value === Infinity ? null : value);
  return {
    source: lane.source,
    destination: lane.destination,
    concurrency: finite(learned.limit),
    rate: finite(learned.rate),
    rateUntil: learned.rateUntil,
    suspendedUntil: learned.suspendedUntil,
    reason: learned.reason,
    reply: learned.reply,
    saidAt: learned.at,
    cuts: learned.cuts,
    suspensions: learned.suspensions,
    refusingSince: learned.refusingSince,
    version,
  };
}
