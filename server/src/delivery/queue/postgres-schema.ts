import { randomUUID } from 'node:crypto';
import {
  assertSchemaCompatibility,
  LATEST_SCHEMA_VERSION,
  runMigrations,
  type PgPool,
  type PgPoolClient,
  type PgQueryable,
} from 'bullmq';

const NOTIFICATION_MS = 3_000;

/**
 * Makes the queue's schema or brings it up to date; safe in several processes at once.
 * @throws Error when it cannot be made, or belongs to a newer major version of BullMQ
 */
export async function prepareSchema(pool: PgPool, schema: string): Promise<void> {
  await withClient(pool, async (client) => {
    const { rows } = await client.query<{ exists: boolean }>(
      'select to_regnamespace($1) is not null as exists',
      [schema],
    );
    const { exists } = rows[0]!;
    if (exists && (await versionOf(client, schema)) >= LATEST_SCHEMA_VERSION) return;
    await runMigrations(exists ? withoutCreateSchema(client) : client, schema);
  });
}

/** 0: there is no schema yet, or one that an earlier version left empty. */
async function versionOf(client: PgQueryable, schema: string): Promise<number> {
  return assertSchemaCompatibility(client, schema).catch((error: Error) => {
    if (error.name === 'SchemaMigrationRequiredError') return 0;
    throw error;
  });
}

/** PostgreSQL asks for the right to create schemas even when the one to create is there already. */
function withoutCreateSchema(client: PgQueryable): PgQueryable {
  return {
    query: (text, params) =>
      text.startsWith('CREATE SCHEMA IF NOT EXISTS')
        ? Promise.resolve({ rows: [] })
        : client.query(text, params),
  };
}

/** Whether NOTIFY reaches who listens. Not so through a pooler in transaction mode: tickets are then found by polling. */
export async function notificationsArrive(pool: PgPool): Promise<boolean> {
  return withClient(pool, async (client) => {
    const payload = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    const arrived = new Promise<boolean>((resolve) => {
      client.on('notification', (message) => message.payload === payload && resolve(true));
      timer = setTimeout(() => resolve(false), NOTIFICATION_MS);
    });
    try {
      await client.query('LISTEN newsletter_check');
      await pool.query("select pg_notify('newsletter_check', $1)", [payload]);
      return await arrived;
    } finally {
      clearTimeout(timer);
    }
  });
}

/** A client of its own, destroyed afterwards: whatever it listens to or has set ends with it. */
async function withClient<T>(pool: PgPool, work: (client: PgPoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}
