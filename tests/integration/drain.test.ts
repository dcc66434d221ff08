import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createBed, kill, until, type Bed } from './faults-bed';

let bed: Bed;
afterEach(() => bed?.destroy());

it('awaits outstanding replies on SIGTERM, records them, and ends', async () => {
  bed = await createBed({ recipients: 40 });
  await bed.receiver.script({ delayMs: 1_500 });
  const child = await bed.start();
  await until('a message on its way', () => bed.receiver.count() >= 3);
  await kill(child, 'SIGTERM');
  expect(child.exitCode).toBe(0);
  const tally = await bed.tally();
  expect(tally.receiver).toBeGreaterThanOrEqual(3);
  expect(tally.states.accepted).toBe(tally.receiver);
  expect(tally.states.in_doubt).toBeUndefined();
  // What had not begun waits for the next process, which need not wait for a lease.
  expect(tally.unfinished).toBe(40 - tally.receiver);
  expect(await bed.db.knex('newsletter_epochs')).toHaveLength(0);
  // Nothing is left to prove.
  const folder = path.join(bed.projectDir, '.newsletter/evidence');
  if (existsSync(folder)) expect(readdirSync(folder)).toEqual([]);
  expect(await bed.db.knex('newsletter_batches').whereNotNull('epoch')).toHaveLength(0);
});

it('leaves in doubt what has no reply when the time is up', async () => {
  bed = await createBed({ recipients: 20, config: { worker: { drainSeconds: 0.5 } } });
  await bed.receiver.script({ stall: true });
  const child = await bed.start();
  await until('messages without a reply', () => bed.receiver.count() >= 5);
  await until('all slots are taken', async () => (await bed.inHand()) === 8);
  await kill(child, 'SIGTERM');
  expect(child.exitCode).toBe(0);
  const tally = await bed.tally();
  // Those on a connection; what had a slot and waited for a connection was never handed over.
  expect(tally.states.in_doubt).toBe(tally.receiver);
  expect(tally.receiver).toBeLessThan(8);
  expect(tally.states.deferred).toBeUndefined();
  expect(tally.unfinished).toBe(20 - tally.receiver);
  expect(tally.denied).toEqual([]);
});
