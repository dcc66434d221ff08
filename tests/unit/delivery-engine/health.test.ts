import { expect, it } from 'vitest';
import { createDelivery } from '../../../server/src/delivery';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase } from '../../helpers/database';

it('a process that does not work and has the embedded queue says that it sends nothing', async () => {
  const db = await createTestDatabase();
  try {
    const delivery = createDelivery(await createTestContext(db.knex, { worker: { enabled: false } }), {
      work: false,
    });
    await delivery.start();
    expect(delivery.health().queue).toMatchObject({
      backend: 'embedded',
      ok: false,
      message: expect.stringContaining('worker.enabled'),
    });
    await delivery.stop();
  } finally {
    await db.destroy();
  }
});
