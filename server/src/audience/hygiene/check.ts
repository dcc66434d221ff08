import { closest, distance } from 'fastest-levenshtein';
import { emailKey } from '../../../../shared/address';
import type { HygieneKind } from '../../../../shared/contracts';
import { ENDINGS, MIXED_UP, NEIGHBOURS, PROVIDERS, ROLES, ROLE_SUFFIX, STRAY_DOT_DOMAINS } from './words';

/** What can be said about an address by looking at it. */
export interface AddressFinding {
  kind: Extract<HygieneKind, 'syntax' | 'typo' | 'disposable' | 'role'>;
  /** A domain that may be meant; null for other kinds. */
  detail: string | null;
}

/** The two halves of a key of `emailKey`. */
export function splitKey(key: string): { local: string; domain: string } {
  const at = key.lastIndexOf('@');
  return { local: key.slice(0, at), domain: key.slice(at + 1) };
}

/** What is said about the address of a key, as `emailKey` gives it. */
export type AddressCheck = (key: string) => AddressFinding[];

/** Domains whose findings are kept: most people of a list are at few of them. */
const KEPT_DOMAINS = 10_000;

/**
 * Looks at addresses, without asking anybody.
 * @param isDisposable see `loadDisposable`
 */
export function createAddressCheck(isDisposable: (domain: string) => boolean): AddressCheck {
  const known = new Map<string, AddressFinding[]>();
  const aboutDomain = (domain: string): AddressFinding[] => {
    const kept = known.get(domain);
    if (kept) return kept;
    const fresh = checkDomain(domain, isDisposable);
    if (known.size >= KEPT_DOMAINS) known.clear();
    known.set(domain, fresh);
    return fresh;
  };
  return (key) => {
    const { local, domain } = splitKey(key);
    const isMalformed = emailKey(key) !== key || hasStrayDots(local, domain);
    return [
      ...(isMalformed ? [{ kind: 'syntax' as const, detail: null }] : []),
      ...aboutDomain(domain),
      ...(isRole(local) ? [{ kind: 'role' as const, detail: null }] : []),
    ];
  };
}

function checkDomain(domain: string, isDisposable: (domain: string) => boolean): AddressFinding[] {
  const meant = suggestDomain(domain);
  const isThrowAway = !PROVIDERS.has(domain) && isDisposable(domain);
  return [
    ...(meant !== null ? [{ kind: 'typo' as const, detail: meant }] : []),
    ...(isThrowAway ? [{ kind: 'disposable' as const, detail: null }] : []),
  ];
}

/**
 * Whether the local part breaks RFC 5321's dot-string: receivers refuse it, but for the carriers that gave out such
 * addresses.
 */
function hasStrayDots(local: string, domain: string): boolean {
  if (local.startsWith('"') || !/^\.|\.\.|\.$/.test(local)) return false;
  return !STRAY_DOT_DOMAINS.some((carrier) => domain === carrier || domain.endsWith(`.${carrier}`));
}

/** Whether the local part names a function; what follows `+` does not count. */
function isRole(local: string): boolean {
  const name = local.replace(/\+.*$/, '');
  return ROLES.has(name) || ROLE_SUFFIX.test(name);
}

/** Shorter names have too many neighbours that exist. */
const LEAST_NAME = 5;

/**
 * The domain of a large provider that a domain seems to be a misspelling of, or null. Rather silent than wrong: one letter
 * missing, added or changed behind the first one, or two neighbours swapped, in either the name or the ending.
 */
export function suggestDomain(domain: string): string | null {
  if (PROVIDERS.has(domain) || NEIGHBOURS.has(domain)) return null;
  const mixedUp = MIXED_UP.get(domain);
  if (mixedUp !== undefined) return mixedUp;
  const near = TARGETS.filter((target) => isSlip(domain, target)).map(({ provider }) => provider);
  return near.length === 0 ? null : closest(domain, near);
}

interface Target {
  provider: string;
  name: string;
  /** With its dot. */
  ending: string;
}

const TARGETS: readonly Target[] = [...PROVIDERS]
  .map((provider) => {
    const dot = provider.indexOf('.');
    return { provider, name: provider.slice(0, dot), ending: provider.slice(dot) };
  })
  .filter(({ name }) => name.length >= LEAST_NAME);

function isSlip(domain: string, { provider, name, ending }: Target): boolean {
  if (Math.abs(domain.length - provider.length) > 1) return false;
  if (domain.endsWith(ending)) return isOneSlip(domain.slice(0, -ending.length), name, true);
  return (
    ENDINGS.has(ending) &&
    domain.startsWith(`${name}.`) &&
    isOneSlip(domain.slice(name.length), ending, false)
  );
}

function isOneSlip(typed: string, meant: string, sameStart: boolean): boolean {
  if (typed === '' || Math.abs(typed.length - meant.length) > 1) return false;
  if (typed.length === meant.length && isSwap(typed, meant)) return true;
  return distance(typed, meant) === 1 && (!sameStart || typed[0] === meant[0]);
}

function isSwap(typed: string, meant: string): boolean {
  const at = [...typed].findIndex((letter, index) => letter !== meant[index]);
  return (
    at >= 0 &&
    typed[at] === meant[at + 1] &&
    typed[at + 1] === meant[at] &&
    typed.slice(at + 2) === meant.slice(at + 2)
  );
}

/**
 * What stands for the mailbox that an address reaches, where its provider documents that several addresses reach one:
 * Gmail passes over dots and what follows `+`, others over what follows `+`. Null: every address is a mailbox.
 */
export function mailboxOf(key: string): string | null {
  const { local, domain } = splitKey(key);
  if (domain === 'gmail.com' || domain === 'googlemail.com')
    return `${local.replace(/\+.*$/, '').replaceAll('.', '')}@gmail.com`;
  return PLUS_DOMAINS.has(domain) ? `${local.replace(/\+.*$/, '')}@${domain}` : null;
}

/** Microsoft, Apple, Proton, Fastmail and Zoho deliver `name+anything` to `name`. */
const PLUS_DOMAINS: ReadonlySet<string> = new Set([
  'outlook.com',
  'outlook.jp',
  'hotmail.com',
  'hotmail.co.jp',
  'live.com',
  'live.jp',
  'icloud.com',
  'me.com',
  'mac.com',
  'proton.me',
  'protonmail.com',
  'fastmail.com',
  'zoho.com',
]);
