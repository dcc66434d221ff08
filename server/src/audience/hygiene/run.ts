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
import { checkAddress, mailboxOf, splitKey } from './check';
import { loadDisposable } from './disposable';
import { createLookup, createResolver } from './domains';
import { findInactive, prepareSunset, unmark } from './sunset';

/** Rows of the subscribers' table per page; SQLite runs in the event loop, which one page may hold for about SLICE_MS. */
const SPAN = { first: 200, least: 200, most: 2000 };
const SLICE_MS = 25;

/** What is found about one page of people; `commit` writes what else belongs to it. */
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
  while (sums.cursor < row.lastRow) {
    const end = Math.min(sums.cursor + span, row.lastRow);
    const page = await readPage(sums.cursor, end);
    if (hold.isStopping()) return 'stopped';
    const begun = performance.now();
    if (!(await writePage(ctx, row, hold, page, sums, end))) return 'lost';
    const tookMs = page.tookMs + performance.now() - begun;
    if (tookMs < SLICE_MS / 2) span = Math.min(SPAN.most, span * 2);
    else if (tookMs > SLICE_MS * 2) span = Math.max(SPAN.least, Math.floor(span / 2));
    // Requests of editors and subscribers get their turn.
    await nextTurn();
  }
  if (row.target.kind === 'sunset') await dropStaleMarks(ctx.knex);
  return (await moveHygieneRun(ctx.knex, row.id, ['running'], 'done', { runner: hold.runner }))
    ? 'done'
    : 'lost';
}

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
  const isDisposable = await loadDisposable();
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
      ...look(person, isDisposable),
      ...domainFinding(person, facts.get(splitKey(person.emailKey).domain)),
    ]);
    const mailboxes = mailboxesOf(ctx, people);
    const tookMs = readMs + performance.now() - looked;
    return { people: people.length, findings, mailboxes, asked, unknown, tookMs };
  };
}

const look = ({ documentId, emailKey }: CheckedPerson, isDisposable: (domain: string) => boolean) =>
  checkAddress(emailKey, isDisposable).map(
    ({ kind, detail }): NewFinding => ({ subscriberId: documentId, kind, detail }),
  );

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
