import { z } from 'zod';
import { bounceSchema, domainName } from './bounce';
import { feedbackSchema } from './feedback';
import { hygieneSchema } from './hygiene';
import { pacingSchema } from './pacing';
import { transportSchema } from './transports';

const port = z.number().int().min(1).max(65535);

const dkimKeySchema = z.strictObject({
  /** The key is published as the TXT record `<selector>._domainkey.<domain>`. */
  selector: z.string().regex(/^[a-z0-9._-]+$/i),
  /** PEM text, or the path of a PEM file relative to the Strapi project. */
  privateKey: z.string().min(1),
});

export const domainSchema = z.strictObject({
  /**
   * `{ selector, privateKey }`: we sign (RFC 6376, rsa-sha256). `privateKey` is a PEM text or the path of a PEM file.
   * With `ed25519`, a second signature of that kind is added (RFC 8463): few receivers check it, so that it never
   * replaces the first.
   * `'relay'`: the relay signs for this domain; we send unsigned messages to it.
   */
  dkim: z.union([z.literal('relay'), dkimKeySchema.extend({ ed25519: dkimKeySchema.optional() })]),
  /** Domain of the return path for senders of this domain; wins over `bounce.domain`. */
  bounceDomain: domainName.optional(),
});

/** What `config/plugins.ts` → `newsletter.config` takes. Every key has a working default except transports and domains. */
export const configSchema = z.strictObject({
  /**
   * https address under which recipients reach this Strapi, without `/api`: all links in mails start with it.
   * Default: Strapi's `server.absoluteUrl`.
   */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    // In ASCII, as a mail's headers need it.
    .transform((url) => new URL(url).href.replace(/\/+$/, ''))
    .optional(),
  secrets: z
    .strictObject({
      /**
       * Token secrets of at least 32 characters: the first signs, all verify. Never remove one while mails signed
       * with it may still be opened. Default: one made at first start and kept in the database.
       */
      tokens: z.array(z.string().min(32)).min(1).optional(),
    })
    .prefault({}),
  queue: z
    .strictObject({
      /**
       * `redis`, `postgres`, `embedded` (PGlite in a worker thread, for one process) or `auto`: redis when `queue.redis`
       * is set, else postgres when `queue.postgres` is set or Strapi's database is PostgreSQL, else embedded. It carries
       * no facts: it can be changed at any time, also in mid-campaign.
       */
      backend: z.enum(['auto', 'redis', 'postgres', 'embedded']).default('auto'),
      /** Redis as a URL (`redis://user:pass@host:6379/0`) or ioredis options. */
      redis: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
      /**
       * Another PostgreSQL than Strapi's, 13 or newer, as a URL (`postgres://user:pass@host:5432/db`) or options of
       * node-postgres' pool. Each process opens 4 connections, or `max` of them when that is more. Through PgBouncer in
       * transaction mode, tickets are found up to 5 s late.
       */
      postgres: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
      /** Schema of the queue on PostgreSQL; made when missing. Disposable: it is rebuilt from the tables. */
      schema: z
        .string()
        .regex(/^(?!public$|pg_)[a-z_][a-z0-9_]{0,62}$/)
        .default('newsletter_queue'),
      /** Folder of the embedded queue, relative to the Strapi project. Disposable: it is rebuilt from the database. */
      folder: z.string().default('.newsletter/queue'),
      /** Beginning of the queue names. A mark of the project follows: two projects on one Redis do not meet. */
      prefix: z
        .string()
        .regex(/^[a-z0-9-]+$/i)
        .default('newsletter'),
    })
    .prefault({}),
  worker: z
    .strictObject({
      /** false: this process serves the panel and the public pages, but sends nothing. */
      enabled: z.boolean().default(true),
      /** Messages in flight at most: also the bound of in-doubt recipients if this process dies. 1–512. */
      slots: z.number().int().min(1).max(512).default(32),
      /** Campaigns that this process sends at the same time. */
      campaigns: z.number().int().min(1).max(32).default(4),
      /**
       * Threads that render and sign campaigns' mails beside the event loop, after its first 200 (25 in a
       * process that serves the panel, where they step back while it answers somebody); each takes 40 to 70 MB until
       * a minute after the last mail. 0–16; by default 1, from three cores on 2. 0: in the event loop.
       */
      threads: z.number().int().min(0).max(16).optional(),
      /** Recipients per batch row. */
      batchSize: z.number().int().min(1).max(5000).default(500),
      /** Seconds after which a process that no longer renews its lease counts as dead. */
      leaseSeconds: z.number().min(1).max(600).default(30),
      /** Seconds that a stop waits for outstanding replies. */
      drainSeconds: z.number().min(0).max(300).default(30),
      /** Milliseconds between two group commits of the ledger. */
      tickMs: z.number().int().min(1).max(1000).default(5),
      /** Seconds between two looks for due, unfinished or abandoned work. */
      reconcileSeconds: z.number().min(0.2).max(3600).default(15),
      /** Seconds one queue ticket sends before it yields. */
      ticketSeconds: z.number().min(0.2).max(60).default(15),
      /**
       * What a process writes down before it hands over a message, and after: when it was killed, another one on the
       * same machine sends what never left, where otherwise up to `slots` mails stay in doubt. Linux only.
       */
      evidence: z
        .strictObject({
          enabled: z.boolean().default(true),
          /** Folder, relative to the Strapi project; on a disk of the machine. Disposable while nothing is sent. */
          folder: z.string().min(1).default('.newsletter/evidence'),
        })
        .prefault({}),
      /** Seconds between two signs of life of a process. After three missed ones it counts as gone. */
      heartbeatSeconds: z.number().min(0.2).max(60).default(10),
      /**
       * TCP port on which `strapi-newsletter worker` answers GET /health and, with `metrics`, GET /metrics. Default:
       * none. `--health-port` wins.
       */
      healthPort: port.optional(),
      /** Address on which it listens there. `0.0.0.0` lets other machines ask: /health tells no more than problems. */
      healthHost: z.string().min(1).default('127.0.0.1'),
    })
    .prefault({}),
  metrics: z
    .strictObject({
      /** true: Prometheus metrics at GET /api/newsletter/metrics and on the port of workers. */
      enabled: z.boolean().default(false),
      /** Prometheus sends it as `Authorization: Bearer …`. In production nothing is answered without one. */
      token: z.string().min(16).optional(),
      /** true: also memory, CPU, event loop and garbage collection of the process. */
      process: z.boolean().default(false),
    })
    .prefault({}),
  /** Named ways to send. The first one is the default of every sender. */
  transports: z.record(z.string().regex(/^[a-z0-9-]+$/i), transportSchema).default({}),
  /** Domains that senders may use in From, with their DKIM keys. */
  domains: z.record(z.string().regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/), domainSchema).default({}),
  /** What comes back by mail: return path, inbound SMTP, mailboxes. */
  bounce: bounceSchema,
  /** Webhooks by which providers tell of bounces and complaints. */
  feedback: feedbackSchema,
  /** Limits by receiver and by sender domain, and how long a recipient is tried. */
  pacing: pacingSchema.prefault({}),
  /** Checks of lists. */
  hygiene: hygieneSchema.prefault({}),
  limits: z
    .strictObject({
      /** Calls of POST /subscribe per IP address and hour. */
      subscribePerHour: z.number().int().min(1).default(30),
      /**
       * Calls of each other public page per IP address and minute. One-click, opens and clicks with genuine tokens are not
       * limited: mail providers call for many people from one address.
       */
      publicPerMinute: z.number().int().min(1).default(300),
      /** Kibibytes of a rendered HTML part above which preflight warns: Gmail clips at 102. */
      htmlKib: z.number().int().min(1).default(100),
    })
    .prefault({}),
});

export type NewsletterConfig = z.output<typeof configSchema>;
export type NewsletterConfigInput = z.input<typeof configSchema>;
export type DomainConfig = z.output<typeof domainSchema>;
