import type { PacingReason } from '../../../../shared/contracts';
import type { ProviderName } from '../../config';

/** What a reply does to the whole destination, beside what it does to its own message. */
export interface ReplyRule {
  /** Looked for in `<code> <status> <text>`. */
  when: RegExp;
  /** So often within an hour before it acts; default 1. */
  times?: number;
  reason: PacingReason;
  /** `suspend`: nothing is sent. `rate`: messages per minute, over one connection. `single`: one connection. */
  then: { suspend: true } | { rate: number } | { single: true };
  minutes: number;
}

export interface ProviderRow {
  /** Domains of recipients. `*` at the end stands for any further labels: `yahoo.*`. */
  domains: readonly string[];
  /** Ends of the names of mail servers. */
  mx: readonly string[];
  /** Over transports of type mx; a relay has its own. Unset: DEFAULT_LIMITS. */
  connections?: number;
  messagesPerConnection?: number;
  messagesPerSecond?: number;
  requireTLS?: boolean;
  rules?: readonly ReplyRule[];
  /** Where the numbers come from. */
  source: string;
}

/** For all others over transports of type mx: what few receivers mind (zone-mta's 5 connections, KumoMTA's 100 messages). */
export const DEFAULT_LIMITS = { connections: 5, messagesPerConnection: 100 } as const;

const KUMO = 'KumoMTA, assets/policy-extras/shaping.toml';
const KUMO_COMMUNITY = 'KumoMTA, assets/community/shaping.toml';
const JAPAN = 'delivery guides of the carrier; the number of connections is our recommendation';

const suspend = (
  when: RegExp,
  minutes: number,
  times = 1,
  reason: PacingReason = 'reputation',
): ReplyRule => ({
  when,
  times,
  reason,
  then: { suspend: true },
  minutes,
});
const slow = (when: RegExp, rate: number, minutes: number, times = 1): ReplyRule => ({
  when,
  times,
  reason: 'rate',
  then: { rate },
  minutes,
});
const single = (when: RegExp, minutes: number, times = 2): ReplyRule => ({
  when,
  times,
  reason: 'connections',
  then: { single: true },
  minutes,
});

/**
 * Large receivers, their limits and what they say before they block. Defaults that `newsletter.config.pacing.destinations`
 * replaces value by value.
 */
