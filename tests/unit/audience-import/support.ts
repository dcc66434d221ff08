import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { importStartSchema, type ImportDetail, type ImportStart } from '../../../shared/contracts';
import { beginImport, createImport, importDetail, startImportRunner } from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { readProblems, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from '../../helpers/database';

export interface Bed {
  ctx: Context;
  db: TestDatabase;
  /** Uploads a text or bytes under a name. */
  upload(content: string | Buffer, name?: string): Promise<ImportDetail>;
  /** Starts an import with the suggested mapping, and lets it run to its end. */
  run(detail: ImportDetail, start?: Partial<ImportStart>, timeoutMs?: number): Promise<ImportDetail>;
  problems(id: string): Promise<string[]>;
  /** Empties the tables: a database of its own per test takes seconds on a server. */
  reset(): Promise<void>;
  destroy(): Promise<void>;
}

/** A database of a kind, with a folder for files. */
export async function importBed(kind: DatabaseKind): Promise<Bed> {
  const db = await createTestDatabase(kind);
  const ctx = await createTestContext(db.knex);
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-upload-'));
  const bed: Bed = {
    ctx,
    db,
    async upload(content, name = 'people.csv') {
      const file = path.join(folder, 'upload');
      writeFileSync(file, content);
      return createImport(ctx, { path: file, name, by: 'Ann' });
    },
    async run(detail, start = {}, timeoutMs) {
      const options = importStartSchema.parse({
        columns: detail.preview?.suggestion.columns,
        status: detail.preview?.suggestion.status,
        consent: { kind: 'agreed', source: 'Garden fair' },
        ...start,
      });
      await beginImport(ctx, detail.id, options);
      return runToEnd(ctx, detail.id, timeoutMs);
    },
    async problems(id) {
      const found = await readProblems(db.knex, id, { limit: 1000 });
      return found.map(({ line, column, code, value }) => `${line} ${column ?? '-'} ${code} ${value ?? '-'}`);
    },
    async reset() {
      const { subscribers, lists, subscriptions, consentLog, suppressions, mails, settings } = TABLE;
      const people = [subscribers, lists, subscriptions, consentLog, suppressions, mails, settings];
      for (const table of [...people, TABLE.imports, TABLE.importErrors, TABLE.importAddresses])
        await db.knex(table).delete();
    },
    async destroy() {
      await db.destroy();
      rmSync(folder, { recursive: true, force: true });
      rmSync(ctx.projectDir, { recursive: true, force: true });
    },
  };
  return bed;
}

/** Runs whatever should run until an import has ended. */
export async function runToEnd(ctx: Context, id: string, timeoutMs = 120_000): Promise<ImportDetail> {
  const runner = startImportRunner(ctx, { lookMs: 20 });
  try {
    return await until(async () => {
      const now = await importDetail(ctx, id);
      return now.endedAt === null ? null : now;
    }, timeoutMs);
  } finally {
    await runner.stop();
  }
}

/** Asks again until there is an answer. */
export async function until<T>(ask: () => Promise<T | null>, timeoutMs = 90_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
