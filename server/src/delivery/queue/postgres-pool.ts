import type { PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import { Pool, TypeOverrides, type PoolConfig } from 'pg';
import { BackOff } from './back-off';

/** Two workers listen on one each; the others carry the short calls of both queues. */
const CONNECTIONS = 4;

/** OIDs of JSON columns. */
const JSON_TYPES = [114, 3802];

/** A pool of node-postgres as BullMQ needs it: few connections in the queue's schema, and failures that do not spin. */
export class PostgresPool implements PgPool {
  private readonly pool: Pool;
  private readonly backOff = new BackOff();

  constructor(settings: PoolConfig, schema: string) {
    this.pool = new Pool({
      application_name: 'strapi-plugin-newsletter queue',
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 10_000,
      query_timeout: 30_000,
      ...settings,
      max: Math.max(CONNECTIONS, settings.max ?? 0),
      options: [settings.options, `-c search_path=${schema}`].filter(Boolean).join(' '),
      types: ownTypes(),
    });
    // An idle connection that is lost is replaced; who uses a lost one is told by his call.
    this.pool.on('error', () => {});
  }

  query<R>(text: string, params?: readonly unknown[]): Promise<PgQueryResult<R>> {
    return this.backOff.run(
      () => this.pool.query(text, params && [...params]) as Promise<unknown> as Promise<PgQueryResult<R>>,
    );
  }

  connect(): Promise<PgPoolClient> {
    return this.backOff.run(() => this.pool.connect() as unknown as Promise<PgPoolClient>);
  }

  on(event: 'error' | 'connect', listener: (value: never) => void): this {
    this.pool.on(event as 'error', listener as (error: Error) => void);
    return this;
  }

  removeAllListeners(event?: string): this {
    this.pool.removeAllListeners(event);
    return this;
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
