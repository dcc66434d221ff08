import { createWriteStream, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TABLE } from '../../../server/src/storage';
import { databaseKinds } from '../../helpers/database';
import { addList } from '../audience/support';
import { importBed, type Bed } from './support';

/** The servers only show that the pages work there, too: they have no single connection to share. */
const ROWS = { sqlite: 100_000, postgres: 10_000, mariadb: 10_000, mysql: 10_000 };
const row = (i: number) => [
  `person${i}@example.org`,
  `First${i}`,
  `Last${i % 20_000}`,
  'ja',
  `City ${i % 500}`,
  String(i),
];
const HEADER = ['email', 'first name', 'last name', 'language', 'city', 'number'];

/** Mebibytes that the process grew by at its highest, while something runs. */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage.rss();
  let highest = before;
  const timer = setInterval(() => (highest = Math.max(highest, process.memoryUsage.rss())), 20);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return (highest - before) / 1024 / 1024;
}

describe.each(databaseKinds)('a large import on %s', (kind) => {
  const rows = ROWS[kind];
  let bed: Bed;
  beforeEach(async () => {
    bed = await importBed(kind);
  });
  afterEach(() => bed.destroy());

  it('takes memory that does not depend on their number, and lets others have their turn', async () => {
    const list = await addList(bed.db.knex, 'garden');
    // How fast this machine's disk is, is not the question here.
    if (kind === 'sqlite') await bed.db.knex.raw('pragma synchronous = off');
    const file = path.join(bed.ctx.projectDir, 'large.csv');
    const out = createWriteStream(file);
    out.write(HEADER.join(',') + '\n');
    for (let i = 0; i < rows; i++) if (!out.write(row(i).join(',') + '\n')) await once(out, 'drain');
    out.end();
    await finished(out);
    const detail = await bed.upload(readFileSync(file));
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const started = Date.now();
    const growth = await growthOf(async () => {
      const done = await bed.run(detail, { lists: [list] }, 300_000);
      expect(done).toMatchObject({ state: 'done', counts: { rows, created: rows } });
    });
    delay.disable();
    const seconds = (Date.now() - started) / 1000;
    console.log(
      `${kind}: ${rows} rows in ${seconds.toFixed(1)} s, +${growth.toFixed(0)} MiB, event loop p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms, max ${(delay.max / 1e6).toFixed(0)} ms`,
    );
    expect(growth).toBeLessThan(250);
    // Far above what it is on a busy machine, far below what reading the file at one go takes.
    expect(delay.max / 1e6).toBeLessThan(2000);
    const people = await bed.db.knex(TABLE.subscribers).count({ total: '*' }).first();
    expect(Number(people?.total)).toBe(rows);
  }, 320_000);
});
