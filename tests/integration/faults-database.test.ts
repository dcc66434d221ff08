import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { canStart, startOwnPostgres, type StoppableServer } from '../helpers/stoppable';
import { createBed, kill, until, type Bed } from './faults-bed';
import { judge, SLOTS } from './faults-judge';

let bed: Bed | undefined;
let server: StoppableServer | undefined;
afterEach(async () => {
  await bed?.destroy();
  await server?.destroy();
  [bed, server] = [undefined, undefined];
});

const RECIPIENTS = 60;
const MESSAGES = 5;

/** Five messages at the receiver without a reply, and then no database. */
async function withRepliesToCome(evidence: boolean) {
  server = await startOwnPostgres();
  bed = await createBed({
    database: 'postgres',
    server: server.url,
    recipients: RECIPIENTS,
    config: { queue: { backend: 'embedded' }, worker: { leaseSeconds: 2, evidence: { enabled: evidence } } },
  });
  await bed.receiver.script({ stall: true });
  const child = await bed.start();
  await until('messages without a reply', () => bed!.receiver.count() >= MESSAGES);
  await until('all slots are taken', async () => (await bed!.inHand()) === SLOTS);
  await server.stop();
  // The replies come in now, and nothing can be committed.
  await bed.receiver.script({});
  await until('the slots are full', () => bed!.receiver.count() >= SLOTS);
  return { bed, server, child };
}

it.skipIf(!canStart.postgres)('keeps replies while the database is away, and commits them then', async () => {
  const { bed, server } = await withRepliesToCome(false);
  await server.start();
  await until('the campaign is sent', async () => (await bed.state()) === 'sent');
  const tally = await bed.tally();
  judge(bed, 'replies while PostgreSQL is away', 0, tally);
  expect(tally.states).toEqual({ accepted: RECIPIENTS });
});

it.skipIf(!canStart.postgres || process.platform !== 'linux')(
  'finds replies in the evidence when the process was killed while the database was away',
  async () => {
    const { bed, server, child } = await withRepliesToCome(true);
    const folder = path.join(bed.projectDir, '.newsletter/evidence');
    const written = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.log'))
        .flatMap((name) => readFileSync(path.join(folder, name), 'utf8').match(/^r .*$/gm) ?? []).length;
    await until('the replies are written down', () => written() >= SLOTS);
    await kill(child);
    await server.start();
    await bed.died(child);
    await bed.start();
    await until('the campaign is sent', async () => (await bed.state()) === 'sent');
    const tally = await bed.tally();
    judge(bed, 'killed with replies while PostgreSQL is away', 1, tally);
    expect(tally.states).toEqual({ accepted: RECIPIENTS });
  },
);
