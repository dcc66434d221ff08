import { stat } from 'node:fs/promises';
import { stringify } from 'csv-stringify/sync';
import type { Knex } from 'knex';
import { emailKey } from '../../../shared/address';
import {
  SUPPRESSION_REASONS,
  type SuppressionAdd,
  type SuppressionImportResult,
  type SuppressionReason,
} from '../../../shared/contracts';
import type { Context } from '../context';
import {
  inTransaction,
  liftSuppressions,
  lockByHash,
  pageSuppressions,
  pieces,
  readSuppressions,
  subscribedIds,
  suppress,
  updateSubscribers,
  type NewSuppression,
  type SuppressionCursor,
  type SuppressionFilter,
} from '../storage';
import { announceLeft, unsubscribePeople } from './consent-unsubscribe';
import { AudienceError } from './errors';
import { safeCell } from './import/cells';
import { csvRows, detectDelimiter } from './import/csv';
import { detectEncoding } from './import/encoding';
import { readStatus } from './import/status-words';
import { suppressBounced, suppressComplained } from './suppression';

type ListContext = Pick<Context, 'knex' | 'tokens' | 'emit'>;

/** A person puts one address on the list, known or not. @returns whether it was not there with this or a stronger reason */
export async function addSuppression(
  ctx: ListContext,
  { email, note }: SuppressionAdd,
  by: string | null,
): Promise<boolean> {
  const { added } = await put(ctx, [{ email, reason: 'manual', note: note ?? null }], by);
  return added === 1;
}

/**
 * A person takes addresses off the list. Somebody who bounced is subscribed again if they had agreed before; somebody who
 * complained becomes unsubscribed, so that they can come back by themselves; who left has left.
 * @returns how many were on it
 */
export async function liftByHand(
  ctx: Pick<Context, 'knex'>,
  addressHashes: readonly string[],
  how: { by: string | null; note: string },
): Promise<number> {
  return inTransaction(ctx.knex, async (trx) => {
    const people = await lockByHash(trx, addressHashes);
    const lifted = await liftSuppressions(trx, addressHashes, how);
    const back = lifted.flatMap(({ addressHash }) => people.get(addressHash) ?? []);
    const bounced = back.filter(({ status }) => status === 'bounced');
    const agreed = await subscribedIds(
      trx,
      bounced.map(({ documentId }) => documentId),
    );
    const had = (person: (typeof bounced)[number]) =>
      person.confirmedAt !== null || agreed.has(person.documentId);
    const set = (some: typeof back, status: 'subscribed' | 'pending' | 'unsubscribed') =>
      updateSubscribers(
        trx,
        some.map(({ documentId }) => documentId),
        { status, statusReason: 'lifted', statusCampaign: null, statusChangedAt: Date.now(), softBounces: 0 },
      );
    await set(bounced.filter(had), 'subscribed');
    await set(
      bounced.filter((person) => !had(person)),
      'pending',
    );
    await set(
      back.filter(({ status }) => status === 'complained'),
      'unsubscribed',
    );
    return lifted.length;
  });
}

interface Row {
  email: string;
  reason: SuppressionReason;
  note: string | null;
}

/** Puts addresses on the list and does to known people what the reason says. */
async function put(
  ctx: ListContext,
  rows: readonly Row[],
  by: string | null,
): Promise<{ added: number; known: number }> {
  const entries = new Map<string, Row & NewSuppression>();
  for (const row of rows) {
    const addressHash = ctx.tokens.addressHash(emailKey(row.email)!);
    const before = entries.get(addressHash);
    if (before && rank(before.reason) >= rank(row.reason)) continue;
    entries.set(addressHash, {
      ...row,
      addressHash,
      detail: row.note,
      campaignId: null,
      feedbackId: null,
      addedBy: by,
    });
  }
  const all = [...entries.values()];
  const result = await inTransaction(ctx.knex, async (trx) => {
    const before = await readSuppressions(trx, [...entries.keys()]);
    const fresh = all.filter(({ addressHash, reason }) => {
      const old = before.get(addressHash);
      return !old || rank(old.reason) < rank(reason);
    });
    const left = await act(trx, fresh);
    return { added: fresh.length, left };
  });
  announceLeft(ctx, result.left, BY_HAND);
  return { added: result.added, known: rows.length - result.added };
}

const BY_HAND = { source: 'admin' };
const rank = (reason: SuppressionReason) => SUPPRESSION_REASONS.indexOf(reason);

async function act(trx: Knex.Transaction, entries: readonly (Row & NewSuppression)[]) {
  const at = Date.now();
  const of = (reason: SuppressionReason) =>
    entries
      .filter((entry) => entry.reason === reason)
      .map((entry) => ({
        ...entry,
        detail: entry.detail ?? null,
        campaignId: null,
        feedbackId: null,
        // Who wanted to be erased is not known by a list either.
        ...(reason === 'erased' ? { email: null } : {}),
      }));
  for (const reason of ['soft-bounces', 'hard-bounce'] as const)
    await suppressBounced(trx, reason, of(reason));
  await suppressComplained(trx, of('complaint'));
  const leaving = of('unsubscribed');
  const people = await lockByHash(
    trx,
    leaving.map(({ addressHash }) => addressHash),
  );
  const left = await unsubscribePeople(trx, [...people.values()], BY_HAND);
  // Once more for those above: whoever is known is on the list by now, and an entry stays as it is.
  for (const reason of SUPPRESSION_REASONS) await suppress(trx, reason, of(reason), at);
  return left;
}

