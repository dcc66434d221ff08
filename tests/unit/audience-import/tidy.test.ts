import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { startImportRunner } from '../../../server/src/audience';
import { stagedFile } from '../../../server/src/audience/import/stage';
import { TABLE } from '../../../server/src/storage';
import { importBed, until } from './support';

it('removes old files that nobody waits for, and keeps that of an import which another process runs', async () => {
  const bed = await importBed('sqlite');
  try {
    const { id, format } = await bed.upload('email\nann@example.org\n');
    const file = stagedFile(bed.ctx, { id, format });
    const orphan = path.join(path.dirname(file), 'orphan.csv');
    writeFileSync(orphan, 'email\n');
    const daysAgo = Date.now() / 1000 - 2 * 86_400;
    for (const one of [file, orphan]) utimesSync(one, daysAgo, daysAgo);
    const alive = { state: 'running', runner: 'another', lease_until: Date.now() + 60_000 };
    await bed.db.knex(TABLE.imports).where({ id }).update(alive);
    const runner = startImportRunner(bed.ctx, { lookMs: 20 });
    await until(async () => (existsSync(orphan) ? null : true)).finally(() => runner.stop());
    expect(existsSync(file)).toBe(true);
  } finally {
    await bed.destroy();
  }
});
