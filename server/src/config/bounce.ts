import { z } from 'zod';
import type { NewsletterConfig } from './schema';

const port = z.number().int().min(1).max(65535);
const PEM_OR_FILE = z.string().min(1);

/** A domain name in lower case. */
export const domainName = z
  .string()
  .regex(
    /^([a-z0-9_-]+\.)+[a-z0-9-]+$/,
    'expected a domain name in lower case, such as bounce.news.example.com',
  )
  .max(180); // with a local part of 64 octets a path stays below the 256 of RFC 5321 §4.5.3.1.3

/** A small SMTP server in the process that delivers. It takes mail for our bounce domains alone, and relays nothing. */
const listenerSchema = z.strictObject({
  /** Address to listen on. Default: all of this machine. */
  host: z.string().min(1).default('0.0.0.0'),
  /** TCP port. The world delivers to 25, which only root (or CAP_NET_BIND_SERVICE) may open: forward it otherwise. */
  port: z.number().int().min(0).max(65535).default(25),
  /** Name in the greeting: the host that MX points to. Default: the machine's host name. */
  name: z.string().min(1).optional(),
  /** Offers STARTTLS. PEM texts, or PEM files relative to the Strapi project. A file is read again when it changes. */
  tls: z.strictObject({ key: PEM_OR_FILE, cert: PEM_OR_FILE }).optional(),
  /** Kibibytes of a mail above which it is refused. Reports are small. */
  maxSizeKib: z.number().int().min(16).max(51_200).default(1024),
  /** Connections at the same time; more are told to come back later. */
  maxConnections: z.number().int().min(1).max(10_000).default(100),
  /** The same for one IP address (of IPv6: a /64), so that one client leaves room for others. */
  maxConnectionsPerIp: z.number().int().min(1).max(10_000).default(20),
  /** Connections per minute from one IP address; more are told to come back later. */
  connectionsPerMinutePerIp: z.number().int().min(1).default(300),
  /** Mails per minute from one IP address; more are told to come back later. */
  mailsPerMinutePerIp: z.number().int().min(1).default(600),
  /** Recipients that are not ours, per minute from one IP address, before the connection is closed: who guesses. */
  strangersPerMinutePerIp: z.number().int().min(1).default(60),
  /** Seconds without a sign of life after which a connection is closed. */
  idleSeconds: z.number().int().min(1).max(600).default(60),
  /** Seconds that one mail may take: a sender that drips octets holds no connection for longer. */
  mailSeconds: z.number().int().min(5).max(3600).default(300),
  /** Seconds after which a connection is closed, whatever goes on in it; its client offers again what was not answered. */
  sessionSeconds: z.number().int().min(1).max(7200).default(900),
  /**
   * Local parts at the bounce domain that are taken besides ours, for feedback loops that want a fixed address:
   * `['fbl', 'postmaster']`. What comes there counts only if it holds a mark of ours. Default: none.
   */
  fixedAddresses: z.array(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)).default([]),
});

