import type { WorkerService } from '../worker';
import { loadProject, newsletterService, openProject } from './project';

/**
 * `strapi-newsletter worker`: loads the project's Strapi without a server and sends until a signal comes.
 * @returns the exit code, after the drain
 */
export async function worker(options: { healthPort?: number }): Promise<number> {
  const strapi = await openProject(process.cwd());
  refuseSqlite(strapi.config.get('database.connection.client'));
  const ended = nextSignal();
  const { log } = await loadProject(strapi);
  const running = newsletterService<WorkerService>(strapi, 'worker').start(options);
  // A queue that is away may let it wait for long; a signal ends that too.
  const started = await Promise.race([running, ended.then(() => null)]);
  if (started) {
    const at = started.healthPort === null ? '' : `, health on port ${started.healthPort}`;
    log.info(`newsletter: the worker sends (process ${process.pid}${at})`);
  }
  log.info(`newsletter: ${await ended}: the worker ends after the outstanding replies`);
  void running.then((worker) => worker.stop()).catch(() => {}); // reported below, by destroy
  await strapi.destroy();
  return 0;
}

/** Before anything is loaded: a second process that brings a schema up to date would meet a locked file. */
function refuseSqlite(client: unknown): void {
  if (!/sqlite/.test(String(client))) return;
  throw Object.assign(
    new Error(
      'SQLite belongs to one process, so a worker cannot share it. Use PostgreSQL, MySQL or MariaDB, or leave sending to Strapi itself (worker.enabled: true).',
    ),
    { name: 'WorkerRefusal' },
  );
}

/** The first signal resolves; the second one ends the process at once, and what is in flight is in doubt. */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let signals = 0;
    const heard = (signal: NodeJS.Signals) => {
      signals += 1;
      if (signals > 1) process.exit(1);
      resolve(signal);
    };
    process.on('SIGTERM', heard);
    process.on('SIGINT', heard);
  });
}
