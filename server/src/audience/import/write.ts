import type { Knex } from 'knex';
import type { FileStatus, ImportCounts, ImportOptions } from '../../../../shared/contracts';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import {
  addProblems,
  addToImport,
  endSubscriptions,
  holdImport,
  inTransaction,
  insertSubscribers,
  knownHashes,
  lockByHash,
  logConsent,
  noteAddresses,
  readSuppressions,
  suppress,
  updateSubscribers,
  withdrawMails,
  type StoredProblem,
  type Subscriber,
  type Suppression,
} from '../../storage';
import { consentEntries, type Origin } from '../consent';
import { unsubscribePeople } from '../consent-unsubscribe';
import { joinPeople, type Joining } from './join';
import { countNotes, type AddressNote } from './notes';
import type { ImportedPerson, ReadRow } from './person';

export const IMPORTED: Origin = { source: 'import' };

/** Room for problems below which no notes are listed. */
const NOTES_UNTIL = IMPORT_LIMITS.listedProblems / 2;

export interface Job {
  importId: string;
  runner: string;
  leaseMs: number;
  options: ImportOptions;
  joining: Joining;
  /** How many problems the report can still list. */
  room: number;
}

/**
 * Writes the people of a chunk of rows, counts and lists what became of each row, and moves the import's cursor, in one
 * transaction of a few statements whatever the number of rows: after a crash, each row is either done or not begun.
 * @returns how many problems were listed; null when this process does not hold the import any more
 */
export async function writeChunk(
  knex: Knex,
  job: Job,
  rows: readonly ReadRow[],
  notes: readonly AddressNote[],
): Promise<number | null> {
  return inTransaction(knex, async (trx) => {
    if (!(await holdImport(trx, job.importId, job.runner, job.leaseMs))) return null;
    const tally = new Tally(rows);
    const people = rows.flatMap(({ person }) => person ?? []);
    const leaveOut = new Set<string>(job.options.leaveOut);
    const unwanted = new Map(
      [...notes].reverse().flatMap((note) => (leaveOut.has(note.code) ? [[note.line, note] as const] : [])),
    );
    await writePeople(trx, job, people, unwanted, tally);
    const kept = notes.filter(({ line }) => !tally.dropped.has(line));
    // Notes never take the place of rows that were not imported.
    const noted = job.room > NOTES_UNTIL ? kept.filter(({ code }) => code !== 'dns-unknown') : [];
    const listed = [...tally.problems, ...noted].slice(0, job.room);
    await addProblems(trx, job.importId, listed);
    await addToImport(trx, job.importId, {
      counts: tally.counts,
      valueProblems: tally.valueProblems,
      notes: countNotes(kept),
      leftOut: countNotes(tally.leftOutFor),
      bytesDone: rows.at(-1)?.bytes ?? 0,
    });
    return listed.length;
  });
}

/** What became of the rows of a chunk. */
export class Tally {
  readonly counts: ImportCounts;
  readonly problems: StoredProblem[] = [];
  /** Lines of which nobody was made or changed. */
  readonly dropped = new Set<number>();
  /** What was said about the addresses of people who were left out for it. */
  readonly leftOutFor: AddressNote[] = [];
  valueProblems = 0;

  constructor(rows: readonly ReadRow[]) {
    const invalid = rows.filter(({ person }) => !person).length;
    this.counts = {
      rows: rows.length,
      created: 0,
      updated: 0,
      unchanged: 0,
      duplicates: 0,
      suppressed: 0,
      left: 0,
      leftOut: 0,
      invalid,
    };
    for (const { person, problems } of rows) {
      this.problems.push(...problems);
      if (person) this.valueProblems += problems.length;
    }
  }

  count(as: Exclude<keyof ImportCounts, 'rows'>, problem?: StoredProblem): void {
    this.counts[as] += 1;
    if (!problem) return;
    this.problems.push(problem);
    this.dropped.add(problem.line);
  }

  /** Counts and lists somebody who is not wanted because of what is said about the address; nothing without a note. */
  leavesOut(note: AddressNote | undefined): boolean {
    if (!note) return false;
    this.count('leftOut', { ...note, code: `left-out-${note.code}` });
    this.leftOutFor.push(note);
    return true;
  }

  leftOut(problem: StoredProblem): void {
    this.valueProblems += 1;
    this.problems.push(problem);
  }
}

const hasLeft = (status: FileStatus) => status !== 'subscribed' && status !== 'pending';

