import type { Knex } from 'knex';
import type { PoolConfig } from 'pg';
import type { NewsletterConfig } from '../../config';
import { dialectOf } from '../../storage';

type Settings = Record<string, unknown>;

/** What this uses of knex's client; its types leave it out. */
interface KnexClient {
  connectionSettings?: Settings;
  /** A `connection` given as a function, as for passwords that expire. */
  connectionConfigProvider?: () => Settings | Promise<Settings>;
}

/**
 * How to reach the queue's PostgreSQL: `queue.postgres`, else what Strapi's own connection uses.
 * @returns settings of node-postgres
 * @throws Error when Strapi runs on another database and nothing is configured
 */
export async function postgresSettings(
  knex: Knex,
  { postgres }: Pick<NewsletterConfig['queue'], 'postgres'>,
): Promise<PoolConfig> {
  if (!postgres && dialectOf(knex) !== 'postgres') {
    throw new Error(
      'queue.postgres is needed when queue.backend is "postgres" and Strapi runs on another database: a URL such as ' +
        'postgres://user:password@127.0.0.1:5432/database',
    );
  }
  if (typeof postgres === 'string') return { connectionString: postgres };
  if (postgres) return postgres;
  const { connectionConfigProvider: provider, connectionSettings } = knex.client as KnexClient;
  if (!provider) return plain(connectionSettings ?? {});
  const settings = plain(await provider());
  // Asked again for each connection: a password that came out of a function may have expired.
  return { ...settings, password: async () => String((await provider()).password ?? '') };
}

/** knex hides the password from enumeration, so that a copy would lose it. */
function plain(settings: Settings): PoolConfig {
  return { ...settings, password: settings.password as PoolConfig['password'] };
}
