import { IMPORT_NOTES, type ImportNotes, type ImportOptions } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { keepDomains, noNotes, readDomains, type StoredProblem } from '../../storage';
import { createAddressCheck, splitKey } from '../hygiene/check';
import { loadDisposable } from '../hygiene/disposable';
import { createLookup, createResolver } from '../hygiene/domains';
import type { ImportedPerson, ReadRow } from './person';

/** What is said about the address of a person. */
export type AddressNote = StoredProblem & { code: (typeof IMPORT_NOTES)[number] };

/**
 * @param goesOn asked while DNS is: renews the import's lease
 * @returns what a check of the list says about the people of some rows, without their addresses
 */
export async function createNotes(
  ctx: Context,
  options: ImportOptions,
  goesOn: () => Promise<boolean>,
): Promise<(rows: readonly ReadRow[]) => Promise<AddressNote[]>> {
  const checkAddress = createAddressCheck(await loadDisposable());
  const asksDns = options.dns || options.leaveOut.includes('no-mx');
  const lookup = createLookup(
    createResolver(ctx.config.hygiene.dns),
    { read: (domains) => readDomains(ctx.knex, domains), keep: (facts) => keepDomains(ctx.knex, facts) },
    ctx.config.hygiene.dns,
  );
  return async (rows) => {
    const people = rows
      .flatMap(({ person }) => person ?? [])
      .filter(({ status }) => status === 'subscribed' || status === 'pending');
    const domains = asksDns ? [...new Set(people.map(domainOf))] : [];
    const { facts } = await lookup.factsOf(domains, goesOn);
    return people.flatMap((person): AddressNote[] => {
      const note = (code: AddressNote['code'], value: string | null): AddressNote => ({
        line: person.line,
        column: null,
        value,
        code,
      });
      const fact = facts.get(domainOf(person));
      return [
        ...checkAddress(person.emailKey).map(({ kind, detail }) => note(kind, detail)),
        ...(fact?.state === 'missing' ? [note('no-mx', domainOf(person))] : []),
        ...(fact?.state === 'unknown' ? [note('dns-unknown', domainOf(person))] : []),
      ];
    });
  };
}

const domainOf = ({ emailKey }: ImportedPerson) => splitKey(emailKey).domain;

export function countNotes(notes: readonly AddressNote[]): ImportNotes {
  const counts = noNotes();
  for (const { code } of notes) counts[code] += 1;
  return counts;
}
