import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTickets, queueKind, type Tickets } from '../../../server/src/delivery/queue';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.destroy());

async function open(ctx: Awaited<ReturnType<typeof createTestContext>>): Promise<Tickets> {
  const tickets = await openTickets(ctx, new AbortController().signal, () => {});
  return tickets!;
}

function work(tickets: Tickets, onPump: (id: string) => { again: boolean; delayMs: number } | null) {
  const seen: string[] = [];
  tickets.work({
    pump: async (id) => {
      seen.push(id);
      return onPump(id);
    },
    start: async () => void seen.push('start'),
    wake: async (id) => void seen.push(`wake ${id}`),
    mails: async () => void seen.push('mails'),
  });
  return seen;
}

it('chooses redis when one is configured', async () => {
  expect(queueKind(await createTestContext(db.knex))).toBe('embedded');
  expect(queueKind(await createTestContext(db.knex, { queue: { redis: 'redis://127.0.0.1:1' } }))).toBe(
    'redis',
  );
});

it('carries tickets on the embedded queue, again and again under the same id, over a restart', async () => {
  const ctx = await createTestContext(db.knex);
  let tickets = await open(ctx);
  let rounds = 0;
  const seen = work(tickets, () => ({ again: ++rounds < 3, delayMs: 0 }));
  await tickets.addPump('campaign', 0);
  await expect.poll(() => rounds, { timeout: 60_000 }).toBe(3);
  await tickets.addMails();
  await tickets.addStart('campaign', 1, Date.now() + 300);
  await expect.poll(() => seen, { timeout: 60_000 }).toEqual(expect.arrayContaining(['mails', 'start']));
  await expect
    .poll(
      async () => {
        await tickets.addPump('campaign', 0);
        return rounds;
      },
      { timeout: 60_000 },
    )
    .toBeGreaterThan(3);
  await tickets.close();

  tickets = await open(ctx);
  await tickets.addPump('later', 0);
  await tickets.close();
  tickets = await open(ctx);
  const after = work(tickets, () => null);
  await expect.poll(() => after, { timeout: 60_000 }).toContain('later');
  await tickets.close();
}, 150_000);

it('makes the folder anew when it cannot be opened', async () => {
  const ctx = await createTestContext(db.knex);
  const warned: string[] = [];
  ctx.log.warn = (message) => warned.push(message);
  const folder = path.join(ctx.projectDir, '.newsletter/queue');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'PG_VERSION'), 'garbage');
  const tickets = await open(ctx);
  expect(warned.join()).toContain('made anew');
  const seen = work(tickets, () => null);
  await tickets.addPump('campaign', 0);
  await expect.poll(() => seen, { timeout: 60_000 }).toContain('campaign');
  await tickets.close();
}, 150_000);