/** A mailbox at any provider that bounces are delivered to. Best one of its own: every mail in its folder is taken. */
const mailboxSchema = z.strictObject({
  /** Shown in the panel; unique. */
  name: z.string().min(1).max(64),
  host: z.string().min(1),
  port: port.default(993),
  /** true: TLS from the first byte (port 993). false: STARTTLS. */
  secure: z.boolean().default(true),
  /** Options of Node's `tls.connect`, e.g. `{ ca }`. */
  tls: z.record(z.string(), z.unknown()).optional(),
  /**
   * A password; an OAuth 2 access token; or what access tokens are got with, at `accessUrl` (Google's token endpoint by
   * default). SASL OAUTHBEARER or XOAUTH2, whichever the server has.
   */
  auth: z.union([
    z.strictObject({ user: z.string().min(1), pass: z.string().min(1) }),
    z.strictObject({ user: z.string().min(1), accessToken: z.string().min(1) }),
    z.strictObject({
      user: z.string().min(1),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1).optional(),
      refreshToken: z.string().min(1),
      accessUrl: z.url({ protocol: /^https?$/ }).optional(),
    }),
  ]),
  /** The folder that is watched. */
  folder: z.string().min(1).default('INBOX'),
  /**
   * What becomes of a mail that was dealt with. `move`: into `moveTo`. `delete`: it is removed; a mail without any mark
   * of ours, and one that a person may have written (a reply to a campaign), is moved nevertheless, since somebody may
   * want to read it.
   */
  after: z.enum(['move', 'delete']).default('move'),
  /** Folder for mails that were dealt with; made when missing. */
  moveTo: z.string().min(1).default('Newsletter done'),
  /** Folder for mails that could not be dealt with in three tries; made when missing. */
  failedTo: z.string().min(1).default('Newsletter failed'),
  /** Seconds between two looks, for servers that do not tell of new mail (IMAP IDLE) and in case they forget. */
  pollSeconds: z.number().min(0.2).max(3600).default(60),
  /** Kibibytes of a mail that are read; the rest is left unread. Reports are small. */
  maxSizeKib: z.number().int().min(16).max(51_200).default(1024),
});

/** How bounces, complaints and unsubscribes by mail come back. */
export const bounceSchema = z
  .strictObject({
    /**
     * Domain of the return path of campaigns, such as `bounce.news.example.com`: each mail gets an envelope sender of its
     * own there, which nobody can forge. Below the sender's domain, so that SPF aligns. `domains.<domain>.bounceDomain`
     * wins. Default: none; bounces go to the sender's own address.
     */
    domain: domainName.optional(),
    /** Days after its mail was sent during which a bounce counts. */
    maxAgeDays: z.number().int().min(1).max(365).default(30),
    /** SMTP server for the bounce domains; off unless given. `{}` takes all defaults. */
    listener: listenerSchema.optional(),
    /** IMAP mailboxes that bounces are delivered to. */
    mailboxes: z.array(mailboxSchema).default([]),
  })
  .prefault({});

export type BounceConfig = z.output<typeof bounceSchema>;
export type ListenerConfig = z.output<typeof listenerSchema>;
export type MailboxConfig = z.output<typeof mailboxSchema>;

type Part = Pick<NewsletterConfig, 'bounce' | 'domains'>;

/** Domain of the return path for a sender's domain; null: the sender's own address. */
export const bounceDomainOf = (
  config: {
    domains: Record<string, { bounceDomain?: string | undefined }>;
    bounce: { domain?: string | undefined };
  },
  senderDomain: string,
): string | null => config.domains[senderDomain]?.bounceDomain ?? config.bounce.domain ?? null;

/** All domains that we take mail for. */
export function bounceDomains({ bounce, domains }: Part): Set<string> {
  const each = [bounce.domain, ...Object.values(domains).map(({ bounceDomain }) => bounceDomain)];
  return new Set(each.filter((name) => name !== undefined));
}

/** Whether mail to a bounce domain is read by us: only then can one unsubscribe by mail. */
export const takesMail = ({
  bounce,
}: {
  bounce: { listener?: unknown; mailboxes: readonly unknown[] };
}): boolean => bounce.listener !== undefined || bounce.mailboxes.length > 0;

/** What is wrong with `bounce` as a whole, as `path: sentence`; empty when all is well. */
export function bounceProblems(config: Part): string[] {
  const { listener, mailboxes } = config.bounce;
  const names = mailboxes.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const at = 'newsletter.config.bounce';
  return [
    ...(listener && bounceDomains(config).size === 0
      ? [
          `${at}.listener: needs ${at}.domain (or a bounceDomain in domains): it takes mail for that domain alone`,
        ]
      : []),
    ...(twice === undefined ? [] : [`${at}.mailboxes: two have the name "${twice}"; expected unique names`]),
    ...mailboxes.flatMap(({ name, folder, moveTo, failedTo }, nth) =>
      [moveTo, failedTo].includes(folder)
        ? [`${at}.mailboxes.${nth}: "${name}" would move mails into "${folder}", the folder that it watches`]
        : [],
    ),
  ];
}
