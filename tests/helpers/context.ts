import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Knex } from 'knex';
import { parseConfig, type NewsletterConfigInput } from '../../server/src/config';
import type { Context } from '../../server/src/context';
import { readSecrets } from '../../server/src/storage';
import { createTokens, createUrls } from '../../server/src/tokens';

/** A context as the composition root builds it, over a test database. Warnings and errors go to the console. */
export async function createTestContext(knex: Knex, input: NewsletterConfigInput = {}): Promise<Context> {
  const config = parseConfig(input);
  const publicUrl = config.publicUrl ?? 'http://localhost:1337';
  const tokens = createTokens(await readSecrets(knex));
  return {
    knex,
    config,
    publicUrl,
    production: false,
    projectDir: mkdtempSync(path.join(tmpdir(), 'newsletter-project-')),
    log: { debug() {}, info() {}, warn: console.warn, error: console.error },
    tokens,
    urls: createUrls(publicUrl, tokens),
    emit() {},
  };
}
