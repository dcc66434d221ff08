import { Redis } from 'ioredis';
import { Pool } from 'pg';
import {
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import type { Context } from '../../context';
import { queueKind } from '../queue';
import { postgresSettings } from '../queue/postgres-settings';
import { redisOptions } from '../queue/redis';
import type { TokenStore, Window } from './buckets';

/** A store with something to close. */
export interface OpenTokenStore extends TokenStore {
  close(): Promise<void>;
}

const TABLE_NAME = 'newsletter_tokens';
const LOCK_NUMBER = 741_003_259;
const ANSWER_MS = 3_000;

/**
 * The tokens that processes share, on the queue's backend. Connects with the first token that is asked for: without a
 * limit there is no connection.
 * @returns null with the embedded queue, which belongs to one process
 */
export function createTokenStore(ctx: Context): OpenTokenStore | null {
  const prefix = `${ctx.config.queue.prefix}-${ctx.tokens.addressHash('newsletter queue').slice(0, 8)}-tokens`;
  switch (queueKind(ctx)) {
    case 'redis':
      return new RedisTokens(ctx.config.queue.redis!, prefix);
    case 'postgres':
      return new PostgresTokens(ctx, prefix);
    case 'embedded':
      return null;
  }
}

abstract class Tokens implements OpenTokenStore {
  private readonly limiters = new Map<string, RateLimiterAbstract>();

  async take(key: string, wanted: number, window: Window): Promise<{ granted: number; moreInMs: number }> {
    await this.ready();
    const shape = `${window.points}/${window.seconds}`;
    let limiter = this.limiters.get(shape);
    if (!limiter) this.limiters.set(shape, (limiter = this.limiter(window)));
    const { consumedPoints, msBeforeNext } = await consume(limiter, key, wanted).catch((error: Error) => {
      this.failed();
      throw error;
    });
    // All are counted, but only those within the window are given: who asks for the last ones gets a part.
    const granted = Math.max(0, Math.min(wanted, window.points - (consumedPoints - wanted)));
    return { granted, moreInMs: Math.max(0, msBeforeNext) };
  }

  /** Connects, and makes what is missing. @throws Error when that is not possible now */
  protected abstract ready(): Promise<void>;
  /** The last call failed. */
  protected failed(): void {}
  protected abstract limiter(window: Window): RateLimiterAbstract;
  abstract close(): Promise<void>;
}

async function consume(limiter: RateLimiterAbstract, key: string, wanted: number): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key, wanted);
  } catch (error) {
    // What it throws when the window is used up.
    if (error instanceof RateLimiterRes) return error;
    throw error;
  }
}

class RedisTokens extends Tokens {
  private client: Redis | null = null;
  private connecting: Promise<void> | null = null;

  constructor(
    private readonly redis: string | Record<string, unknown>,
    private readonly prefix: string,
  ) {
    super();
  }

  protected async ready(): Promise<void> {
    if (this.client?.status === 'ready') return;
    if (!this.client) {
      this.client = new Redis({
        ...redisOptions(this.redis),
        lazyConnect: true,
        maxRetriesPerRequest: 1,
        enableOfflineQueue: false,
        commandTimeout: ANSWER_MS,
        retryStrategy: (times) => Math.min(times * 200, 5_000),
      });
      // The next call says it; an event that nobody hears would end the process.
      this.client.on('error', () => {});
      this.connecting = this.client.connect().catch(() => {});
    }
    await this.connecting;
    if (this.client.status !== 'ready') throw new Error(`Redis is ${this.client.status}`);
  }

  protected limiter({ points, seconds }: Window): RateLimiterAbstract {
    return new RateLimiterRedis({
      storeClient: this.client,
      keyPrefix: this.prefix,
      points,
      duration: seconds,
    });
  }

  close(): Promise<void> {
    this.client?.disconnect();
    return Promise.resolve();
  }
}

class PostgresTokens extends Tokens {
  private pool: Pool | null = null;
  private preparing: Promise<void> | null = null;

  constructor(
    private readonly ctx: Context,
    private readonly prefix: string,
  ) {
    super();
  }

  protected async ready(): Promise<void> {
    this.preparing ??= this.prepare();
    try {
      await this.preparing;
    } catch (error) {
      this.preparing = null;
      throw error;
    }
  }

  /** The queue's schema is disposable: somebody may have dropped it. */
  protected override failed(): void {
    this.preparing = null;
  }

  private async prepare(): Promise<void> {
    const { queue } = this.ctx.config;
    if (!this.pool) {
      this.pool = new Pool({
        application_name: 'strapi-plugin-newsletter tokens',
        connectionTimeoutMillis: ANSWER_MS,
        query_timeout: ANSWER_MS,
        ...(await postgresSettings(this.ctx.knex, queue)),
        max: 1,
      });
      this.pool.on('error', () => {});
    }
    // As rate-limiter-flexible makes it, but not worth a write-ahead log. One process at a time: IF NOT EXISTS alone fails
    // for one of two that begin at the same moment.
    await this.pool.query(
      `SELECT pg_advisory_xact_lock(${LOCK_NUMBER});
       CREATE UNLOGGED TABLE IF NOT EXISTS "${queue.schema}"."${TABLE_NAME}"
         (key varchar(255) PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint)`,
    );
  }

  protected limiter({ points, seconds }: Window): RateLimiterAbstract {
    const pool = this.pool!;
    // Without the names of prepared statements, which poolers in transaction mode do not know.
    const storeClient = {
      query: ({ text, values }: { text: string; values: unknown[] }) => pool.query(text, values),
    };
    return new RateLimiterPostgres({
      storeClient,
      storeType: 'pool',
      schemaName: this.ctx.config.queue.schema,
      tableName: TABLE_NAME,
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: this.prefix,
      points,
      duration: seconds,
    });
  }

  async close(): Promise<void> {
    await this.preparing?.catch(() => {}); // its caller was told
    await this.pool?.end();
  }
}
