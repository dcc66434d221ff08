import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreflightItem } from '../../../shared/contracts';
import {
  campaignState,
  cancel,
  changeDraft,
  finishIfDone,
  freezeStep,
  loadRun,
  schedule,
  startDue,
  unschedule,
} from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import { saveSettings } from '../../../server/src/settings';
import { findCampaign, readLinks, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addCampaign, addList, addPeople, toLists } from './fixtures';

const settings = {
  senders: [{ id: 'news', name: 'News', email: 'news@example.org' }],
  brand: { name: 'Example', postalAddress: '1 Example Street', contact: 'https://example.org/contact' },
};

describe.each(databaseKinds)('scheduling on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let list: string;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, {
      publicUrl: 'https://news.example.org',
      transports: { relay: { host: 'localhost' } },
      domains: { 'example.org': { dkim: 'relay' } },
    });
    ctx.log.warn = () => {};
    list = await addList(db.knex, 'news');
    await addPeople(ctx, [{ email: 'a@example.org', lists: [list] }]);
  });
  beforeEach(() => saveSettings(db.knex, settings));
  afterAll(() => db?.destroy());

  const draft = () => addCampaign(db.knex, { audience: toLists([list]) });

  it('copies what is sent, so that later edits do not change it', async () => {
    const id = await draft();
    const before = Date.now();
    const { at, version } = await schedule(ctx, id, { timezone: 'Asia/Tokyo' });
    expect(at).toBeGreaterThanOrEqual(before + 30_000);
    expect(version).toBe(1);
    expect(await findCampaign(db.knex, id)).toMatchObject({
      state: 'scheduled',
      timezone: 'Asia/Tokyo',
      scheduledAt: at,
    });
    await saveSettings(db.knex, {
      ...settings,
      senders: [{ id: 'news', name: 'Other', email: 'o@example.org' }],
    });
    await db.knex(TABLE.campaignContents).where({ campaign: id }).update({ subject: 'Changed' });
    const run = await loadRun(ctx, id);
    expect(run).toMatchObject({ version: 1, frozenAt: null, endedAt: null });
    expect(run?.snapshot).toMatchObject({
      campaignId: id,
      version: 1,
      sender: { email: 'news@example.org', name: 'News' },
      contents: [{ subject: 'Hello {{firstName}}' }],
      audience: toLists([list]),
      list: { name: 'List news', slug: 'news' },
      tracking: { opens: true, clicks: true },
      publicUrl: 'https://news.example.org',
    });
    expect([...(await readLinks(db.knex, id)).keys()]).toEqual(['https://example.org/a']);
  });

  it('tracks only what both the campaign and the settings allow', async () => {
    await saveSettings(db.knex, { ...settings, tracking: { opens: true, clicks: false } });
    const id = await draft();
    await changeDraft(ctx, id, { trackOpens: false });
    await schedule(ctx, id, {});
    expect((await loadRun(ctx, id))?.snapshot.tracking).toEqual({ opens: false, clicks: false });
    expect((await readLinks(db.knex, id)).size).toBe(0);
  });

  it('can be undone and done again, with a new version', async () => {
    const id = await draft();
    await schedule(ctx, id, {});
    await unschedule(ctx, id);
    expect(await findCampaign(db.knex, id)).toMatchObject({ state: 'draft', scheduledAt: null });
    await changeDraft(ctx, id, {
      contents: [{ variant: 'a', language: 'en', subject: 'New', preheader: '', body: '<p>x</p>' }],
    });
    const { version } = await schedule(ctx, id, {});
    expect(version).toBe(2);
    expect((await loadRun(ctx, id))?.snapshot.contents[0]?.subject).toBe('New');
  });

  it('refuses blocking findings with their sentences, and writes nothing', async () => {
    const id = await addCampaign(db.knex, { audience: toLists([list]), subject: '' });
    const error = (await schedule(ctx, id, {}).catch((thrown: unknown) => thrown)) as {
      code: string;
      status: number;
      message: string;
      items: PreflightItem[];
    };
    expect(error).toMatchObject({ code: 'preflight', status: 400 });
    const blocking = error.items.filter((item) => item.level === 'blocking');
    expect(blocking.length).toBeGreaterThan(0);
    for (const item of blocking) expect(error.message).toContain(item.message);
    expect(await campaignState(db.knex, id)).toBe('draft');
    expect(await loadRun(ctx, id)).toBeNull();
  });

  it('lets one of two simultaneous calls win, and refuses other states and times', async () => {
    const id = await draft();
    const both = await Promise.allSettled([schedule(ctx, id, {}), schedule(ctx, id, {})]);
    expect(both.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect((await loadRun(ctx, id))?.version).toBe(1);
    await expect(schedule(ctx, id, {})).rejects.toMatchObject({ status: 409 });
    await expect(schedule(ctx, await draft(), { at: '2001-01-01T00:00' })).rejects.toMatchObject({
      code: 'time-past',
    });
    await expect(schedule(ctx, 'nosuchcampaign', {})).rejects.toMatchObject({ status: 404 });
  });

  it('looks for a run under the lock too: one that began while the draft was checked refuses', async () => {
    const id = await draft();
    let begun: Promise<unknown> | undefined;
    const racing: Context = {
      ...ctx,
      // Preflight reads it, after the first look and before the transaction.
      get production() {
        const run = { campaign_id: id, version: 1, snapshot: '{}', frozen_cursor: 5, created_at: 1 };
        begun ??= db
          .knex(TABLE.runs)
          .insert(run)
          .then(() => {});
        return false;
      },
    };
    await expect(schedule(racing, id, {})).rejects.toMatchObject({ code: 'already-begun', status: 409 });
    await begun;
    expect(await campaignState(db.knex, id)).toBe('paused');
  });

  it('never schedules a campaign again that has ended, whatever an imported row says', async () => {
    const id = await draft();
    await schedule(ctx, id, { at: new Date().toISOString() });
    expect(await startDue(ctx)).toContain(id);
    while ((await freezeStep(ctx, id)) === 'more');
    await db.knex(TABLE.deliveries).where({ campaign_id: id }).update({ state: 'accepted' });
    expect(await finishIfDone(ctx, id)).toBe(true);
    await db.knex(TABLE.campaigns).where({ document_id: id }).update({ state: 'draft' });
    await expect(schedule(ctx, id, {})).rejects.toMatchObject({ code: 'already-ended', status: 409 });
    expect(await campaignState(db.knex, id)).toBe('sent');
    const cancelled = await draft();
    await schedule(ctx, cancelled, {});
    await cancel(ctx, cancelled);
    await db.knex(TABLE.campaigns).where({ document_id: cancelled }).update({ state: 'draft' });
    await expect(schedule(ctx, cancelled, {})).rejects.toThrow(/was cancelled on .* Duplicate it/);
  });
});
