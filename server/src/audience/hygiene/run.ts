import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context';
import {
  addFindings,
  dropStaleMarks,
  holdHygieneRun,
  inTransaction,
  keepDomains,
  moveHygieneRun,
  noteMailboxes,
  peopleToCheck,
  readDomains,
  saveHygieneProgress,
  type CheckedPerson,
  type HygieneCounts,
  type HygieneProgress,
  type HygieneRunRow,
  type NewFinding,
} from '../../storage';
import type { Hold } from '../import/run';
import { createAddressCheck, mailboxOf, splitKey, type AddressCheck } from './check';
import { loadDisposable } from './disposable';
import { createLookup, createResolver } from './domains';
import { findInactive, prepareSunset, unmark } from './sunset';

/** Rows of the subscribers' table per page; SQLite runs in the event loop, which a page may hold for about SLICE_MS. */
const SPAN = { first: 200, least: 200, most: 2000 };
const SLICE_MS = 20;

/** Pages are committed together: a commit waits for the disk, which on a busy machine takes longer than many pages. */
const COMMIT = { rows: 500, afterMs: 1000 };

/** What is found about one page of people, or about several. */
interface Page {
  people: number;
  findings: NewFinding[];
  /** Mailbox by person, where a provider takes several addresses for one. */
  mailboxes: Map<string, string>;
  asked: number;
  unknown: number;
  /** Milliseconds that it held the process, without DNS. */
  tookMs: number;
}

type ReadPage = (after: number, end: number) => Promise<Page>;

/**
 * Runs a check that this process holds, from behind its last committed page to its end. Nothing is changed by it but the
 * report, and marks of the sunset rule that have become void.
 * @returns `done`; `stopped`: it is still running and may be taken by any process; `lost`: somebody else cancelled it or
 *   took it
 */
export async function runCheck(
  ctx: Context,
  row: HygieneRunRow,
  hold: Hold,
): Promise<'done' | 'stopped' | 'lost'> {
  const keepHold = () => holdHygieneRun(ctx.knex, row.id, hold.runner, hold.leaseMs);
  const readPage = await pageReader(ctx, row, async () => !hold.isStopping() && (await keepHold()));
  const sums: HygieneProgress = { ...row };
  let span = SPAN.first;
  let open = noPage();
  let cursor = row.cursor;
  let committedAt = performance.now();
  while (sums.cursor < row.lastRow) {
    const end = Math.min(cursor + span, row.lastRow);
    const page = await readPage(cursor, end);
    if (hold.isStopping()) return 'stopped';
    open = joined(open, page);
    cursor = end;
    // Requests of editors and subscribers get their turn, also between reading and writing.
    await nextTurn();
    const begun = performance.now();
    if (cursor === row.lastRow || rowsOf(open) >= COMMIT.rows || begun - committedAt > COMMIT.afterMs) {
      if (!(await writePage(ctx, row, hold, open, sums, cursor))) return 'lost';
      open = noPage();
      committedAt = performance.now();
    }
    const tookMs = Math.max(page.tookMs, performance.now() - begun);
    if (tookMs < SLICE_MS / 2) span = Math.min(SPAN.most, span * 2);
    else if (tookMs > SLICE_MS) span = Math.max(SPAN.least, Math.floor(span / 2));
    await nextTurn();
  }
  if (row.target.kind === 'sunset') await dropStaleMarks(ctx.knex);
  return (await moveHygieneRun(ctx.knex, row.id, ['running'], 'done', { runner: hold.runner }))
    ? 'done'
    : 'lost';
}

const noPage = (): Page => ({
  ...{ people: 0, findings: [], mailboxes: new Map(), asked: 0, unknown: 0, tookMs: 0 },
});

const joined = (a: Page, b: Page): Page => ({
  people: a.people + b.people,
  findings: [...a.findings, ...b.findings],
  mailboxes: new Map([...a.mailboxes, ...b.mailboxes]),
  asked: a.asked + b.asked,
  unknown: a.unknown + b.unknown,
  tookMs: a.tookMs + b.tookMs,
});

const rowsOf = ({ findings, mailboxes }: Page) => findings.length + mailboxes.size;

