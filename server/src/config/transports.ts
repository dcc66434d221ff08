import { isIP } from 'node:net';
import { z } from 'zod';

const port = z.number().int().min(1).max(65535);
const ip = z.string().refine((text) => isIP(text) > 0, 'must be an IP address');
const milliseconds = z.number().int().positive();

/** The ways to prove who we are to a relay; which one, the keys that are there say. */
const authSchema = z
  .strictObject({
    user: z.string().min(1),
    /** Password; for XOAUTH2 leave it out. */
    pass: z.string().min(1).optional(),
    /** SASL mechanism; the server's best offer by default. With a token it is always XOAUTH2. */
    method: z.enum(['PLAIN', 'LOGIN', 'CRAM-MD5', 'XOAUTH2']).optional(),
    /** XOAUTH2: an access token; with the keys below, one to begin with. */
    accessToken: z.string().min(1).optional(),
    /** XOAUTH2: the registered application, and what new access tokens are got with. */
    clientId: z.string().min(1).optional(),
    clientSecret: z.string().min(1).optional(),
    refreshToken: z.string().min(1).optional(),
    /** XOAUTH2: token endpoint of the provider; Google's by default. */
    accessUrl: z.url({ protocol: /^https?$/ }).optional(),
  })
  .superRefine((auth, ctx) => {
    const add = (key: string, message: string) => ctx.addIssue({ code: 'custom', path: [key], message });
    const hasToken = auth.accessToken !== undefined || auth.refreshToken !== undefined;
    if (auth.pass !== undefined && hasToken) add('pass', 'give either a password or a token, not both');
    if (auth.pass === undefined && !hasToken)
      add('pass', 'required, unless there is an accessToken or a refreshToken');
    if (auth.refreshToken !== undefined && auth.clientId === undefined)
      add('clientId', 'required with a refreshToken');
    if (auth.method === 'XOAUTH2' ? !hasToken : auth.method !== undefined && hasToken)
      add('method', 'XOAUTH2 goes with a token, the others with a password');
  });

const warmUpSchema = z.strictObject({
  /** The day (UTC) on which the address sends, or sent, its first mail: day 1 of the plan. */
  startedOn: z.iso.date('must be a day such as 2026-11-24'),
  /** Messages per day (UTC), day by day. Default: 200, 280, 390 … 50000 on day 18. After the last day: 1.4 times more a day. */
  plan: z.array(z.number().int().min(1)).min(1).max(365).optional(),
});

/** What both kinds take. */
const shared = {
  /** IP address of this machine to send from; the system's choice by default. */
  localAddress: ip.optional(),
  /** Name in EHLO; the machine's host name by default. */
  name: z.string().min(1).optional(),
  /** Options of Node's `tls.connect`, e.g. `{ servername, ca, rejectUnauthorized }`. */
  tls: z.record(z.string(), z.unknown()).optional(),
  rate: z
    .strictObject({
      /** Upper bound of messages per second over all connections of all processes; no bound by default. */
      messagesPerSecond: z.number().positive().optional(),
    })
    .prefault({}),
  /** A new source address earns trust with few messages a day at first; over all processes. Default: no limit. */
  warmUp: warmUpSchema.optional(),
};

/** An SMTP relay with a pool of connections. Uses PIPELINING and CHUNKING where the server offers them. */
export const smtpTransportSchema = z.strictObject({
  /** `smtp` (default): a relay. `mx`: the recipients' own mail servers, without a relay. */
  type: z
    .literal('smtp')
    .optional()
    .transform(() => 'smtp' as const),
  /** Host name or IP address of the relay. */
  host: z.string().min(1),
  /** TCP port: 587 (submission, STARTTLS), 465 (implicit TLS) or 25. */
  port: port.default(587),
  /** true: TLS from the first byte (port 465). false: STARTTLS when offered. */
  secure: z.boolean().default(false),
  /** true: refuse to send when the server does not offer STARTTLS. Ignored with `secure`. */
  requireTLS: z.boolean().default(false),
  auth: authSchema.optional(),
  pool: z
    .strictObject({
      /** Simultaneous connections, 1–100. */
      maxConnections: z.number().int().min(1).max(100).default(5),
      /** Messages over one connection before it is replaced. */
      maxMessages: z.number().int().min(1).default(100),
    })
    .prefault({}),
  /** Milliseconds. RFC 5321 §4.5.3.2 asks for 5 minutes to the greeting and 10 after the final dot. */
  timeouts: z
    .strictObject({
      connect: milliseconds.default(60_000),
      greeting: milliseconds.default(300_000),
      socket: milliseconds.default(600_000),
    })
    .prefault({}),
  ...shared,
});

/**
 * Delivers to the recipients' mail servers. The machine needs a public address with a PTR record that names `name`, and
 * outgoing port 25.
 */
export const mxTransportSchema = z.strictObject({
  type: z.literal('mx'),
  /** TCP port of the receivers; anything but 25 is for tests. */
  port: port.default(25),
  /** true: no mail to servers that do not offer STARTTLS, or whose encryption fails. */
  requireTLS: z.boolean().default(false),
  /** DNS servers as `address` or `address:port`, e.g. `['127.0.0.1:5353']`; the system's by default. */
  resolver: z
    .array(
      z
        .string()
        .regex(
          /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*)(:\d{1,5})?$/i,
          'must be an IP address, perhaps with a port',
        ),
    )
    .min(1)
    .optional(),
  /** true: also deliver to addresses of private networks and of this machine. A domain's owner chooses where its MX points. */
  allowPrivate: z.boolean().default(false),
  /** false: do not ask for MTA-STS policies (RFC 8461). */
  mtaSts: z.boolean().default(true),
  pool: z
    .strictObject({
      /** Simultaneous connections of this process to all receivers together, 1–500. What one receiver gets is its own matter. */
      maxConnections: z.number().int().min(1).max(500).default(50),
    })
    .prefault({}),
  /** Milliseconds, for each server that is tried. RFC 5321 §4.5.3.2 asks for 5 minutes to the greeting and 10 after the final dot. */
  timeouts: z
    .strictObject({
      connect: milliseconds.default(30_000),
      greeting: milliseconds.default(300_000),
      socket: milliseconds.default(600_000),
    })
    .prefault({}),
  ...shared,
});

export const transportSchema = z.discriminatedUnion('type', [smtpTransportSchema, mxTransportSchema], {
  error: (issue) => (issue.code === 'invalid_union' ? 'must be "smtp" or "mx"' : undefined),
});

type NamesTransports = { transports?: readonly { name: string }[] | undefined };

/** The names of a sender's transports; a sender that names none uses the first one. */
export const transportNames = (
  transports: Readonly<Record<string, TransportConfig>>,
  sender: NamesTransports,
): string[] =>
  sender.transports?.length ? sender.transports.map(({ name }) => name) : Object.keys(transports).slice(0, 1);

/** Whether one of a sender's transports earns its trust yet. */
export function isWarmedUp(
  transports: Readonly<Record<string, TransportConfig>>,
  sender: NamesTransports,
): boolean {
  return transportNames(transports, sender).some(
    (name) => Object.hasOwn(transports, name) && transports[name]!.warmUp !== undefined,
  );
}

export type SmtpTransportConfig = z.output<typeof smtpTransportSchema>;
export type MxTransportConfig = z.output<typeof mxTransportSchema>;
export type TransportConfig = z.output<typeof transportSchema>;
export type WarmUpConfig = z.output<typeof warmUpSchema>;
