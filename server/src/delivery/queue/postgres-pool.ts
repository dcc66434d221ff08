import { EventEmitter } from 'node:events';
import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import { Pool, TypeOverrides, type PoolConfig } from 'pg';
import { BackOff } from './back-off';

/** Two workers listen on one each; the others carry the short calls of both queues. */
const CONNECTIONS = 4;

/** OIDs of JSON columns. */
const JSON_TYPES = [114, 3802];

/** A pool of node-postgres as BullMQ needs it: few connections, calls in the queue's schema, failures that do not spin. */
export class PostgresPool extends EventEmitter implements PgPool {
  private readonly pool: Pool;
  private readonly backOff = new BackOff();

  constructor(
    settings: PoolConfig,
    private readonly schema: string,
  ) {
    super();
    this.pool = new Pool({
      application_name: 'strapi-plugin-newsletter queue',
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 10_000,
      query_timeout: 30_000,
      ...settings,
      max: Math.max(CONNECTIONS, settings.max ?? 0),
      types: ownTypes(),
    });
    // A lost connection is replaced, and who used it is told by his call: an event as well would end the process.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  /**
   * In a transaction that names the schema: PgBouncer refuses or drops a search_path of the connection, and one that is
   * set later would reach other users of the same connection.
   */
  query<R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> {
    return this.backOff.run(async () => {
      const client = await this.pool.connect();
      try {
        await client.query(`BEGIN; SET LOCAL search_path TO ${this.schema}`);
        const result = await client.query(text, params && [...params]);
        await client.query('COMMIT');
        client.release();
        return result as PgQueryResult<R>;
      } catch (error) {
        client.release(true);
        throw error;
      }
    });
  }

  connect(): Promise<PgPoolClient> {
    return this.backOff.run(() => this.pool.connect() as unknown as Promise<PgPoolClient>);
  }

  /** What the last call failed with; null when it worked. BullMQ keeps refused connections to itself. */
  get problem(): Error | null {
    return this.backOff.problem;
  }

  end(): Promise<void> {
    return this.pool.end();
  }
}

/** Strapi switches the parsing of JSON off in the driver that both may share; BullMQ needs it. */
function ownTypes(): TypeOverrides {
  const types = new TypeOverrides();
  for (const oid of JSON_TYPES) types.setTypeParser(oid, (text: string) => JSON.parse(text) as unknown);
  return types;
}