async function writePage(
  ctx: Context,
  row: HygieneRunRow,
  hold: Hold,
  page: Page,
  sums: HygieneProgress,
  end: number,
): Promise<boolean> {
  const next = await inTransaction(ctx.knex, async (trx) => {
    if (!(await holdHygieneRun(trx, row.id, hold.runner, hold.leaseMs))) return null;
    const owners = await noteMailboxes(trx, row.id, firstOf(page.mailboxes));
    const findings = [...page.findings, ...duplicates(page.mailboxes, owners)];
    await addFindings(trx, row.id, findings);
    const back = findings.filter(({ kind }) => kind === 'inactive-back');
    await unmark(
      trx,
      back.map(({ subscriberId }) => subscriberId),
    );
    const after: HygieneProgress = {
      cursor: end,
      people: sums.people + page.people,
      counts: withFound(sums.counts, findings),
      domainsAsked: sums.domainsAsked + page.asked,
      domainsUnknown: sums.domainsUnknown + page.unknown,
    };
    await saveHygieneProgress(trx, row.id, after);
    return after;
  });
  // Only what is committed counts: a deadlock repeats the transaction.
  if (next) Object.assign(sums, next);
  return next !== null;
}

function duplicates(
  mailboxes: ReadonlyMap<string, string>,
  owners: ReadonlyMap<string, string>,
): NewFinding[] {
  return [...mailboxes].flatMap(([person, mailbox]): NewFinding[] => {
    const owner = owners.get(mailbox) ?? person;
    return owner === person ? [] : [{ subscriberId: person, kind: 'duplicate', detail: owner }];
  });
}

function withFound(counts: HygieneCounts, findings: readonly NewFinding[]): HygieneCounts {
  const sums = structuredClone(counts);
  for (const { kind } of findings) {
    sums[kind].found += 1;
    sums[kind].open += 1;
  }
  return sums;
}

/** Person by mailbox: of several of a page, the one whose row comes first. */
function firstOf(mailboxes: ReadonlyMap<string, string>): Map<string, string> {
  const first = new Map<string, string>();
  for (const [person, mailbox] of mailboxes) if (!first.has(mailbox)) first.set(mailbox, person);
  return first;
}

async function pageReader(
  ctx: Context,
  { target, dns }: HygieneRunRow,
  goesOn: () => Promise<boolean>,
): Promise<ReadPage> {
  if (target.kind === 'sunset') {
    const sunset = await prepareSunset(ctx.knex, target);
    return async (after, end) => {
      const begun = performance.now();
      const found = await findInactive(ctx.knex, sunset, after, end);
      return { ...found, mailboxes: new Map(), asked: 0, unknown: 0, tookMs: performance.now() - begun };
    };
  }
  const checkAddress = createAddressCheck(await loadDisposable());
  const lookup = createLookup(
    createResolver(ctx.config.hygiene.dns),
    { read: (domains) => readDomains(ctx.knex, domains), keep: (facts) => keepDomains(ctx.knex, facts) },
    ctx.config.hygiene.dns,
  );
  return async (after, end) => {
    const begun = performance.now();
    const people = await peopleToCheck(ctx.knex, target, after, end);
    const readMs = performance.now() - begun;
    const domains = dns ? [...new Set(people.map(({ emailKey }) => splitKey(emailKey).domain))] : [];
    const { facts, asked, unknown } = await lookup.factsOf(domains, goesOn);
    const looked = performance.now();
    const findings = people.flatMap((person) => [
      ...look(person, checkAddress),
      ...domainFinding(person, facts.get(splitKey(person.emailKey).domain)),
    ]);
    const mailboxes = mailboxesOf(ctx, people);
    const tookMs = readMs + performance.now() - looked;
    return { people: people.length, findings, mailboxes, asked, unknown, tookMs };
  };
}

const look = ({ documentId, emailKey }: CheckedPerson, checkAddress: AddressCheck) =>
  checkAddress(emailKey).map(({ kind, detail }): NewFinding => ({ subscriberId: documentId, kind, detail }));

function domainFinding(
  { documentId }: CheckedPerson,
  fact: { state: string; detail: string | null } | undefined,
): NewFinding[] {
  if (!fact || fact.state === 'ok') return [];
  const kind = fact.state === 'missing' ? 'no-mx' : 'dns-unknown';
  return [{ subscriberId: documentId, kind, detail: fact.detail }];
}

function mailboxesOf(ctx: Pick<Context, 'tokens'>, people: readonly CheckedPerson[]): Map<string, string> {
  return new Map(
    people.flatMap(({ documentId, emailKey }) => {
      const mailbox = mailboxOf(emailKey);
      return mailbox === null ? [] : [[documentId, ctx.tokens.addressHash(mailbox)] as const];
    }),
  );
}
