/** What checks of lists find. Apart from the contract, so that the panel can read it without a validation library. */

/**
 * What a check of a list finds about a person. The last three are the sunset rule's.
 *
 * - `syntax`: mail systems refuse such an address; the Japanese carriers' stray dots are fine on their domains
 * - `typo`: the domain looks like a misspelt one of a large provider; `detail` is what may be meant
 * - `no-mx`: no mail server takes mail for the domain; `detail`: nxdomain, no-records or null-mx
 * - `dns-unknown`: DNS did not answer, so that nothing is known about the domain; `detail`: the error
 * - `disposable`: a throw-away domain
 * - `role`: an address of a function, not of a person (RFC 2142 and common names)
 * - `duplicate`: reaches the same mailbox as an older subscriber's address; `detail`: that address
 * - `inactive`: neither opened nor clicked for the time that the sunset rule names
 * - `inactive-due`: marked as inactive, waited for, mailed meanwhile, and still nothing
 * - `inactive-back`: marked as inactive, and opened or clicked since: the mark is taken off
 */
export const HYGIENE_KINDS = [
  'syntax',
  'typo',
  'no-mx',
  'dns-unknown',
  'disposable',
  'role',
  'duplicate',
  'inactive',
  'inactive-due',
  'inactive-back',
] as const;
export type HygieneKind = (typeof HYGIENE_KINDS)[number];

/** `suppress`: nothing is sent to them any more. `tag`: marks them and makes a segment of them. */
export const HYGIENE_ACTIONS = ['suppress', 'remove-from-list', 'tag'] as const;
export type HygieneActionName = (typeof HYGIENE_ACTIONS)[number];

/**
 * What can be done with a kind. Nothing where nothing is known (`dns-unknown`), where both addresses are a person's choice
 * (`duplicate`), or where all is well (`inactive-back`).
 */
export const ACTIONS_OF_KIND: Record<HygieneKind, readonly HygieneActionName[]> = {
  syntax: ['suppress', 'remove-from-list', 'tag'],
  typo: ['suppress', 'remove-from-list', 'tag'],
  'no-mx': ['suppress', 'remove-from-list', 'tag'],
  'dns-unknown': [],
  disposable: ['suppress', 'remove-from-list', 'tag'],
  role: ['suppress', 'remove-from-list', 'tag'],
  duplicate: [],
  inactive: ['tag'],
  'inactive-due': ['suppress'],
  'inactive-back': [],
};
