import type { Knex } from 'knex';
import type { Context } from '../context';
import {
  anonymiseReports,
  anonymiseSuppressions,
  anonymiseTraces,
  consentLogOf,
  deleteSubscribers,
  deleteSubscriptions,
  findPersonByHash,
  inTransaction,
  listsById,
  lockSubscribers,
  logConsent,
  readSuppression,
  readTraces,
  readWordings,
  subscriptionsOf,
  suppress,
  type Subscriber,
} from '../storage';
import type { PersonClaim } from '../tokens';
import { consentEntries, type Origin } from './consent';

/**
 * Everything that is stored about a person, as JSON (GDPR article 15 and 20); null when nobody has this address.
 * Times are ISO 8601 in UTC.
 */
export async function exportMe(
  ctx: Pick<Context, 'knex'>,
  claim: PersonClaim,
): Promise<Record<string, unknown> | null> {
  const person = await findPersonByHash(ctx.knex, claim.addressHash);
  if (!person) return null;
  const subscriptions = await subscriptionsOf(ctx.knex, person.documentId);
  const log = await consentLogOf(ctx.knex, person.documentId);
  const ids = [...subscriptions, ...log].flatMap(({ listId }) => (listId ? [listId] : []));
  const names = new Map((await listsById(ctx.knex, ids)).map((list) => [list.documentId, list.name]));
  const versions = [...subscriptions, ...log].flatMap(({ wordingVersion }) => wordingVersion ?? []);
  const suppression = await readSuppression(ctx.knex, person.addressHash);
  const traces = await readTraces(ctx.knex, person.documentId);
  const list = (id: string | null) => (id === null ? null : (names.get(id) ?? id));
  return {
    exportedAt: iso(Date.now()),
    person: profile(person),
    subscriptions: subscriptions.map((row) => ({
      list: list(row.listId),
      status: row.status,
      source: row.source,
      consentedAt: iso(row.consentedAt),
      consentIp: row.consentIp,
      wording: row.wordingVersion,
      endedAt: iso(row.endedAt),
      endedVia: row.endedVia,
    })),
    consentLog: log.map((row) => ({
      at: iso(row.at),
      action: row.action,
      list: list(row.listId),
      source: row.source,
      ip: row.ip,
      reason: row.reason ?? null,
      note: row.note ?? null,
      wording: row.wordingVersion,
    })),
    wordings: Object.fromEntries(await readWordings(ctx.knex, versions)),
    suppression: suppression && { reason: suppression.reason, since: iso(suppression.since) },
    mails: traces.deliveries.map((row) => ({
      campaign: row.campaign ?? row.campaignId,
      state: row.state,
      queuedAt: iso(row.createdAt),
      settledAt: iso(row.settledAt),
    })),
    events: traces.events.map((row) => ({
      at: iso(row.at),
      type: row.type,
      url: row.url,
      machine: row.machine,
    })),
    reports: traces.reports.map((row) => ({
      at: iso(row.at),
      kind: row.kind,
      result: row.result,
      said: row.said,
      reporter: row.reporter,
      evidence: row.evidence,
    })),
  };
}

/**
 * A person has themselves erased (GDPR article 17): record, subscriptions and queued mails are deleted, log, events
 * and deliveries lose what leads to them. The keyed hash of the address stays on the suppression list, with the
 * reason it had or as `erased`, so that an old file that is imported later does not bring them back; signing up
 * again with double opt-in does.
 */
export async function eraseMe(
  ctx: Pick<Context, 'knex'>,
  claim: PersonClaim,
  how: Omit<Origin, 'source'>,
): Promise<'erased' | 'unknown'> {
  return inTransaction(ctx.knex, async (trx) => {
    const person = await findPersonByHash(trx, claim.addressHash, { lock: true });
    if (!person) return 'unknown';
    await remove(trx, [person], 'erased', { source: 'preferences', campaignId: how.campaignId });
    await suppress(trx, 'erased', [{ addressHash: person.addressHash }], Date.now());
    return 'erased';
  });
}

/**
 * An editor deletes people. As for `eraseMe`, but an address that was not suppressed is not suppressed now: it may be
 * added again.
 * @returns how many there were
 */
export async function deletePeople(
  ctx: Pick<Context, 'knex'>,
  documentIds: readonly string[],
  origin: Origin,
): Promise<number> {
  return inTransaction(ctx.knex, async (trx) => {
    const people = await lockSubscribers(trx, documentIds);
    await remove(trx, people, 'deleted', { source: origin.source });
    return people.length;
  });
}

async function remove(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  action: 'deleted' | 'erased',
  origin: Origin,
): Promise<void> {
  const ids = people.map(({ documentId }) => documentId);
  const at = Date.now();
  await logConsent(
    trx,
    people.flatMap((person) => consentEntries(person, null, action, origin, { at })),
  );
  await anonymiseTraces(trx, ids);
  await anonymiseReports(trx, people);
  await anonymiseSuppressions(
    trx,
    people.map(({ addressHash }) => addressHash),
  );
  await deleteSubscriptions(trx, ids);
  await deleteSubscribers(trx, ids);
}

function profile(person: Subscriber): Record<string, unknown> {
  return {
    email: person.email,
    status: person.status,
    statusReason: person.statusReason,
    statusChangedAt: iso(person.statusChangedAt),
    firstName: person.firstName,
    lastName: person.lastName,
    language: person.language,
    timezone: person.timezone,
    attributes: person.attributes,
    source: person.source,
    createdAt: iso(person.createdAt),
    confirmedAt: iso(person.confirmedAt),
    lastSentAt: iso(person.lastSentAt),
    lastOpenedAt: iso(person.lastOpenedAt),
    lastClickedAt: iso(person.lastClickedAt),
  };
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