export const PROVIDER_ROWS: Readonly<Record<ProviderName, ProviderRow>> = {
  google: {
    domains: ['gmail.com', 'googlemail.com'],
    mx: ['google.com', 'googlemail.com'],
    connections: 5,
    messagesPerConnection: 50,
    requireTLS: true,
    rules: [
      // "421 4.7.28 … unusual rate of unsolicited mail …", support.google.com/mail/answer/81126
      slow(/unusual rate of/i, 10, 30, 2),
      suspend(/our system has detected that this message/i, 60, 5),
    ],
    source: KUMO,
  },
  yahoo: {
    domains: ['yahoo.*', 'ymail.com', 'rocketmail.com', 'aol.*', 'aim.com', 'verizon.net'],
    mx: ['yahoodns.net'],
    messagesPerConnection: 20,
    rules: [
      suspend(/\[(?:TSS|IPTS|TS)05\]/i, 240, 2),
      suspend(/\[(?:TSS|IPTS|TS)04\]/i, 120),
      slow(/\[TS02\]/i, 1, 30, 3),
      slow(/\[TS03\]/i, 10, 30, 3),
      suspend(/\[BL\d+\]/i, 120, 5),
      slow(/max message per connection reached/i, 10, 60, 3),
    ],
    source: `senders.yahooinc.com/best-practices; ${KUMO}`,
  },
  outlook: {
    domains: ['outlook.*', 'hotmail.*', 'live.*', 'msn.com', 'windowslive.com', 'passport.com'],
    mx: ['olc.protection.outlook.com'],
    connections: 5,
    messagesPerConnection: 50,
    rules: [
      suspend(/on our block list/i, 120, 5),
      suspend(/access denied, please try again later/i, 60, 5),
      single(/maximum number of connections|max concurrent connections/i, 60),
    ],
    source: `sendersupport.olc.protection.outlook.com/pm/policies; ${KUMO}`,
  },
  office365: {
    domains: [],
    mx: ['mail.protection.outlook.com', 'mx.microsoft'],
    connections: 5,
    messagesPerConnection: 50,
    source: KUMO,
  },
  icloud: {
    domains: ['icloud.com', 'me.com', 'mac.com'],
    mx: ['icloud.com'],
    connections: 10,
    messagesPerConnection: 5,
    rules: [
      suspend(/\[HCM1\].*deferred/i, 15, 3),
      suspend(/\[BS02\]|service unavailable - try again later/i, 15, 5, 'rate'),
      suspend(/spamhaus/i, 240, 3),
    ],
    source: `support.apple.com/en-us/102322; ${KUMO}`,
  },
  comcast: {
    domains: ['comcast.net'],
    mx: ['comcast.net'],
    connections: 25,
    messagesPerConnection: 1000,
    source: `spa.xfinity.com/postmaster; ${KUMO}`,
  },
  orange: {
    domains: ['orange.fr', 'wanadoo.fr'],
    mx: ['orange.fr'],
    connections: 2,
    rules: [
      single(/trop de connexions/i, 60),
      suspend(/service refuse/i, 60, 2),
      suspend(/client host blocked for spamming/i, 120, 5),
    ],
    source: `messagerie.orange.fr/postmaster.html; ${KUMO_COMMUNITY}`,
  },
  gmx: {
    domains: ['gmx.*', 'web.de'],
    mx: ['gmx.net', 'web.de'],
    connections: 4,
    messagesPerConnection: 20,
    rules: [
      single(/too many connections/i, 30, 3),
      suspend(/^5.*reject due to policy restrictions/i, 120, 5),
      suspend(/reject due to policy violations/i, 60, 5),
      slow(/reject due to policy restrictions/i, 1, 60, 5),
    ],
    source: KUMO_COMMUNITY,
  },
  // Other servers and other people than Yahoo Inc.'s.
  'yahoo-japan': {
    domains: ['yahoo.co.jp', 'ybb.ne.jp'],
    mx: ['yahoo.co.jp'],
    connections: 2,
    messagesPerConnection: 20,
    messagesPerSecond: 10,
    rules: [
      suspend(/VS98-IP0 deferred/i, 60, 2),
      suspend(/\[(?:TSS|IPTS)04\]/i, 60, 2),
      suspend(/timeout waiting for command/i, 30, 2, 'rate'),
    ],
    source: KUMO_COMMUNITY,
  },
  // docomo blocks a network that writes to many unknown people; au refuses many and long sessions, by a reset when it blocks.
  docomo: { domains: ['docomo.ne.jp'], mx: ['docomo.ne.jp'], connections: 2, source: JAPAN },
  au: { domains: ['ezweb.ne.jp', 'au.com'], mx: ['ezweb.ne.jp', 'au.com'], connections: 2, source: JAPAN },
  softbank: {
    domains: ['softbank.ne.jp', 'i.softbank.jp', 'vodafone.ne.jp', 'disney.ne.jp'],
    mx: ['softbank.ne.jp', 'softbank.jp'],
    connections: 2,
    source: JAPAN,
  },
  qq: {
    domains: ['qq.com', 'foxmail.com', 'vip.qq.com'],
    mx: ['qq.com'],
    connections: 4,
    messagesPerConnection: 8,
    rules: [suspend(/(?:sender|ip|connection|domain) frequency limited/i, 60, 5, 'rate')],
    source: KUMO_COMMUNITY,
  },
  netease: {
    domains: ['163.com', '126.com', 'yeah.net', 'vip.163.com'],
    mx: ['netease.com'],
    connections: 4,
    messagesPerConnection: 7,
    rules: [
      suspend(/RP:ORQ|HL:ITC/i, 60, 2, 'rate'), // the day's limit
      suspend(/^451.*DT:SPM/i, 15, 5),
      single(/too many connections|^554.*DT:SPM/i, 60),
    ],
    source: KUMO_COMMUNITY,
  },
  mimecast: {
    domains: [],
    mx: ['mimecast.com', 'mimecast.co.za', 'mimecast-offshore.com'],
    connections: 10,
    messagesPerConnection: 100,
    rules: [suspend(/internal resource temporarily unavailable/i, 30, 3, 'rate')],
    source: KUMO,
  },
  kpn: {
    domains: ['kpnmail.nl'],
    mx: ['kpnmail.nl'],
    connections: 10,
    messagesPerConnection: 10,
    source: KUMO_COMMUNITY,
  },
  barracuda: {
    domains: [],
    mx: ['barracudanetworks.com'],
    connections: 10,
    messagesPerConnection: 15,
    source: KUMO_COMMUNITY,
  },
  netvigator: {
    domains: ['netvigator.com'],
    mx: ['netvigator.com'],
    connections: 5,
    messagesPerConnection: 10,
    rules: [suspend(/too many messages for this session/i, 30, 3, 'rate')],
    source: KUMO_COMMUNITY,
  },
};

/** For every receiver, after its own rules. Words of Yahoo, Microsoft and others for an address that they mistrust. */
export const DEFAULT_RULES: readonly ReplyRule[] = [
  {
    when: /messages from \S+ (?:will be )?(?:temporarily|permanently) deferred|rate limited due to ip reputation|messages from \S+ weren.t sent|server busy\. please try again later from/i,
    reason: 'reputation',
    then: { rate: 1 },
    minutes: 90,
  },
];
