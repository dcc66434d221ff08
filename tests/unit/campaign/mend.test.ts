import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  campaignState,
  cancel,
  finishIfDone,
  freezeStep,
  resume,
  startDue,
} from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import { findCampaign, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addCampaign, addList, addPeople, addRun, toLists } from './fixtures';

describe.each(databaseKinds)('campaigns that an import brought back, on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
    ctx.log.warn = () => {};
  });
  afterAll(() => db?.destroy());

  /** What `strapi import` does to a campaign: its row is as it was when the archive was made. */
  const importAs = (id: string, state: string) =>
    db
      .knex(TABLE.campaigns)
      .where({ document_id: id })
      .update({ state, state_reason: null, finished_at: null });

  it.each(['draft', 'scheduled', 'sending', 'paused'])(
    'never sends a sent one again that is %s',
    async (state) => {
      const id = await addRun(ctx, 'sending');
      await freezeStep(ctx, id);
      expect(await finishIfDone(ctx, id)).toBe(true);
      await importAs(id, state);
      expect(await startDue(ctx)).not.toContain(id);
      expect(await findCampaign(db.knex, id)).toMatchObject({
        state: 'sent',
        stateReason: `Imported data said "${state}", but this campaign was sent before. It is not sent again.`,
      });
    },
  );

  it('keeps a cancelled one cancelled', async () => {
    const id = await addRun(ctx, 'scheduled');
    await cancel(ctx, id);
    await importAs(id, 'scheduled');
    expect(await startDue(ctx)).not.toContain(id);
    expect(await campaignState(db.knex, id)).toBe('cancelled');
  });

  it('pauses one whose run had begun, so that a person decides about the rest', async () => {
    const list = await addList(db.knex, 'begun');
    await addPeople(ctx, [{ email: 'a@begun.example', lists: [list] }]);
    const id = await addRun(ctx, 'sending', toLists([list]));
    await freezeStep(ctx, id);
    await importAs(id, 'scheduled');
    expect(await startDue(ctx)).not.toContain(id);
    expect(await campaignState(db.knex, id)).toBe('paused');
    await resume(ctx, id);
    expect(await campaignState(db.knex, id)).toBe('sending');
  });

  it('takes one without a run back to draft, and gives up one that claims to be sending', async () => {
    const scheduled = await addCampaign(db.knex, { state: 'scheduled' });
    const sending = await addCampaign(db.knex, { state: 'sending' });
    expect(await startDue(ctx)).toEqual([]);
    expect(await campaignState(db.knex, scheduled)).toBe('draft');
    expect(await campaignState(db.knex, sending)).toBe('cancelled');
  });

  it('leaves alone what is in order', async () => {
    const later = await addRun(ctx, 'scheduled', toLists(), Date.now() + 60_000);
    const draft = await addRun(ctx, 'draft');
    await startDue(ctx);
    expect(await campaignState(db.knex, later)).toBe('scheduled');
    expect(await campaignState(db.knex, draft)).toBe('draft');
  });

  it('goes on with a cancellation that a crash interrupted', async () => {
    const list = await addList(db.knex, 'half');
    await addPeople(ctx, [{ email: 'a@half.example', lists: [list] }]);
    const id = await addRun(ctx, 'sending', toLists([list]));
    await freezeStep(ctx, id);
    await db.knex(TABLE.campaigns).where({ document_id: id }).update({ state: 'cancelled' });
    await db
      .knex(TABLE.runs)
      .where({ campaign_id: id })
      .update({ ended_at: Date.now(), ended_as: 'cancelled' });
    await startDue(ctx);
    const rows = await db.knex(TABLE.deliveries).where({ campaign_id: id }).select('state', 'reason');
    expect(rows).toEqual([{ state: 'skipped', reason: 'cancelled' }]);
  });
});
