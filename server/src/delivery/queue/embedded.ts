import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createPostgresBackend, runMigrations, type BackendFactory, type QueueBaseOptions } from 'bullmq';
import type { Context } from '../../context';
import { lockFolder } from './folder-lock';
import { PglitePool } from './pglite-pool';
import type { QueueBackend } from './types';

const OPEN_MS = 120_000;
const VACUUM_MS = 10 * 60_000;

/**
 * BullMQ on PGlite in a folder of the project. The folder is disposable: what it carries is rebuilt from the database
 * by the reconciler, so one that cannot be opened is deleted.
 * @param onWait told, in a sentence, who holds the folder; it is waited for
 * @returns null when the signal fires before the folder is free
 */
export async function openEmbedded(
  ctx: Context,
  signal: AbortSignal,
  onWait: (message: string) => void,
): Promise<QueueBackend | null> {
  const folder = path.resolve(ctx.projectDir, ctx.config.queue.folder);
  await mkdir(path.dirname(folder), { recursive: true });
  await ignoreInGit(path.dirname(folder));
  const lock = await lockFolder(folder, {
    signal,
    onWait({ pid, host, since }) {
      const holder = `The queue in ${folder} is used by process ${pid} on ${host} since ${since}`;
      ctx.log.warn(`newsletter: ${holder}; waiting for it to end`);
      onWait(`${holder}. This process sends nothing until that one ends.`);
    },
  });
  if (!lock) return null;
  try {
    const pool = await openOrRebuild(ctx, folder);
    // No autovacuum in PGlite.
    const vacuum = setInterval(() => {
      pool
        .query('VACUUM')
        .catch((error: Error) => ctx.log.warn(`newsletter: VACUUM of the queue: ${error.message}`));
    }, VACUUM_MS);
    vacuum.unref();
    const connection = pool as unknown as QueueBaseOptions['connection'];
    return {
      kind: 'embedded',
      producer: connection,
      consumer: connection,
      factory: createPostgresBackend as unknown as BackendFactory,
      problem: () => null,
      async close() {
        clearInterval(vacuum);
        try {
          await pool.end();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openOrRebuild(ctx: Context, folder: string): Promise<PglitePool> {
  try {
    return await openPool(folder);
  } catch (error) {
    ctx.log.warn(
      `newsletter: the queue in ${folder} cannot be opened and is made anew: ${(error as Error).message}`,
    );
    await rm(folder, { recursive: true, force: true });
    return openPool(folder);
  }
}

async function openPool(folder: string): Promise<PglitePool> {
  const pool = await PglitePool.open(folder, OPEN_MS);
  try {
    await runMigrations(await pool.connect());
    await pool.query('SET search_path TO bullmq');
    return pool;
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** Only in the folder that is ours by default: a chosen one may hold other things. */
async function ignoreInGit(parent: string): Promise<void> {
  if (path.basename(parent) !== '.newsletter') return;
  await writeFile(path.join(parent, '.gitignore'), '*\n', { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
}
