import { afterEach, expect, it } from 'vitest';
import type { CampaignSnapshot } from '../../../server/src/compose';
import { createPumpEnv, pump, type PumpEnv } from '../../../server/src/delivery/pump';
import { sendTest } from '../../../server/src/delivery/test-send';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createBed, until, type Bed } from '../../integration/faults-bed';
import { startInbox, type Inbox } from '../delivery-wire/inbox';

let bed: Bed;
let env: PumpEnv;
let inbox: Inbox;
/** Replies that the server still owes to the campaign. */
const owed: (() => void)[] = [];
afterEach(async () => {
  for (const reply of owed.splice(0)) reply();
  await env.epochs.stop();
  await env.pacer.stop();
  for (const transport of env.transports.values()) await transport.close();
  await inbox.close();
  await bed.destroy();
});

it('sends a test mail while a campaign has all slots and waits for its server', async () => {
  bed = await createBed({ recipients: 40, config: { worker: { ticketSeconds: 60, leaseSeconds: 60 } } });
  const taken: string[] = [];
  let isStalled = true;
  inbox = await startInbox({
    onData(stream, { envelope }, done) {
      const to = envelope.rcptTo[0]!.address;
      const reply = () => (taken.push(to), done());
      stream.resume().on('end', () => (isStalled && to.startsWith('person') ? owed.push(reply) : reply()));
    },
  });
  const transports = { relay: { host: '127.0.0.1', port: inbox.port, pool: { maxConnections: 5 } } };
  env = createPumpEnv(await createTestContext(bed.db.knex, { ...bed.config, transports }));
  const running = pump(env, bed.campaignId, new AbortController().signal);
  const { slots } = env.ctx.config.worker;
  await until('all slots are taken', () => env.epochs.inFlight === slots && owed.length === 5);

  const run: { snapshot: string } = await bed.db.knex(TABLE.runs).first('snapshot');
  const snapshot = JSON.parse(run.snapshot) as CampaignSnapshot;
  const { results } = await sendTest(env.ctx, { snapshot, to: ['editor@example.net'] });
  expect(results).toMatchObject([{ to: 'editor@example.net', ok: true }]);
  expect(taken).toEqual(['editor@example.net']);
  expect(env.epochs.inFlight).toBe(slots);

  isStalled = false;
  for (const reply of owed.splice(0)) reply();
  await running;
  await until('the campaign is sent', async () => {
    await pump(env, bed.campaignId, new AbortController().signal);
    return (await bed.state()) === 'sent';
  });
  expect(taken).toHaveLength(41);
  expect(new Set(taken).size).toBe(41);
});