async function writePeople(
  trx: Knex.Transaction,
  job: Job,
  people: readonly ImportedPerson[],
  unwanted: ReadonlyMap<number, AddressNote>,
  tally: Tally,
): Promise<void> {
  const lines = new Map<string, number>();
  for (const { addressHash, line } of people) {
    if (!lines.has(addressHash)) lines.set(addressHash, line);
  }
  const first = await noteAddresses(trx, job.importId, lines);
  const leaving = people.filter(({ status }) => hasLeft(status));
  const staying = people.filter((person) => {
    if (hasLeft(person.status)) return false;
    if (first.get(person.addressHash) === person.line) return !tally.leavesOut(unwanted.get(person.line));
    const value = String(first.get(person.addressHash) ?? '');
    tally.count('duplicates', { line: person.line, column: null, value, code: 'duplicate' });
    return false;
  });

  const hashes = [...lines.keys()];
  const suppressions = await readSuppressions(trx, hashes);
  const known = await knownHashes(trx, hashes);
  const missing = [...staying, ...leaving].filter(
    ({ addressHash }) => !known.has(addressHash) && !suppressions.has(addressHash),
  );
  const ids = await insertNew(trx, job, missing);
  const found = await lockByHash(trx, hashes);
  const isNew = (person: Subscriber) => ids.get(person.addressHash) === person.documentId;

  const welcome = staying.filter((person) => {
    const here = found.get(person.addressHash);
    const code = shutOut(here, suppressions.get(person.addressHash));
    if (code) tally.count('suppressed', { line: person.line, column: null, value: null, code });
    else if (!here)
      tally.count('invalid', { line: person.line, column: null, value: null, code: 'address-taken' });
    else return true;
    return false;
  });
  await joinPeople(
    trx,
    job,
    welcome.map((person) => {
      const here = found.get(person.addressHash)!;
      return { person, here, isNew: isNew(here) };
    }),
    tally,
  );
  await recordLeaving(trx, leaving, found);
  tally.counts.left += leaving.length;
}

/** Everybody who is new begins as pending, what they become follows; two rows of one new person make one. */
async function insertNew(
  trx: Knex.Transaction,
  job: Job,
  people: readonly ImportedPerson[],
): Promise<Map<string, string>> {
  const fresh = new Map<string, ImportedPerson>();
  for (const person of people) if (!fresh.has(person.addressHash)) fresh.set(person.addressHash, person);
  const at = Date.now();
  const agreed = job.options.consent.kind === 'agreed';
  return insertSubscribers(
    trx,
    [...fresh.values()].map(({ email, emailKey, addressHash, profile, status }) => ({
      email,
      emailKey,
      addressHash,
      ...profile,
      source: IMPORTED.source,
      statusChangedAt: at,
      ...(agreed && status === 'subscribed'
        ? { status: 'subscribed' as const, statusReason: IMPORTED.source, confirmedAt: at }
        : {}),
    })),
  );
}

/** Why somebody cannot be brought back by a file, as the code of a problem; null: nothing is against it. */
function shutOut(here: Subscriber | undefined, suppression: Suppression | undefined): string | null {
  if (here && (here.status === 'unsubscribed' || here.status === 'bounced' || here.status === 'complained'))
    return here.status;
  if (!suppression) return null;
  const codes = {
    sunset: 'suppressed',
    hygiene: 'suppressed',
    'soft-bounces': 'bounced',
    'hard-bounce': 'bounced',
    complaint: 'complained',
    manual: 'suppressed',
  } as const;
  const { reason } = suppression;
  return reason === 'unsubscribed' || reason === 'erased' ? reason : codes[reason];
}

/** Who left elsewhere leaves here: status, subscriptions, suppression and log. A weaker word never replaces a stronger one. */
async function recordLeaving(
  trx: Knex.Transaction,
  leaving: readonly ImportedPerson[],
  found: ReadonlyMap<string, Subscriber>,
): Promise<void> {
  const of = (status: FileStatus) => leaving.filter((person) => person.status === status);
  const people = (some: readonly ImportedPerson[]) => [
    ...new Set(some.flatMap(({ addressHash }) => found.get(addressHash) ?? [])),
  ];
  const hashes = (some: readonly ImportedPerson[]) => some.map(({ addressHash }) => ({ addressHash }));
  const at = Date.now();

  const unsubscribed = of('unsubscribed');
  if (unsubscribed.length > 0) {
    await unsubscribePeople(trx, people(unsubscribed), IMPORTED);
    await suppress(trx, 'unsubscribed', hashes(unsubscribed), at);
  }
  const bounced = of('bounced');
  if (bounced.length > 0) {
    const open = people(bounced).filter(({ status }) => status === 'pending' || status === 'subscribed');
    await setStatus(trx, open, 'bounced', at);
    await suppress(trx, 'hard-bounce', hashes(bounced), at);
  }
  const complained = of('complained');
  if (complained.length > 0) {
    const all = people(complained).filter(({ status }) => status !== 'complained');
    const ids = all.map(({ documentId }) => documentId);
    await setStatus(trx, all, 'complained', at);
    await endSubscriptions(trx, ids, { via: IMPORTED.source, campaignId: null, at });
    await withdrawMails(trx, 'confirm', ids);
    await logConsent(
      trx,
      all.flatMap((person) => consentEntries(person, null, 'unsubscribed', IMPORTED, { at })),
    );
    await suppress(trx, 'complaint', hashes(complained), at);
  }
}

async function setStatus(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  status: 'bounced' | 'complained',
  at: number,
): Promise<void> {
  await updateSubscribers(
    trx,
    people.map(({ documentId }) => documentId),
    { status, statusReason: IMPORTED.source, statusCampaign: null, statusChangedAt: at },
  );
}
