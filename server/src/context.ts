import type { Knex } from 'knex';
import type { NewsletterEventName, NewsletterEventPayload } from '../../shared/contracts';
import type { NewsletterConfig } from './config';
import type { Tokens, Urls } from './tokens';

export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * Announces what has happened (and is committed) to other code of the project and to Strapi's webhooks. Never throws,
 * and nothing waits for who listens.
 */
export type Emit = <N extends NewsletterEventName>(name: N, payload: NewsletterEventPayload<N>) => void;

/** What every room gets handed. No Strapi in it: a worker process or a test builds its own. */
export interface Context {
  knex: Knex;
  config: NewsletterConfig;
  /** `config.publicUrl`, or Strapi's own address; without a trailing slash. */
  publicUrl: string;
  /** production: stricter preflight. */
  production: boolean;
  /** Folder of the Strapi project: relative paths of the configuration start here. */
  projectDir: string;
  log: Logger;
  tokens: Tokens;
  urls: Urls;
  emit: Emit;
}
