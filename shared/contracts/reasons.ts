/**
 * Why a mail was not taken, in the two words that we use for it. `Reason` is the field's vocabulary (Sisimai's), fine enough
 * to read; `ReplyClass` is what decides: stored in `newsletter_deliveries.reason`, shown in reports, counted in metrics.
 */

/** What a class does to people. hard: the address is dead. soft: counted. block: about us, nobody is blamed. none: no failure. */
export const SEVERITIES = ['hard', 'soft', 'block', 'none'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Severity of each class. Docs: docs/bounces.md; sentences for people: `reasons.*` in the panel's translations. */
export const CLASS_SEVERITY = {
  /** The address is dead. */
  invalid: 'hard',
  /** Unknown, or a filter of the person: the receiver says the same for both. */
  filtered: 'soft',
  /** The mailbox is there, but closed for now: disabled, suspended, inactive. */
  suspended: 'soft',
  'mailbox-full': 'soft',
  /** Our message is larger than the receiver or the mailbox takes. */
  size: 'block',
  /** Spam, virus, form of the message. */
  content: 'block',
  /** Login, SPF, DKIM, DMARC, PTR, relaying: our configuration. */
  authentication: 'block',
  /** Our From or MAIL FROM address. */
  sender: 'block',
  /** Our IP address or domain has a bad name there. */
  reputation: 'block',
  /** Too fast, too many. */
  rate: 'block',
  /** Asked to come back later, as a stranger. */
  greylist: 'block',
  /** The receiving server was not reached, did not answer in time or is out of order. */
  network: 'soft',
  /** No way to the receiver: DNS, loops. */
  routing: 'soft',
  protocol: 'block',
  policy: 'block',
  other: 'soft',
} as const satisfies Record<string, Severity>;
export type ReplyClass = keyof typeof CLASS_SEVERITY;
export const REPLY_CLASSES = Object.keys(CLASS_SEVERITY) as ReplyClass[];

/** The class that a reason belongs to, unless a rule names a finer one (`blocked` by greylisting is `greylist`). */
export const REASON_CLASS = {
  userunknown: 'invalid',
  hostunknown: 'invalid',
  hasmoved: 'invalid',
  /** The host takes no mail at all (RFC 7504, RFC 7505). Dead only when the refusal is permanent. */
  notaccept: 'invalid',
  filtered: 'filtered',
  suspend: 'suspended',
  mailboxfull: 'mailbox-full',
  mesgtoobig: 'size',
  exceedlimit: 'size',
  contenterror: 'content',
  spamdetected: 'content',
  virusdetected: 'content',
  notcompliantrfc: 'content',
  authfailure: 'authentication',
  requireptr: 'authentication',
  norelaying: 'authentication',
  rejected: 'sender',
  blocked: 'reputation',
  badreputation: 'reputation',
  speeding: 'rate',
  toomanyconn: 'rate',
  expired: 'network',
  networkerror: 'network',
  systemfull: 'network',
  failedstarttls: 'network',
  systemerror: 'network',
  syntaxerror: 'protocol',
  policyviolation: 'policy',
  securityerror: 'policy',
  mailererror: 'other',
  onhold: 'other',
  /** On a suppression list of the provider that we send through. */
  suppressed: 'other',
  undefined: 'other',
  /** Not failures: arrived, a complaint, an automatic reply. */
  delivered: 'other',
  feedback: 'other',
  vacation: 'other',
} as const satisfies Record<string, ReplyClass>;
export type Reason = keyof typeof REASON_CLASS;
export const REASONS = Object.keys(REASON_CLASS) as Reason[];
