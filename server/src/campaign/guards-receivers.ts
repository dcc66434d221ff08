import type { ProviderName } from '../config';

/**
 * Receivers large enough that their word on our SPF, DKIM or DMARC holds for all our mail, by the name under which
 * deliveries know them, with the page that says what they ask of senders.
 */
const LARGE: Partial<Record<ProviderName, { name: string; page: string }>> = {
  google: { name: 'Gmail', page: 'https://support.google.com/mail/answer/81126' },
  yahoo: { name: 'Yahoo', page: 'https://senders.yahooinc.com/best-practices' },
  outlook: { name: 'Outlook.com', page: 'https://sendersupport.olc.protection.outlook.com/pm/policies.aspx' },
  office365: {
    name: 'Microsoft 365',
    page: 'https://learn.microsoft.com/defender-office-365/email-authentication-about',
  },
  icloud: { name: 'iCloud Mail', page: 'https://support.apple.com/en-us/102322' },
  docomo: { name: 'docomo', page: 'https://www.docomo.ne.jp/service/docomo_mail/smtp_notice/' },
};

/** A large receiver by the name of its destination; undefined: it is none. */
export const largeReceiver = (destination: string) => LARGE[destination as ProviderName];

/** One receiver's part of a campaign so far. */
export interface ReceiverCounts {
  destination: string;
  /** Mails that it took, those that came back later included. */
  accepted: number;
  /** Recipients that wait because it refused our authentication. */
  waiting: number;
  /** Recipients whose mail came back for it, by way of a relay. */
  returned: number;
}

/** What of it was there when the last results began to be counted. */
export type ReceiverBase = Partial<Record<string, { tried: number; refused: number }>>;

/** Fewer results of a receiver say nothing. */
const AT_LEAST = 5;
/** Percent of a receiver's last results. */
export const REFUSED_SHARE = 50;

/**
 * Whether a large receiver refuses our authentication: half of its last results, five at least. One is enough then, while
 * other refusals need several domains: they can be one receiver's whim.
 * @returns the worst, and the counts from which the next look goes on
 */
export function judgeReceivers(
  counts: readonly ReceiverCounts[],
  base: ReceiverBase,
): { worst: { destination: string; share: number } | null; base: ReceiverBase } {
  let worst: { destination: string; share: number } | null = null;
  const next: ReceiverBase = { ...base };
  for (const { destination, accepted, waiting, returned } of counts) {
    if (!largeReceiver(destination)) continue;
    const before = base[destination] ?? { tried: 0, refused: 0 };
    const now = { tried: accepted + waiting, refused: waiting + returned };
    // What waited and went after all makes it smaller.
    const refused = Math.max(0, now.refused - before.refused);
    const tried = Math.max(now.tried - before.tried, refused);
    if (tried < AT_LEAST) continue;
    next[destination] = now;
    const share = Math.round((10_000 * refused) / tried) / 100;
    if (share >= REFUSED_SHARE && share > (worst?.share ?? 0)) worst = { destination, share };
  }
  return { worst, base: next };
}
