import path from 'node:path';
import type { Core } from '@strapi/strapi';
import {
  createContext,
  getContext,
  getMetrics,
  setContext,
  setDelivery,
  setHygieneRunner,
  setImportRunner,
  setInbound,
  setMetrics,
} from './app';
import { startHygieneRunner, startImportRunner } from './audience';
import { Answering, createDelivery } from './delivery';
import { startInbound } from './feedback';
import { createMetrics } from './insight';
import { keepDispatching } from './publish-hook';
import { setUp } from './setup';

/** After the database is synchronised, in every process that loads Strapi, CLI commands included. */
export async function bootstrap({ strapi }: { strapi: Core.Strapi }): Promise<void> {
  const ctx = await createContext(strapi);
  setContext(ctx);
  setMetrics(await createMetrics(ctx));
  await setUp(strapi, ctx);
  deliverOnceListening(strapi);
}

/**
 * Only a process that serves HTTP delivers: `export`, `import` and the like load Strapi without listening. `console`
 * does listen, but whoever opens a console beside a running Strapi does not ask for a second sender.
 */
function deliverOnceListening(strapi: Core.Strapi): void {
  if (isConsole(process.argv)) return;
  const answering = new Answering();
  answering.watch(strapi.server.httpServer);
  strapi.server.httpServer.once('listening', () => {
    const ctx = getContext();
    const delivery = createDelivery(ctx, {
      work: ctx.config.worker.enabled,
      answering,
      observer: getMetrics()?.observer,
    });
    setDelivery(delivery);
    // Wherever files are uploaded, whether or not this process sends: they lie on its disk.
    setImportRunner(startImportRunner(ctx));
    setHygieneRunner(startHygieneRunner(ctx));
    if (ctx.config.worker.enabled) setInbound(startInbound(ctx));
    keepDispatching();
    // In the background: the embedded queue may have to wait for the process that it replaces.
    delivery.start().catch((error: Error) => {
      ctx.log.error(`newsletter: delivery did not start, nothing is sent: ${error.message}`);
    });
  });
}

/** @param argv `process.argv`: node, the script, its arguments */
export function isConsole([, script = '', ...args]: string[]): boolean {
  const command = args.find((arg) => !arg.startsWith('-'));
  return /^strapi(\.js)?$/.test(path.basename(script)) && command === 'console';
}
