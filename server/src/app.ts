import type { Core } from '@strapi/strapi';
import { parseConfig } from './config';
import type { HygieneRunner, ImportRunner } from './audience';
import { PLUGIN_ID } from './constants';
import type { Context } from './context';
import type { Delivery } from './delivery';
import { createEmitter } from './event-hub';
import type { Inbound } from './feedback';
import type { Metrics } from './insight';
import { migrate, readSecrets } from './storage';
import { createTokens, createUrls } from './tokens';

/**
 * Composition root: turns a loaded Strapi into the context that the rooms take. Runs the raw tables' migrations, so
 * it must be called after Strapi has synchronised its own schema.
 */
export async function createContext(strapi: Core.Strapi): Promise<Context> {
  const config = parseConfig(strapi.config.get(`plugin::${PLUGIN_ID}`));
  const knex = strapi.db.connection;
  const ran = await migrate(knex);
  if (ran.length > 0) strapi.log.info(`newsletter: database migrated (${ran.join(', ')})`);
  const stored = await readSecrets(knex);
  const tokens = createTokens({ ...stored, tokens: [...(config.secrets.tokens ?? []), ...stored.tokens] });
  const publicUrl = config.publicUrl ?? String(strapi.config.get('server.absoluteUrl')).replace(/\/+$/, '');
  return {
    knex,
    config,
    publicUrl,
    production: process.env.NODE_ENV === 'production',
    projectDir: strapi.dirs.app.root,
    log: strapi.log,
    tokens,
    urls: createUrls(publicUrl, tokens),
    emit: createEmitter(strapi),
  };
}

let current: Context | null = null;

/** Set by bootstrap, cleared by destroy. */
export function setContext(context: Context | null): void {
  current = context;
}

/** The context of this process, for Strapi's side of the rooms (controllers, services, middlewares). */
export function getContext(): Context {
  if (!current) throw new Error('newsletter: used before its bootstrap');
  return current;
}

/** False before our bootstrap and after destroy. */
export const isReady = (): boolean => current !== null;

let delivery: Delivery | null = null;

/** Set when the server listens, cleared when delivery has stopped. */
export function setDelivery(running: Delivery | null): void {
  delivery = running;
}

/** Null in processes that do not send: CLI commands, and before the server listens. */
export function getDelivery(): Delivery | null {
  return delivery;
}

let metrics: Metrics | null = null;

/** Set by bootstrap when `metrics.enabled`, cleared by destroy. */
export function setMetrics(enabled: Metrics | null): void {
  metrics = enabled;
}

/** Null: metrics are off. */
export function getMetrics(): Metrics | null {
  return metrics;
}

let importRunner: ImportRunner | null = null;

/** Set when the server listens, cleared when it has stopped. */
export function setImportRunner(running: ImportRunner | null): void {
  importRunner = running;
}

/** Null in processes that import nothing: CLI commands, and before the server listens. */
export function getImportRunner(): ImportRunner | null {
  return importRunner;
}

let hygieneRunner: HygieneRunner | null = null;

/** Set when the server listens, cleared when it has stopped. */
export function setHygieneRunner(running: HygieneRunner | null): void {
  hygieneRunner = running;
}

/** Null in processes that check nothing: CLI commands, and before the server listens. */
export function getHygieneRunner(): HygieneRunner | null {
  return hygieneRunner;
}

let inbound: Inbound | null = null;

/** Set when the server listens, or by a worker; cleared when it has stopped. */
export function setInbound(running: Inbound | null): void {
  inbound = running;
}

/** Null in processes that do not send: they take no bounces in either. */
export function getInbound(): Inbound | null {
  return inbound;
}
