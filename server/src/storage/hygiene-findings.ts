import type { Knex } from 'knex';
import type {
  HygieneActionDto,
  HygieneActionName,
  HygieneFinding,
  HygieneKind,
} from '../../../shared/contracts';
import { insertReturningId } from './dialect';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** `detail` of a duplicate is the documentId of the older subscriber: an address would outlive an erasure. */
export interface NewFinding {
  subscriberId: string;
  kind: HygieneKind;
  detail: string | null;
}

export async function addFindings(
  trx: Knex.Transaction,
  runId: string,
  findings: readonly NewFinding[],
): Promise<void> {
  for (const some of pieces(findings)) {
    await trx(TABLE.hygieneFindings).insert(
      some.map(({ subscriberId, kind, detail }) => ({
        run_id: runId,
        kind,
        subscriber_id: subscriberId,
        detail: detail?.slice(0, 255) ?? null,
      })),
    );
  }
}

/**
 * Findings of one kind from behind a cursor, with the people as they are now. People who were deleted since are left out,
 * so that fewer than `limit` may come: `last` says where the page ended; null: nothing follows.
 */
export async function readFindings(
  db: Knex,
  runId: string,
  { kind, after, limit }: { kind: HygieneKind; after: number; limit: number },
): Promise<{ results: HygieneFinding[]; last: number | null }> {
  const rows: Row[] = await db({ f: TABLE.hygieneFindings })
    .leftJoin({ s: TABLE.subscribers }, 's.document_id', 'f.subscriber_id')
    .where({ 'f.run_id': runId, 'f.kind': kind })
    .where('f.id', '>', after)
    .orderBy('f.id')
    .limit(limit)
    .select('f.id', 'f.subscriber_id', 'f.detail', 'f.action_id', 's.email', 's.status');
  const others = kind === 'duplicate' ? await addressesOf(db, rows) : new Map<string, string>();
  const results = rows
    .filter(({ email }) => email !== null)
    .map(
      (row): HygieneFinding => ({
        id: Number(row.id),
        kind,
        detail: kind === 'duplicate' ? (others.get(String(row.detail)) ?? null) : textOf(row.detail),
        subscriber: {
          documentId: String(row.subscriber_id),
          email: String(row.email),
          status: String(row.status),
        },
        acted: Number(row.action_id) > 0,
      }),
    );
  return { results, last: rows.length < limit ? null : Number(rows.at(-1)?.id) };
}

async function addressesOf(db: Knex, rows: readonly Row[]): Promise<Map<string, string>> {
  const ids = [...new Set(rows.map(({ detail }) => String(detail)))];
  const found = new Map<string, string>();
  for (const some of pieces(ids)) {
    const people: Row[] = await db(TABLE.subscribers)
      .whereIn('document_id', some)
      .select('document_id', 'email');
    for (const person of people) found.set(String(person.document_id), String(person.email));
  }
  return found;
}

/** Some of the findings of a kind that nothing was done about. */
export async function openFindings(
  db: Knex,
  runId: string,
  kind: HygieneKind,
  limit: number,
): Promise<{ id: number; subscriberId: string }[]> {
  const rows: Row[] = await db(TABLE.hygieneFindings)
    .where({ run_id: runId, kind, action_id: 0 })
    .orderBy('id')
    .limit(limit)
    .select('id', 'subscriber_id');
  return rows.map((row) => ({ id: Number(row.id), subscriberId: String(row.subscriber_id) }));
}

export async function markActed(
  trx: Knex.Transaction,
  ids: readonly number[],
  actionId: number,
): Promise<void> {
  for (const some of pieces(ids))
    await trx(TABLE.hygieneFindings).whereIn('id', some).update({ action_id: actionId });
}

/** Deletes some findings of checks that are gone or ended before an instant. @returns whether there may be more */
export async function forgetFindings(db: Knex, before: number, limit = 500): Promise<boolean> {
  const kept = db(TABLE.hygieneRuns)
    .where((either) => void either.whereNull('ended_at').orWhere('ended_at', '>=', before))
    .select('id');
  const rows: { id: number }[] = await db(TABLE.hygieneFindings)
    .whereNotIn('run_id', kept)
    .limit(limit)
    .select('id');
  for (const some of pieces(rows))
    await db(TABLE.hygieneFindings)
      .whereIn(
        'id',
        some.map(({ id }) => id),
      )
      .delete();
  return rows.length === limit;
}

export interface NewHygieneAction {
  runId: string;
  kind: HygieneKind;
  action: HygieneActionName;
  target: { documentId: string; name: string } | null;
  confirmed: number;
  by: string | null;
}

/** @returns its id */
export async function insertHygieneAction(db: Knex, fresh: NewHygieneAction): Promise<number> {
  return insertReturningId(db, TABLE.hygieneActions, {
    run_id: fresh.runId,
    kind: fresh.kind,
    action: fresh.action,
    target_id: fresh.target?.documentId ?? null,
    target_name: fresh.target?.name.slice(0, 255) ?? null,
    confirmed: fresh.confirmed,
    decided_by: fresh.by?.slice(0, 255) ?? null,
    at: Date.now(),
  });
}

/** Adds what one set of people came to, in its transaction; `done` ends the action. */
export async function addToHygieneAction(
  trx: Knex.Transaction,
  id: number,
  { changed, skipped }: { changed: number; skipped: number },
): Promise<void> {
  await trx(TABLE.hygieneActions)
    .where({ id })
    .update({
      changed: trx.raw('?? + ?', ['changed', changed]),
      skipped: trx.raw('?? + ?', ['skipped', skipped]),
    });
}

export async function endHygieneAction(db: Knex, id: number): Promise<void> {
  await db(TABLE.hygieneActions).where({ id }).whereNull('ended_at').update({ ended_at: Date.now() });
}

/** Actions of some checks, newest first. */
export async function hygieneActionsOf(
  db: Knex,
  runIds: readonly string[],
): Promise<Map<string, HygieneActionDto[]>> {
  const found = new Map<string, HygieneActionDto[]>();
  for (const ids of pieces(runIds)) {
    const rows: Row[] = await db(TABLE.hygieneActions).whereIn('run_id', ids).orderBy('id', 'desc');
    for (const row of rows) {
      const runId = String(row.run_id);
      found.set(runId, [...(found.get(runId) ?? []), toAction(row)]);
    }
  }
  return found;
}

type Row = Record<string, unknown>;

const textOf = (value: unknown) => (value ?? null) as string | null;

function toAction(row: Row): HygieneActionDto {
  return {
    id: Number(row.id),
    kind: row.kind as HygieneKind,
    action: row.action as HygieneActionName,
    target:
      row.target_id === null
        ? null
        : { documentId: String(row.target_id), name: String(row.target_name ?? '') },
    confirmed: Number(row.confirmed),
    changed: Number(row.changed),
    skipped: Number(row.skipped),
    by: textOf(row.decided_by),
    at: new Date(Number(row.at)).toISOString(),
    endedAt: row.ended_at === null ? null : new Date(Number(row.ended_at)).toISOString(),
  };
}
