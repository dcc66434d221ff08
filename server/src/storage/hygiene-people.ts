import type { Knex } from 'knex';
import type { HygieneTarget } from './hygiene';
import { segmentCondition } from './segments';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** A person to look at. */
export interface CheckedPerson {
  documentId: string;
  emailKey: string;
}

/** People of the target with `after` < row id ≤ `end` who would get mail: pending or subscribed, not suppressed. */
export async function peopleToCheck(
  db: Knex,
  target: Exclude<HygieneTarget, { kind: 'sunset' }>,
  after: number,
  end: number,
): Promise<CheckedPerson[]> {
  const query = db({ s: TABLE.subscribers })
    .where('s.id', '>', after)
    .where('s.id', '<=', end)
    .whereIn('s.status', ['pending', 'subscribed'])
    .whereNotExists(isSuppressed(db))
    .orderBy('s.id')
    .select('s.document_id', 's.email_key');
  if (target.kind === 'list') {
    void query.whereExists(
      db({ x: TABLE.subscriptions })
        .select(db.raw('1'))
        .whereRaw('x.subscriber_id = s.document_id')
        .where('x.list_id', target.id)
        .whereIn('x.status', ['pending', 'subscribed']),
    );
  } else if (target.kind === 'import') {
    void query.whereExists(
      db({ x: TABLE.importAddresses })
        .select(db.raw('1'))
        .where('x.import_id', target.id)
        .whereRaw('x.address_hash = s.address_hash'),
    );
  } else if (target.kind === 'segment') {
    void query.where(segmentCondition(db, target.rules, { reach: 'page', now: target.now }));
  }
  const rows: { document_id: string; email_key: string }[] = await query;
  return rows.map((row) => ({ documentId: row.document_id, emailKey: row.email_key }));
}

/** Whether the person `s` is on the suppression list. */
export const isSuppressed = (db: Knex): Knex.QueryBuilder =>
  db({ p: TABLE.suppressions })
    .select(db.raw('1'))
    .whereRaw('p.address_hash = s.address_hash')
    .where('p.scope', 'all');

/**
 * Notes which mailboxes these people reach; whoever was met first keeps a mailbox.
 * @param mailboxes person by mailbox, as a keyed hash
 * @returns who has the mailbox, by hash
 */
export async function noteMailboxes(
  trx: Knex.Transaction,
  runId: string,
  mailboxes: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  for (const some of pieces([...mailboxes])) {
    await trx(TABLE.hygieneMailboxes)
      .insert(some.map(([hash, person]) => ({ run_id: runId, mailbox_hash: hash, subscriber_id: person })))
      .onConflict(['run_id', 'mailbox_hash'])
      .ignore();
    const rows: { mailbox_hash: string; subscriber_id: string }[] = await trx(TABLE.hygieneMailboxes)
      .where({ run_id: runId })
      .whereIn(
        'mailbox_hash',
        some.map(([hash]) => hash),
      )
      .select('mailbox_hash', 'subscriber_id');
    for (const row of rows) owners.set(row.mailbox_hash, row.subscriber_id);
  }
  return owners;
}

/** Forgets some mailboxes of checks that do not run any more. @returns whether there may be more */
export async function forgetMailboxes(db: Knex, limit = 200): Promise<boolean> {
  const rows: { run_id: string; mailbox_hash: string }[] = await db(TABLE.hygieneMailboxes)
    .whereNotIn('run_id', db(TABLE.hygieneRuns).where({ state: 'running' }).select('id'))
    .limit(limit)
    .select('run_id', 'mailbox_hash');
  for (const runId of new Set(rows.map((row) => row.run_id))) {
    await db(TABLE.hygieneMailboxes)
      .where({ run_id: runId })
      .whereIn(
        'mailbox_hash',
        rows.filter((row) => row.run_id === runId).map((row) => row.mailbox_hash),
      )
      .delete();
  }
  return rows.length === limit;
}

/** `missing`: no mail can be delivered there. `unknown`: DNS did not say. */
export interface DomainFact {
  state: 'ok' | 'missing' | 'unknown';
  /** nxdomain, no-records, null-mx, or the error. */
  detail: string | null;
}

/** What is known, and not too old, about these domains. */
export async function readDomains(db: Knex, domains: readonly string[]): Promise<Map<string, DomainFact>> {
  const found = new Map<string, DomainFact>();
  for (const some of pieces(domains)) {
    const rows: { domain: string; state: DomainFact['state']; detail: string | null }[] = await db(
      TABLE.hygieneDomains,
    )
      .whereIn('domain', some)
      .where('expires_at', '>', Date.now());
    for (const { domain, state, detail } of rows) found.set(domain, { state, detail: detail ?? null });
  }
  return found;
}

export async function keepDomains(
  db: Knex,
  facts: ReadonlyMap<string, DomainFact & { expiresAt: number }>,
): Promise<void> {
  for (const some of pieces([...facts])) {
    await db(TABLE.hygieneDomains)
      .insert(
        some.map(([domain, { state, detail, expiresAt }]) => ({
          domain,
          state,
          detail: detail?.slice(0, 64) ?? null,
          expires_at: expiresAt,
        })),
      )
      .onConflict('domain')
      .merge();
  }
}

/** Forgets domains that were looked up too long ago. */
export async function forgetDomains(db: Knex): Promise<void> {
  await db(TABLE.hygieneDomains).where('expires_at', '<', Date.now()).delete();
}
