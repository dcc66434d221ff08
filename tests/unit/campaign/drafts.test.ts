import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { campaignInputSchema } from '../../../shared/contracts';
import { changeDraft, createDraft, duplicate, remove } from '../../../server/src/campaign';
import type { Context } from '../../../server/src/context';
import { saveSettings } from '../../../server/src/settings';
import { findCampaign, findContents, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, addRun } from './fixtures';

describe.each(databaseKinds)('drafts on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
  });
  afterAll(() => db?.destroy());

  const input = (value: unknown) => campaignInputSchema.parse(value);

  it('start with the defaults: last sender, default list, tracking of the settings', async () => {
    const list = await addList(db.knex, 'default');
    await db.knex(TABLE.lists).where({ document_id: list }).update({ is_default: true });
    await saveSettings(db.knex, {
      senders: [
        { id: 'first', name: 'First', email: 'first@example.org' },
        { id: 'second', name: 'Second', email: 'second@example.org' },
      ],
      tracking: { opens: false, clicks: true },
    });
    const one = await createDraft(ctx, input({}));
    expect(await findCampaign(db.knex, one)).toMatchObject({
      name: 'Untitled campaign',
      state: 'draft',
      sender: 'first',
      audience: { include: { lists: [list], segments: [] }, exclude: { lists: [], segments: [] } },
      defaultLanguage: 'en',
      trackOpens: false,
      trackClicks: true,
    });
    expect(await findContents(db.knex, one)).toEqual([
      { variant: 'a', language: 'en', subject: '', preheader: '', body: '' },
    ]);
    await changeDraft(ctx, one, input({ sender: 'second' }));
    expect((await findCampaign(db.knex, await createDraft(ctx, input({}))))?.sender).toBe('second');
  });

  it('change key by key, contents as a whole', async () => {
    const id = await createDraft(ctx, input({ name: 'Before', pacePerHour: 500 }));
    const contents = [
      { language: 'ja', subject: '件名 {{firstName}}', body: '<p>本文 🎉</p>' },
      { language: 'en', subject: 'Subject' },
    ];
    await changeDraft(ctx, id, input({ name: 'After', contents }));
    expect(await findCampaign(db.knex, id)).toMatchObject({ name: 'After', pacePerHour: 500 });
    expect(await findContents(db.knex, id, 'en')).toEqual([
      { variant: 'a', language: 'en', subject: 'Subject', preheader: '', body: '' },
      { variant: 'a', language: 'ja', subject: '件名 {{firstName}}', preheader: '', body: '<p>本文 🎉</p>' },
    ]);
    await changeDraft(ctx, id, input({ pacePerHour: null, defaultLanguage: 'ja' }));
    expect(await findCampaign(db.knex, id)).toMatchObject({ pacePerHour: null, defaultLanguage: 'ja' });
  });

  it('refuse contents that do not fit together, and changes in any other state', async () => {
    const id = await createDraft(ctx, input({}));
    const twice = [{ language: 'en' }, { language: 'en' }];
    await expect(changeDraft(ctx, id, input({ contents: twice }))).rejects.toMatchObject({ status: 400 });
    await expect(changeDraft(ctx, id, input({ contents: [{ language: 'ja' }] }))).rejects.toMatchObject({
      code: 'bad-contents',
    });
    await expect(changeDraft(ctx, id, input({ defaultLanguage: 'fr' }))).rejects.toMatchObject({
      status: 400,
    });
    for (const state of ['scheduled', 'sending', 'paused', 'sent', 'cancelled'] as const) {
      const other = await addRun(ctx, state);
      await expect(changeDraft(ctx, other, input({ name: 'X' }))).rejects.toMatchObject({ status: 409 });
      expect((await findCampaign(db.knex, other))?.name).toBe('Spring letter');
    }
    await expect(changeDraft(ctx, 'nosuchcampaign', input({ name: 'X' }))).rejects.toMatchObject({
      status: 404,
    });
  });

  it('are copied from any campaign, and deleted only while nobody was reached', async () => {
    const sent = await addRun(ctx, 'sent');
    const copy = await duplicate(ctx, sent);
    expect(await findCampaign(db.knex, copy)).toMatchObject({ name: 'Spring letter (copy)', state: 'draft' });
    expect(await findContents(db.knex, copy)).toEqual(await findContents(db.knex, sent));
    await expect(remove(ctx, sent)).rejects.toMatchObject({ status: 409 });
    await remove(ctx, copy);
    expect(await findCampaign(db.knex, copy)).toBeNull();
    expect(await findContents(db.knex, copy)).toEqual([]);
    await expect(remove(ctx, copy)).rejects.toMatchObject({ status: 404 });
    await remove(ctx, await addRun(ctx, 'cancelled'));
  });
});
