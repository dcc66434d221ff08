import { afterEach, expect, it } from 'vitest';
import { services } from '../helpers/services';
import { createBed, until, type Bed } from './faults-bed';
import { judge } from './faults-judge';

let bed: Bed;
afterEach(() => bed?.destroy());

const isSent = async () => (await bed.state()) === 'sent';

it.skipIf(!services.postgres)(
  'a worker that is frozen past its lease sends nothing of what the other one took, and reads its replies',
  async () => {
    bed = await createBed({
      database: 'postgres',
      recipients: 400,
      config: {
        queue: services.redis ? { redis: services.redis } : { backend: 'postgres' },
        worker: { batchSize: 20 },
      },
    });
    await bed.receiver.script({ delayMs: 25 });
    const first = await bed.start();
    await until('some messages', () => bed.receiver.count() >= 40);
    first.kill('SIGSTOP');
    const epochs = () => bed.db.knex('newsletter_epochs').pluck('epoch');
    const [frozen] = await epochs();
    await bed.start();
    await until('the frozen epoch is buried', async () => !(await epochs()).includes(frozen));
    const doubtful = async () =>
      (await bed.db.knex('newsletter_deliveries').where({ state: 'in_doubt' })).length;
    // It lives: what it wrote down beside is not believed, since it might go on.
    const held = await doubtful();
    expect(held).toBeGreaterThan(0);
    await until('the other one goes on', () => bed.receiver.count() >= 120);
    first.kill('SIGCONT');
    await until('the campaign is sent', isSent);
    // What the frozen one still had in its hands it has sent or given back; its replies settle what was in doubt.
    await until('its replies are read', async () => (await doubtful()) < held);
    judge(bed, 'a frozen worker and another one', 1, await bed.tally());
  },
);
