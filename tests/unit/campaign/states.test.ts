import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAMPAIGN_STATES, type CampaignState } from '../../../shared/contracts';
import {
  CampaignError,
  campaignState,
  cancel,
  finishIfDone,
  freezeStep,
  pause,
  pauseBySystem,
  resume,
  startDue,
  unschedule,
} from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import { findRun } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { addRun } from './fixtures';

let db: TestDatabase;
let ctx: Context;
beforeAll(async () => {
  db = await createTestDatabase();
  ctx = await createTestContext(db.knex);
  ctx.log.warn = () => {};
});
afterAll(() => db.destroy());

type Action =
  | 'unschedule'
  | 'startDue'
  | 'pause'
  | 'pauseBySystem'
  | 'resume'
  | 'cancel'
  | 'freeze'
  | 'finish';

/** What the specification says, written apart from the table of moves. */
interface Model {
  state: CampaignState;
  frozen: boolean;
}
function next(model: Model, action: Action): { model: Model; refused: boolean } {
  const { state } = model;
  const to = (target: CampaignState) => ({ model: { ...model, state: target }, refused: false });
  const stay = (refused: boolean) => ({ model, refused });
  switch (action) {
    case 'unschedule':
      return state === 'scheduled' ? to('draft') : stay(true);
    case 'startDue':
      return state === 'scheduled' ? to('sending') : stay(false);
    case 'pause':
      return state === 'sending' ? to('paused') : stay(true);
    case 'pauseBySystem':
      return state === 'sending' ? to('paused') : stay(false);
    case 'resume':
      return state === 'paused' ? to('sending') : stay(true);
    case 'cancel':
      return ['scheduled', 'sending', 'paused'].includes(state) ? to('cancelled') : stay(true);
    case 'freeze':
      return state === 'sending' ? { model: { ...model, frozen: true }, refused: false } : stay(false);
    case 'finish':
      return state === 'sending' && model.frozen ? to('sent') : stay(false);
  }
}

async function perform(id: string, action: Action, state: CampaignState): Promise<void> {
  switch (action) {
    case 'unschedule':
      return unschedule(ctx, id);
    case 'startDue':
      return void (await startDue(ctx));
    case 'pause':
      return pause(ctx, id);
    case 'pauseBySystem':
      return pauseBySystem(ctx, id, 'The server refused our login.');
    case 'resume':
      return resume(ctx, id);
    case 'cancel':
      return cancel(ctx, id);
    case 'freeze':
      return state === 'sending' ? void (await freezeStep(ctx, id)) : undefined;
    case 'finish':
      return void (await finishIfDone(ctx, id));
  }
}

describe('the state machine', () => {
  it('follows the specification through any sequence of actions', async () => {
    const actions = fc.array(
      fc.constantFrom<Action>(
        'unschedule',
        'startDue',
        'pause',
        'pauseBySystem',
        'resume',
        'cancel',
        'freeze',
        'finish',
      ),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(actions, async (sequence) => {
        const id = await addRun(ctx, 'scheduled');
        let model: Model = { state: 'scheduled', frozen: false };
        for (const action of sequence) {
          const expected = next(model, action);
          const error: unknown = await perform(id, action, model.state).then(
            () => null,
            (thrown: unknown) => thrown,
          );
          expect(error === null || error instanceof CampaignError, String(error)).toBe(true);
          expect(error !== null, `${action} in ${model.state}`).toBe(expected.refused);
          model = expected.model;
          expect(await campaignState(ctx.knex, id)).toBe(model.state);
        }
        const run = await findRun(ctx.knex, id);
        const over = model.state === 'sent' || model.state === 'cancelled';
        expect(run?.endedAs ?? null).toBe(over ? model.state : null);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses with a sentence that names the state', async () => {
    const id = await addRun(ctx, 'sending');
    await expect(resume(ctx, id)).rejects.toMatchObject({
      code: 'wrong-state',
      status: 409,
      message: 'This campaign is being sent. Only a paused campaign can be resumed.',
    });
    await expect(pause(ctx, 'nosuchcampaign')).rejects.toMatchObject({ code: 'not-found', status: 404 });
  });

  it('lets exactly one of many simultaneous moves win', async () => {
    for (const state of CAMPAIGN_STATES) {
      const id = await addRun(ctx, state);
      const results = await Promise.allSettled([pause(ctx, id), pause(ctx, id), pause(ctx, id)]);
      const won = results.filter((result) => result.status === 'fulfilled').length;
      expect(won, state).toBe(state === 'sending' ? 1 : 0);
    }
  });

  it('starts what is due, and nothing before its time', async () => {
    const due = await addRun(ctx, 'scheduled', undefined, Date.now() - 1);
    const later = await addRun(ctx, 'scheduled', undefined, Date.now() + 60_000);
    const started = await startDue(ctx);
    expect(started).toContain(due);
    expect(started).not.toContain(later);
    expect(await campaignState(ctx.knex, later)).toBe('scheduled');
    expect(await startDue(ctx)).toEqual([]);
  });
});
