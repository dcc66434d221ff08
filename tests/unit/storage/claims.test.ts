import createKnex from 'knex';
import { expect, it } from 'vitest';
import { claimBatch, LostClaim, openEpoch, releaseBatch, TABLE } from '../../../server/src/storage';
import { createTestDatabase } from '../../helpers/database';
import { startPostgresProxy } from '../../helpers/postgres-proxy';
import { services } from '../../helpers/services';

it.skipIf(!services.postgres)(
  'names the batch that may be claimed when the reply to the claim is lost',
  async () => {
    const db = await createTestDatabase('postgres');
    const proxy = await startPostgresProxy((db.knexConfig as { connection: string }).connection);
    const knex = createKnex({ ...db.knexConfig, connection: proxy.url });
    try {
      const epoch = await openEpoch(knex, { host: 'here', pid: 1, leaseMs: 60_000 });
      await knex(TABLE.batches).insert({ campaign_id: 'spring', size: 1 });
      proxy.loseReplyTo(`update "${TABLE.batches}"`);
      const error: unknown = await claimBatch(knex, 'spring', epoch).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(LostClaim);
      const { batch } = error as LostClaim;
      const held = await db.knex(TABLE.batches).first('id', 'epoch');
      expect([Number(held.id), Number(held.epoch)]).toEqual([batch.id, epoch]);
      // Nobody would see it before the end of the epoch.
      expect(await claimBatch(knex, 'spring', epoch)).toBeNull();
      expect(await releaseBatch(knex, batch.id, epoch)).toBe('done');
      expect((await db.knex(TABLE.batches).first('epoch')).epoch).toBeNull();
    } finally {
      await knex.destroy();
      await proxy.stop();
      await db.destroy();
    }
  },
);
