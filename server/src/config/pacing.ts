import { z } from 'zod';

/** Receivers for which the plugin has a row of defaults (delivery/pacing/providers.ts). */
export const PROVIDERS = [
  'google',
  'yahoo',
  'outlook',
  'office365',
  'icloud',
  'comcast',
  'orange',
  'gmx',
  'yahoo-japan',
  'docomo',
  'au',
  'softbank',
  'qq',
  'netease',
  'mimecast',
  'kpn',
  'barracuda',
  'netvigator',
] as const;
export type ProviderName = (typeof PROVIDERS)[number];

const DOMAIN = /^([a-z0-9_]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]$/;

const domain = z
  .string()
  .regex(DOMAIN, 'expected a domain in lower case, such as example.com, without a dot at either end');

const isPattern = (text: string): boolean => {
  try {
    return Boolean(new RegExp(text, 'i'));
  } catch {
    return false;
  }
};

const reply = {
  /** A regular expression in whatever case, looked for in `<code> <status> <text>` of a refusal. */
  when: z.string().min(1).max(500).refine(isPattern, 'expected a regular expression'),
  /** So often within an hour before it acts. 1–1000. */
  times: z.number().int().min(1).max(1000).default(1),
};
/** For so long. 1–1440. */
const minutes = z.number().int().min(1).max(1440);

/** What a refusal does to all mail for a destination. */
const ruleSchema = z.discriminatedUnion('then', [
  /** Nothing is sent to it. */
  z.strictObject({ ...reply, then: z.literal('suspend'), minutes }),
  /** Messages per minute, over one connection. 1–60000. */
  z.strictObject({ ...reply, then: z.literal('slow'), perMinute: z.number().min(1).max(60_000), minutes }),
  /** One connection, until messages are taken again. */
  z.strictObject({ ...reply, then: z.literal('single') }),
]);
export type ReplyRuleConfig = z.output<typeof ruleSchema>;

const destinationSchema = z.strictObject({
  /** Domains of recipients that belong to it. */
  domains: z.array(domain).max(1000).optional(),
  /** Ends of the names of its mail servers: `google.com` stands for `aspmx.l.google.com`. For transports of type mx. */
  mx: z.array(domain).max(100).optional(),
  /** Connections over all processes; over a relay, messages that are on their way to it at the same time. 1–1000. */
  connections: z.number().int().min(1).max(1000).optional(),
  /** Messages over one connection; for transports of type mx. */
  messagesPerConnection: z.number().int().min(1).max(10_000).optional(),
  /** Messages per second over all processes; 0.1 is one every ten seconds. */
  messagesPerSecond: z.number().min(0.0001).max(100_000).optional(),
  /** No mail to it without encryption; for transports of type mx, in place of their own `requireTLS`. */
  requireTLS: z.boolean().optional(),
  /**
   * What its refusals do to all mail for it, the first that fits; in place of the table's. How long the receiver itself asks
   * to wait goes before, and what it says about one recipient does nothing to others.
   */
  rules: z.array(ruleSchema).max(50).optional(),
});
export type DestinationConfig = z.output<typeof destinationSchema>;

/** What receivers may get from us, and for how long we try. */
export const pacingSchema = z
  .strictObject({
    /**
     * Limits by receiver: of a provider of the table (`google`, `yahoo`, `outlook`, …), of a domain, or of a name of your
     * own with `domains` or `mx`. What is given replaces the table's value. Over relays only these count, not the table:
     * a relay paces by itself.
     */
    destinations: z.record(z.string().max(100), destinationSchema).default({}),
    /** Limits by domain of the From address, over all transports and processes. */
    senderDomains: z
      .record(z.string(), z.strictObject({ messagesPerSecond: z.number().min(0.0001).max(100_000) }))
      .default({}),
    /** Hours after which a recipient whose server keeps saying "later" is given up. 4–120. */
    giveUpHours: z.number().min(4).max(120).default(48),
  })
  .superRefine(({ destinations }, context) => {
    const owners = new Map<string, string>();
    for (const [name, { domains = [], mx = [] }] of Object.entries(destinations)) {
      const path = ['destinations', name];
      const isKnown = (PROVIDERS as readonly string[]).includes(name) || DOMAIN.test(name);
      if (!isKnown && domains.length + mx.length === 0) {
        const message = `is neither a provider of the table (${PROVIDERS.join(', ')}) nor a domain in lower case: correct the name, or say its "domains" or "mx"`;
        context.addIssue({ code: 'custom', path, message });
      }
      for (const [key, values] of Object.entries({ domains, mx })) {
        values.forEach((value, at) => {
          const owner = owners.get(`${key} ${value}`);
          if (owner === undefined) return void owners.set(`${key} ${value}`, name);
          const message = `${value} belongs to "${owner}" already`;
          context.addIssue({ code: 'custom', path: [...path, key, at], message });
        });
      }
    }
  });
export type PacingConfig = z.output<typeof pacingSchema>;

/** Limits of sender domains that no sender can use, as `path: sentence`. */
export function pacingProblems(pacing: PacingConfig, domains: Record<string, unknown>): string[] {
  return Object.keys(pacing.senderDomains)
    .filter((name) => !Object.hasOwn(domains, name))
    .map(
      (name) =>
        `newsletter.config.pacing.senderDomains.${name}: is not one of newsletter.config.domains (${Object.keys(domains).join(', ') || 'none'})`,
    );
}
