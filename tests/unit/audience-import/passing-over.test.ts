import { expect, it } from 'vitest';
import { importStartSchema } from '../../../shared/contracts';
import { beginImport } from '../../../server/src/audience';
import { runImport } from '../../../server/src/audience/import/run';
import { findImport, takeImport, TABLE } from '../../../server/src/storage';
import { importBed } from './support';

it('keeps its lease while it passes over the rows that an earlier process has committed', async () => {
  const bed = await importBed('sqlite');
  try {
    const { knex } = bed.db;
    const count = 45_000;
    const lines = Array.from({ length: count }, (_, at) => `p${at}@example.org`);
    const { id, preview } = await bed.upload(['email', ...lines].join('\n'));
    const consent = { kind: 'agreed', source: 'x' };
    await beginImport(
      bed.ctx,
      id,
      importStartSchema.parse({ columns: preview?.suggestion.columns, consent }),
    );
    await takeImport(knex, id, 'second', 15_000);
    await knex(TABLE.imports).where({ id }).update({ rows_done: count });

    let renewed = 0;
    const onQuery = ({ sql }: { sql: string }) => {
      if (/^update `newsletter_imports` set `lease_until`/.test(sql)) renewed += 1;
    };
    const hold = { runner: 'second', leaseMs: 15_000, isStopping: () => false };
    knex.on('query', onQuery);
    expect(await runImport(bed.ctx, (await findImport(knex, id))!, hold)).toBe('done');
    expect(renewed).toBe(2);

    // Somebody else has it: found out at the first look, not after the last row.
    const again = await bed.upload(['email', ...lines].join('\n'));
    await beginImport(
      bed.ctx,
      again.id,
      importStartSchema.parse({ columns: again.preview?.suggestion.columns, consent }),
    );
    await takeImport(knex, again.id, 'third', 15_000);
    await knex(TABLE.imports).where({ id: again.id }).update({ rows_done: count });
    renewed = 0;
    expect(await runImport(bed.ctx, (await findImport(knex, again.id))!, hold)).toBe('lost');
    expect(renewed).toBe(1);
  } finally {
    await bed.destroy();
  }
});
