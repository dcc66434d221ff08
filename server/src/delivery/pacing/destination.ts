import { domainToASCII } from 'node:url';
import { PROVIDERS, type PacingConfig, type ProviderName } from '../../config';
import type { Site } from '../types';
import { PROVIDER_ROWS } from './providers';

/** Everything over one transport, whatever the receiver: its own rate, and what a relay says about us as a whole. */
export const WHOLE_SOURCE = '*';
/** In counters: receivers without a row, a limit or trouble. */
export const OTHERS = 'other';

/** Domain of an address in lower case as receivers know it: A-labels. */
export function domainOf(email: string): string {
  const domain = email.slice(email.lastIndexOf('@') + 1);
  return (isAscii(domain) ? domain : domainToASCII(domain) || domain).toLowerCase();
}

// eslint-disable-next-line no-control-regex
const isAscii = (text: string) => /^[\u0000-\u007f]*$/.test(text);

/** What follows a family's name: `com`, `co.uk`, `com.br`; not `live` of `live.example.com`. */
const FAMILY_END = /^(?:[a-z]{2,3}|(?:com?|org|net)\.[a-z]{2})$/;

/** Finds the destination of a domain; made once from the table and the configuration, which wins. */
export class DestinationFinder {
  private readonly domains = new Map<string, string>();
  /** `yahoo` for `yahoo.*`. */
  private readonly families = new Map<string, string>();
  private readonly suffixes: [suffix: string, destination: string][] = [];
  private readonly named: Set<string>;

  constructor(destinations: PacingConfig['destinations']) {
    this.named = new Set([...PROVIDERS, ...Object.keys(destinations)]);
    for (const name of PROVIDERS) {
      for (const domain of PROVIDER_ROWS[name].domains) {
        if (domain.endsWith('.*')) this.families.set(domain.slice(0, -2), name);
        else this.domains.set(domain, name);
      }
      for (const suffix of PROVIDER_ROWS[name].mx) this.suffixes.push([suffix, name]);
    }
    for (const [name, { domains = [], mx = [] }] of Object.entries(destinations)) {
      if (!isProvider(name) && name.includes('.')) this.domains.set(name, name);
      for (const domain of domains) this.domains.set(domain, name);
      for (const suffix of mx) this.suffixes.unshift([suffix, name]);
    }
    // The longest suffix is the most exact one: olc.protection.outlook.com before outlook.com.
    this.suffixes.sort(([a], [b]) => b.length - a.length);
  }

  /**
   * @param domain in lower case, A-labels
   * @param site its mail servers, where the transport looked for them; they know better than the domain who receives
   */
  find(domain: string, site: Site | null): string {
    const own = this.domains.get(domain);
    if (own !== undefined) return own;
    if (site) {
      const host = site.hosts[0] ?? '';
      for (const [suffix, name] of this.suffixes) {
        if (host === suffix || host.endsWith(`.${suffix}`)) return name;
      }
      return site.name.slice(0, 191);
    }
    const dot = domain.indexOf('.');
    const family = FAMILY_END.test(domain.slice(dot + 1))
      ? this.families.get(domain.slice(0, dot))
      : undefined;
    return family ?? domain;
  }

  /** Whether a domain is named in the table or the configuration, whatever its mail servers are. */
  hasOwn(domain: string): boolean {
    return this.domains.has(domain);
  }

  /** Whether somebody gave it a name: a provider, or a key of the configuration. */
  isNamed(destination: string): boolean {
    return this.named.has(destination);
  }
}

export const isProvider = (name: string): name is ProviderName =>
  (PROVIDERS as readonly string[]).includes(name);