const LIMITS = { invalid: 100, rows: 500_000 };
/** The name that the column of addresses has, in the exports of other products too. */
const EMAIL = /^(e-?mail|email.?address|address|recipient|メールアドレス)$/i;
const REASON = /^(reason|type|status|suppression.?reason|理由)$/i;
const NOTE = /^(note|detail|comment|備考)$/i;

/**
 * Reads a CSV file of addresses that get nothing more. Rows that cannot be read are told and passed over; the same file
 * again adds nobody.
 * @throws AudienceError no-addresses when the file has none at all; ImportError when a quote never closes
 */
export async function importSuppressions(
  ctx: ListContext,
  file: string,
  by: string | null,
): Promise<SuppressionImportResult> {
  const result: SuppressionImportResult = { rows: 0, added: 0, known: 0, invalid: [], invalidCount: 0 };
  if ((await stat(file)).size === 0) throw noAddresses();
  const encoding = await detectEncoding(file);
  const delimiter = await detectDelimiter(file, encoding);
  let columns: Columns | null = null;
  let waiting: Row[] = [];
  const flush = async () => {
    for (const some of pieces(waiting, 200)) {
      const { added, known } = await put(ctx, some, by);
      result.added += added;
      result.known += known;
    }
    waiting = [];
  };
  for await (const { line, cells } of csvRows(file, encoding, delimiter)) {
    if (columns === null) {
      columns = columnsOf(cells);
      if (columns.isHead) continue;
    }
    result.rows += 1;
    if (result.rows > LIMITS.rows) {
      throw new AudienceError('too-many-rows', 400, `At most ${LIMITS.rows} rows are taken from one file.`);
    }
    const row = readRow(cells, columns);
    if ('message' in row) {
      result.invalidCount += 1;
      if (result.invalid.length < LIMITS.invalid) result.invalid.push({ line, ...row });
      continue;
    }
    waiting.push(row);
    if (waiting.length >= 200) await flush();
  }
  await flush();
  if (result.rows === 0 || result.invalidCount === result.rows) throw noAddresses();
  return result;
}

interface Columns {
  isHead: boolean;
  email: number;
  reason: number;
  note: number;
}

function columnsOf(cells: readonly string[]): Columns {
  const find = (name: RegExp) => cells.findIndex((cell) => name.test(cell.trim()));
  const email = find(EMAIL);
  // A file without a head row is a list of addresses.
  if (email < 0) return { isHead: !emailKey(cells[0] ?? ''), email: 0, reason: -1, note: -1 };
  return { isHead: true, email, reason: find(REASON), note: find(NOTE) };
}

function readRow(cells: readonly string[], columns: Columns): Row | { value: string; message: string } {
  const email = (cells[columns.email] ?? '').trim();
  const word = (cells[columns.reason] ?? '').trim();
  if (!emailKey(email)) return { value: email.slice(0, 100), message: 'This is not an email address.' };
  const reason = reasonOf(word);
  if (!reason) return { value: word.slice(0, 100), message: 'This reason is not known.' };
  return { email, reason, note: (cells[columns.note] ?? '').trim().slice(0, 300) || null };
}

/** Our reasons, and the words of other products; no word: somebody does not want this address mailed. */
function reasonOf(word: string): SuppressionReason | null {
  if (word === '') return 'manual';
  const ours = SUPPRESSION_REASONS.find((reason) => reason === word.toLowerCase());
  if (ours) return ours;
  if (/^(bounces?|hard.?bounces?|hardbounce|invalid)$/i.test(word)) return 'hard-bounce';
  if (/^(soft.?bounces?)$/i.test(word)) return 'soft-bounces';
  if (/^(complaints?|spam.?complaints?|spam.?reports?)$/i.test(word)) return 'complaint';
  if (/^(unsubscribes?|opt.?out)$/i.test(word)) return 'unsubscribed';
  if (/^manual.?suppression$/i.test(word)) return 'manual';
  switch (readStatus(word)) {
    case 'bounced':
      return 'hard-bounce';
    case 'complained':
      return 'complaint';
    case 'unsubscribed':
      return 'unsubscribed';
    default:
      return null;
  }
}

const noAddresses = () =>
  new AudienceError('no-addresses', 400, 'There is no row with an email address in this file.');

const PAGE = 500;

/**
 * The list as CSV, newest first, in pieces: memory does not grow with it. Addresses that nobody knows any more are left
 * empty; their hash tells them apart. No cell can run as a formula.
 */
export async function* exportSuppressions(
  ctx: Pick<Context, 'knex'>,
  filter: SuppressionFilter,
): AsyncGenerator<string> {
  yield '\uFEFF' + write([['email', 'reason', 'note', 'since', 'added_by', 'address_hash']]);
  let after: SuppressionCursor | null = null;
  for (;;) {
    const page = await pageSuppressions(ctx.knex, filter, after, PAGE);
    const last = page.at(-1);
    if (!last) return;
    yield write(
      page.map((entry) => [
        entry.email ?? '',
        entry.reason,
        entry.detail ?? '',
        new Date(entry.since).toISOString(),
        entry.addedBy ?? '',
        entry.addressHash,
      ]),
    );
    after = { since: last.since, addressHash: last.addressHash };
  }
}

const write = (rows: readonly (readonly string[])[]) =>
  stringify(
    rows.map((row) => row.map(safeCell)),
    { record_delimiter: 'windows' },
  );
