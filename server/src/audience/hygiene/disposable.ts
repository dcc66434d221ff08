import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Reads the list of throw-away domains (npm: disposable-email-domains), some 120,000 names. Some take 20 MB: whoever
 * asks keeps the answer for as long as it checks, and no longer.
 * @returns whether a domain, in its A-label form, is one of them or below one
 */
export async function loadDisposable(): Promise<(domain: string) => boolean> {
  const exact = await readList('index.json');
  const wildcards = await readList('wildcard.json');
  return (domain) => exact.has(domain) || parentsOf(domain).some((parent) => wildcards.has(parent));
}

async function readList(name: string): Promise<ReadonlySet<string>> {
  // The built file is CommonJS or a module, as whoever loads the plugin wants it.
  const resolver = typeof require === 'function' ? require : createRequire(import.meta.url);
  const text = await readFile(resolver.resolve(`disposable-email-domains/${name}`), 'utf8');
  const names = JSON.parse(text) as string[];
  // Each of the two steps takes some 15 ms: requests get their turn between them.
  await nextTurn();
  return new Set(names);
}

/** The domain itself and what it lies below, without the top-level domain. */
function parentsOf(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
}
