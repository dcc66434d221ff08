import { setImmediate as nextTurn } from 'node:timers/promises';
import { IMPORT_NOTES, type ImportAddresses, type ImportNotes } from '../../../../shared/contracts';
import { IMPORT_LIMITS } from '../../../../shared/import-limits';
import type { Context } from '../../context';
import { keepDomains, readDomains, type DomainFact, type ImportRow } from '../../storage';
import { createAddressCheck, splitKey, type AddressCheck } from '../hygiene/check';
import { loadDisposable } from '../hygiene/disposable';
import { createLookup, createResolver } from '../hygiene/domains';
import { readRow, type Mapping } from './person';
import { stagedRows } from './stage';

type Kinds = ImportAddresses['kinds'];
type Sample = Kinds[number]['samples'][number];

/** Rows between two turns for requests: some 5 ms. */
const TURN = 500;

/** How many there are of something, and the first few of them. */
interface Pile {
  count: number;
  samples: Sample[];
}

/**
 * Looks at the addresses of a staged file as the import would: of people who would get mail, each once. Reads for eight
 * seconds or 200,000 rows at most, then asks DNS for as long, the domains with the most people first.
 * @throws ImportError broken-row
 */
export async function lookAtAddresses(
  ctx: Context,
  row: ImportRow,
  mapping: Mapping,
  dns: boolean,
): Promise<ImportAddresses> {
  const found = new Map<keyof ImportNotes, Pile>();
  const { addresses, isWhole, domains } = await readAddresses(ctx, row, mapping, found);
  const answers = dns ? await askDns(ctx, domains, found) : null;
  const kinds = IMPORT_NOTES.flatMap((kind): Kinds => {
    const pile = found.get(kind);
    return pile ? [{ kind, ...pile }] : [];
  });
  return { addresses, isWhole, kinds, domains: answers };
}

async function readAddresses(
  ctx: Context,
  row: ImportRow,
  mapping: Mapping,
  found: Map<keyof ImportNotes, Pile>,
): Promise<{ addresses: number; isWhole: boolean; domains: Map<string, Pile> }> {
  const checkAddress: AddressCheck = createAddressCheck(await loadDisposable());
  const domains = new Map<string, Pile>();
  const met = new Set<string>();
  const until = performance.now() + IMPORT_LIMITS.addressMs;
  let rows = row.header ? -1 : 0;
  for await (const fileRow of stagedRows(ctx, row)) {
    rows += 1;
    if (rows === 0) continue;
    if (rows > IMPORT_LIMITS.addressRows || performance.now() > until)
      return { addresses: met.size, isWhole: false, domains };
    if (rows % TURN === 0) await nextTurn();
    const { person } = readRow(ctx.tokens, mapping, fileRow);
    if (!person || (person.status !== 'subscribed' && person.status !== 'pending')) continue;
    if (met.has(person.addressHash)) continue;
    met.add(person.addressHash);
    const { line, email } = person;
    for (const { kind, detail } of checkAddress(person.emailKey)) add(found, kind, { line, email, detail });
    add(domains, splitKey(person.emailKey).domain, { line, email, detail: null });
  }
  return { addresses: met.size, isWhole: true, domains };
}

function add<K>(piles: Map<K, Pile>, key: K, sample: Sample): void {
  const pile = piles.get(key) ?? { count: 0, samples: [] };
  pile.count += 1;
  if (pile.samples.length < IMPORT_LIMITS.addressSamples) pile.samples.push(sample);
  piles.set(key, pile);
}

async function askDns(
  ctx: Context,
  domains: ReadonlyMap<string, Pile>,
  found: Map<keyof ImportNotes, Pile>,
): Promise<NonNullable<ImportAddresses['domains']>> {
  const lookup = createLookup(
    createResolver(ctx.config.hygiene.dns),
    { read: (some) => readDomains(ctx.knex, some), keep: (facts) => keepDomains(ctx.knex, facts) },
    ctx.config.hygiene.dns,
  );
  const until = performance.now() + IMPORT_LIMITS.addressMs;
  const largestFirst = [...domains].sort(([, a], [, b]) => b.count - a.count);
  const { facts } = await lookup.factsOf(
    largestFirst.slice(0, IMPORT_LIMITS.addressDomains).map(([domain]) => domain),
    () => Promise.resolve(performance.now() < until),
  );
  let unknown = 0;
  for (const [domain, pile] of largestFirst) {
    const fact = facts.get(domain);
    if (!fact || fact.state === 'ok') continue;
    if (fact.state === 'unknown') unknown += 1;
    addPile(found, fact, pile);
  }
  return { all: domains.size, unknown, unasked: domains.size - facts.size };
}

function addPile(found: Map<keyof ImportNotes, Pile>, { state, detail }: DomainFact, more: Pile): void {
  const kind = state === 'missing' ? 'no-mx' : 'dns-unknown';
  const before = found.get(kind) ?? { count: 0, samples: [] };
  const samples = [...before.samples, ...more.samples.map((sample) => ({ ...sample, detail }))];
  found.set(kind, {
    count: before.count + more.count,
    samples: samples.slice(0, IMPORT_LIMITS.addressSamples),
  });
}
