import { createHash } from 'node:crypto';
import type { Site } from '../types';

/** What a key in a table can hold, with something to spare. */
const LONGEST_NAME = 180;

/**
 * The site of a set of mail servers. Its name folds what the hosts have in common, as KumoMTA's site names do:
 * `(alt1|alt2).mx.example.com`.
 * @param hosts lower case, the preferred ones first; at least one
 */
export function siteOf(hosts: readonly string[]): Site {
  const sorted = [...new Set(hosts)].sort();
  const name = fold(sorted.map((host) => host.split('.')));
  return { name: name.length > LONGEST_NAME ? shorten(name) : name, hosts };
}

function fold(hosts: string[][]): string {
  if (hosts.length === 1) return hosts[0]!.join('.');
  let common = 0;
  const shortest = Math.min(...hosts.map((labels) => labels.length));
  while (common < shortest - 1 && new Set(hosts.map((labels) => labels.at(-1 - common))).size === 1) common++;
  const heads = hosts.map((labels) => labels.slice(0, labels.length - common).join('.'));
  const tail = hosts[0]!.slice(hosts[0]!.length - common).join('.');
  return `(${heads.join('|')})${tail && `.${tail}`}`;
}

function shorten(name: string): string {
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${mark}~${name.slice(-(LONGEST_NAME - 20))}`;
}
