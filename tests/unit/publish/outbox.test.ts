import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Knex } from 'knex';
import type { RuleInput } from '../../../shared/contracts';
import {
  dismiss,
  dispatch,
  dispatchDue,
  draftEntry,
  enabledRules,
  entryStatuses,
  loadDraft,
  recordPublication,
  release,
  withdrawEntry,
  type DispatchEnv,
  type Entry,
} from '../../../server/src/campaign';
import { countAudience } from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { saveSettings } from '../../../server/src/settings';
import {
  deleteRule,
  findCampaign,
  findContents,
  findFiring,
  findRule,
  findRun,
  firingsOfEntry,
  inTransaction,
  insertRule,
  insertTemplate,
  TABLE,
  updateRule,
} from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, addPeople } from '../campaign/fixtures';
import { ARTICLE, article, ruleFields, Shelf } from './support';

const HOUR = 3600 * 1000;

describe.each(databaseKinds)('the outbox on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let list: string;
  let shelf: Shelf;
  let env: DispatchEnv;
  let told: string[];
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex, {
      publicUrl: 'https://news.example.org',
      transports: { relay: { host: 'localhost' } },
      domains: { 'example.org': { dkim: 'relay' } },
    });
    ctx.log.warn = () => {};
    list = await addList(db.knex, 'news');
    await addPeople(ctx, [
      { email: 'en@example.org', lists: [list], language: 'en' },
      { email: 'ja@example.org', lists: [list], language: 'ja' },
      { email: 'jp@example.org', lists: [list], language: 'ja-JP' },
      { email: 'none@example.org', lists: [list] },
    ]);
    await saveSettings(db.knex, {
      senders: [{ id: 'news', name: 'News', email: 'news@example.org' }],
      brand: { name: 'Example', postalAddress: '1 Example Street', contact: 'https://example.org/contact' },
    });
  });
  beforeEach(async () => {
    await db.knex(TABLE.outbox).delete();
    await db.knex(TABLE.publishRules).delete();
    shelf = new Shelf();
    told = [];
    env = {
      entries: shelf,
      scheduled: (id) => {
        told.push(id);
        return Promise.resolve();
      },
    };
  });
  afterAll(() => db?.destroy());

  const addRule = (input: Partial<RuleInput> = {}) =>
    insertRule(db.knex, ruleFields({ audience: { include: { lists: [list] } }, ...input }));

  /** Publishes as the adapter does. */
  async function publish(entry: Entry, locale: string | null = 'en', at?: number): Promise<number[]> {
    shelf.put(entry, locale);
    const { fired } = await inTransaction(db.knex, async (trx: Knex.Transaction) =>
      recordPublication(trx, await enabledRules(trx, ARTICLE.uid), { type: ARTICLE, entry, locale }, at),
    );
    return fired;
  }
  const unpublish = (entry: Entry, locale = 'en') => {
    shelf.published.delete(`${entry.documentId} ${locale}`);
    return inTransaction(db.knex, (trx) => withdrawEntry(trx, ARTICLE.uid, entry.documentId, [locale]));
  };
  const firing = async (id: number | undefined) => (await findFiring(db.knex, id!))!;
  const campaignOf = async (id: number | undefined) => {
    const { campaignId } = await firing(id);
    return campaignId === null ? null : findCampaign(db.knex, campaignId);
  };
  const text = { summary: 'Peas are back.' };

  it('fires a rule once per entry and locale, and makes a draft of the entry', async () => {
    const rule = await addRule({ languages: { ja: 'ja' } });
    const [id] = await publish(article(text));
    expect(await publish(article(text))).toEqual([]);
    const [other] = await publish(article({ ...text, title: '春のメニュー' }), 'ja');
    await dispatchDue(ctx, env);
    expect(await firing(id)).toMatchObject({
      state: 'done',
      ruleId: rule,
      locale: 'en',
      title: 'Spring menu',
    });
    const campaign = await campaignOf(id);
    expect(campaign).toMatchObject({ state: 'draft', name: 'Spring menu (en)', sender: 'news' });
    expect(await findContents(db.knex, campaign!.documentId)).toMatchObject([
      { language: 'en', subject: 'Spring menu', body: '<p>Peas are back.</p>' },
    ]);
    expect(await campaignOf(other)).toMatchObject({ name: '春のメニュー (ja)', defaultLanguage: 'ja' });
    expect(await publish(article(text))).toEqual([]);
  });

  it('leaves nothing behind when the publication is rolled back', async () => {
    await addRule();
    const entry = shelf.put(article(text));
    const rolledBack = inTransaction(db.knex, async (trx) => {
      await recordPublication(trx, await enabledRules(trx, ARTICLE.uid), {
        type: ARTICLE,
        entry,
        locale: 'en',
      });
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await firingsOfEntry(db.knex, ARTICLE.uid, [entry.documentId])).toEqual([]);
  });

  it('schedules from the time of publishing, and is told to the queue', async () => {
    await addRule({ action: 'schedule', delayMinutes: 60 });
    const at = Date.now() - 10 * 60_000;
    const [id] = await publish(article(text), 'en', at);
    await dispatch(ctx, env, id!);
    const campaign = await campaignOf(id);
    expect(campaign?.state).toBe('scheduled');
    expect((await findRun(db.knex, campaign!.documentId))?.startAt).toBe(at + HOUR);
    expect(await firing(id)).toMatchObject({ state: 'done', scheduledFor: at + HOUR });
    expect(told).toEqual([campaign!.documentId]);
    const [status] = await entryStatuses(ctx, ARTICLE.uid, ['article00001']);
    expect(status).toMatchObject({ status: 'scheduled', campaign: campaign!.documentId });
  });

  it('sends at once, also what was late for its delay', async () => {
    await addRule({ action: 'schedule', delayMinutes: 5 });
    const [id] = await publish(article(text), 'en', Date.now() - HOUR);
    await dispatch(ctx, env, id!);
    expect((await firing(id)).scheduledFor).toBeLessThan(Date.now() + 60_000);
  });

  it('makes one campaign when processes dispatch the same firing at once', async () => {
    await addRule({ action: 'schedule' });
    const [id] = await publish(article(text));
    const count = async () => Number((await db.knex(TABLE.campaigns).count({ n: '*' }))[0]!.n);
    const before = await count();
    await Promise.all([1, 2, 3, 4].map(() => dispatch(ctx, env, id!)));
    expect(await count()).toBe(before + 1);
    expect(await firing(id)).toMatchObject({ state: 'done' });
  });

  it('makes one campaign when a process is slower than its lease', async () => {
    await addRule({ action: 'schedule' });
    const [id] = await publish(article(text));
    const count = async () => Number((await db.knex(TABLE.campaigns).count({ n: '*' }))[0]!.n);
    const before = await count();
    /** Another process does the same while this one reads the entry: all of it, or as far as the draft. */
    const slow = (meanwhile: () => Promise<void>): DispatchEnv => ({
      ...env,
      entries: {
        type: (uid) => shelf.type(uid),
        async load(request) {
          const entry = await shelf.load(request);
          await db.knex(TABLE.outbox).where({ id }).update({ lease_until: 0 });
          await meanwhile();
          return entry;
        },
      },
    });
    await dispatch(
      ctx,
      slow(() => dispatch(ctx, env, id!)),
      id!,
    );
    expect(await count()).toBe(before + 1);
    const { campaignId } = await firing(id);
    const died = { state: 'pending', lease_until: 0, scheduled_for: null };
    await db
      .knex(TABLE.outbox)
      .where({ id })
      .update({ ...died, campaign_id: null });
    await dispatch(
      ctx,
      slow(async () => void (await db.knex(TABLE.outbox).where({ id }).update({ campaign_id: campaignId }))),
      id!,
    );
    expect(await count()).toBe(before + 1);
    expect(await firing(id)).toMatchObject({ state: 'done', campaignId });
    await db
      .knex(TABLE.outbox)
      .where({ id })
      .update({ ...died, campaign_id: null });
    await dispatch(
      ctx,
      slow(async () => void (await unpublish(article()))),
      id!,
    );
    expect(await count()).toBe(before + 1);
    expect(await firing(id)).toMatchObject({ state: 'cancelled', campaignId: null });
  });

  it('goes on where a process died: before the campaign, after it, and after its schedule', async () => {
    await addRule({ action: 'schedule' });
    const [id] = await publish(article(text));
    const died = (change: object) =>
      db
        .knex(TABLE.outbox)
        .where({ id })
        .update({ state: 'pending', ...change });
    await died({ lease_until: Date.now() + HOUR });
    await dispatchDue(ctx, env);
    expect((await firing(id)).state).toBe('pending');
    await died({ lease_until: 0 });
    await dispatchDue(ctx, env);
    const { campaignId } = await firing(id);
    // After the schedule, before the firing's row.
    await died({ lease_until: 0, scheduled_for: null });
    await dispatchDue(ctx, env);
    expect(await firing(id)).toMatchObject({ state: 'done', campaignId });
    // After the draft.
    await db.knex(TABLE.campaigns).where({ document_id: campaignId }).update({ state: 'draft' });
    await died({ lease_until: 0, scheduled_for: null });
    await dispatchDue(ctx, env);
    expect(await firing(id)).toMatchObject({ state: 'done', campaignId });
    expect(await findCampaign(db.knex, campaignId!)).toMatchObject({ state: 'scheduled' });
  });

  it('holds entries above the limit until a person releases or dismisses them', async () => {
    await addRule({ holdAbove: 2, locales: null });
    const entries = [1, 2, 3, 4].map((n) => article({ ...text, documentId: `article0000${n}` }));
    const ids: number[] = [];
    for (const entry of entries) ids.push(...(await publish(entry)), ...(await publish(entry, 'ja')));
    await dispatchDue(ctx, env);
    const states = async () => Promise.all(ids.map(async (id) => (await firing(id)).state));
    // Locales of one entry count as one.
    expect(await states()).toEqual(['done', 'done', 'done', 'done', 'held', 'held', 'held', 'held']);
    expect((await firing(ids[4])).message).toContain('2 entries within an hour');
    await release(ctx, ids[4]!);
    await dispatchDue(ctx, env);
    expect((await firing(ids[4])).state).toBe('done');
    await dismiss(ctx, ids[5]!);
    expect((await firing(ids[5])).state).toBe('cancelled');
    expect(await publish(entries[2]!, 'ja')).toEqual([]);
    await expect(release(ctx, ids[5]!)).rejects.toMatchObject({ status: 409 });
    await expect(dismiss(ctx, ids[4]!)).rejects.toMatchObject({ status: 409 });
    await expect(release(ctx, 999_999_999)).rejects.toMatchObject({ status: 404 });
    // An hour later there is room again.
    await db.knex(TABLE.outbox).update({ made_at: Date.now() - HOUR - 1000 });
    const [later] = await publish(article({ ...text, documentId: 'article00009' }));
    await dispatchDue(ctx, env);
    expect((await firing(later)).state).toBe('done');
  });

  it('counts exactly when entries are dispatched at once', async () => {
    await addRule({ holdAbove: 3 });
    const ids: number[] = [];
    for (let n = 10; n < 20; n++)
      ids.push(...(await publish(article({ ...text, documentId: `article000${n}` }))));
    await Promise.all(ids.map((id) => dispatch(ctx, env, id)));
    const states = await Promise.all(ids.map(async (id) => (await firing(id)).state));
    expect(states.filter((state) => state === 'done')).toHaveLength(3);
    expect(states.filter((state) => state === 'held')).toHaveLength(7);
  });

  it('takes back what is not sent when the entry is unpublished, and fires again when it is published again', async () => {
    await addRule({ action: 'schedule' });
    const entry = article(text);
    const [pending] = await publish(entry);
    expect(await unpublish(entry)).toEqual([]);
    expect(await firing(pending)).toMatchObject({ state: 'cancelled', campaignId: null });
    const [scheduled] = await publish(entry);
    await dispatchDue(ctx, env);
    const campaign = await campaignOf(scheduled);
    expect(await unpublish(entry, 'ja')).toEqual([]);
    expect(await unpublish(entry)).toEqual([campaign!.documentId]);
    expect(await campaignOf(scheduled)).toMatchObject({
      state: 'cancelled',
      stateReason: expect.stringContaining('unpublished') as string,
    });
    expect((await findRun(db.knex, campaign!.documentId))?.endedAs).toBe('cancelled');
    expect((await firing(scheduled)).state).toBe('cancelled');
    const [again] = await publish(entry);
    await dispatchDue(ctx, env);
    expect(await campaignOf(again)).toMatchObject({ state: 'scheduled' });
    // What has begun stays.
    await db
      .knex(TABLE.campaigns)
      .where({ document_id: (await firing(again)).campaignId })
      .update({ state: 'sending' });
    expect(await unpublish(entry)).toEqual([]);
    expect(await campaignOf(again)).toMatchObject({ state: 'sending' });
    expect(await publish(entry)).toEqual([]);
  });

  it('takes back a draft that is about to be scheduled, and leaves what a person made or scheduled', async () => {
    await addRule({ action: 'schedule' });
    const entry = article(text);
    const [id] = await publish(entry);
    await dispatchDue(ctx, env);
    const { campaignId } = await firing(id);
    await db.knex(TABLE.campaigns).where({ document_id: campaignId }).update({ state: 'draft' });
    await db.knex(TABLE.outbox).where({ id }).update({ state: 'pending', scheduled_for: null });
    await unpublish(entry);
    expect(await findCampaign(db.knex, campaignId!)).toBeNull();
    expect((await firing(id)).state).toBe('cancelled');

    await db.knex(TABLE.publishRules).delete();
    await addRule();
    const [draft] = await publish(entry);
    await dispatchDue(ctx, env);
    const made = await draftEntry(ctx, { type: ARTICLE, entry, locale: 'en', rule: null, mapping: null });
    for (const id of [(await firing(draft)).campaignId, made.campaign])
      await db.knex(TABLE.campaigns).where({ document_id: id }).update({ state: 'scheduled' });
    expect(await unpublish(entry)).toEqual([]);
    expect(await campaignOf(draft)).toMatchObject({ state: 'scheduled' });
    expect(await findCampaign(db.knex, made.campaign)).toMatchObject({ state: 'scheduled' });
  });

  it('makes nothing of an entry that is gone when its turn comes, or of a rule that is off', async () => {
    const rule = await addRule();
    const entry = article(text);
    const [gone] = await publish(entry);
    shelf.published.clear();
    await dispatchDue(ctx, env);
    expect(await firing(gone)).toMatchObject({ state: 'cancelled', campaignId: null });
    const [off] = await publish(entry);
    await updateRule(db.knex, rule, { ...(await findRule(db.knex, rule))!, enabled: false });
    await dispatchDue(ctx, env);
    expect(await firing(off)).toMatchObject({
      state: 'cancelled',
      message: expect.stringContaining('switched off') as string,
    });
    expect(await publish(entry)).toEqual([]);
    await deleteRule(db.knex, rule);
    expect(await publish(entry)).toEqual([]);
  });

  it('fires with every publication if the rule says so, and replaces what is not sent yet', async () => {
    const rule = await addRule({ again: 'every', action: 'schedule' });
    const version = (n: number) =>
      article({ ...text, title: `Version ${n}`, publishedAt: `2026-03-0${n}T09:00:00Z` });
    const [first] = await publish(version(1));
    await dispatchDue(ctx, env);
    expect(await publish(version(1))).toEqual([]);
    const [second] = await publish(version(2));
    expect((await firing(first)).state).toBe('superseded');
    expect(await campaignOf(first)).toMatchObject({ state: 'cancelled' });
    const [third] = await publish(version(3));
    expect(await firing(second)).toMatchObject({ state: 'superseded', campaignId: null });
    await dispatchDue(ctx, env);
    expect(await campaignOf(third)).toMatchObject({ state: 'scheduled', name: 'Version 3 (en)' });
    // A rule that fires once from now on has fired: what it scheduled is renewed.
    await updateRule(db.knex, rule, { ...(await findRule(db.knex, rule))!, again: 'never' });
    expect(await publish(version(4))).toEqual([third]);
  });

  it('renews a scheduled campaign when the entry is published again in time, and keeps its hour', async () => {
    const rule = await addRule({ action: 'schedule', delayMinutes: 60 });
    const [id] = await publish(article(text), 'en', Date.now() - 10 * 60_000);
    await dispatchDue(ctx, env);
    const { campaignId, scheduledFor } = await firing(id);
    expect(await publish(article({ ...text, title: 'Corrected' }))).toEqual([id]);
    await dispatchDue(ctx, env);
    expect(await firing(id)).toMatchObject({ state: 'done', campaignId, scheduledFor });
    expect(await findCampaign(db.knex, campaignId!)).toMatchObject({
      state: 'scheduled',
      name: 'Corrected (en)',
    });
    expect(
      JSON.parse(String((await db.knex(TABLE.runs).where({ campaign_id: campaignId }).first()).snapshot)),
    ).toMatchObject({
      contents: [{ subject: 'Corrected' }],
    });
    expect((await findRun(db.knex, campaignId!))?.startAt).toBe(scheduledFor);
    // A process that died between back to draft and the schedule.
    await publish(article({ ...text, title: 'Once more' }));
    await db.knex(TABLE.campaigns).where({ document_id: campaignId }).update({ state: 'draft' });
    await dispatchDue(ctx, env);
    expect(await findCampaign(db.knex, campaignId!)).toMatchObject({
      state: 'scheduled',
      name: 'Once more (en)',
    });
    // Not when a person gave it another hour, nor when it has begun.
    await db
      .knex(TABLE.runs)
      .where({ campaign_id: campaignId })
      .update({ start_at: scheduledFor! + 1 });
    expect(await publish(article(text))).toEqual([]);
    await db.knex(TABLE.runs).where({ campaign_id: campaignId }).update({ start_at: scheduledFor });
    await db.knex(TABLE.campaigns).where({ document_id: campaignId }).update({ state: 'sending' });
    expect(await publish(article(text))).toEqual([]);
    await db.knex(TABLE.campaigns).where({ document_id: campaignId }).update({ state: 'scheduled' });
    // Switched off in the meantime: it stays as it was.
    const [renewed] = await publish(article(text));
    await updateRule(db.knex, rule, { ...(await findRule(db.knex, rule))!, enabled: false });
    await dispatchDue(ctx, env);
    expect((await firing(renewed)).state).toBe('done');
    expect(await findCampaign(db.knex, campaignId!)).toMatchObject({
      state: 'scheduled',
      name: 'Once more (en)',
    });
  });

  it('takes back what is scheduled when the entry no longer meets the conditions', async () => {
    await addRule({ action: 'schedule', conditions: [{ field: 'featured', operator: 'eq', value: true }] });
    const [id] = await publish(article({ ...text, featured: true }));
    await dispatchDue(ctx, env);
    await publish(article({ ...text, featured: false }));
    expect((await firing(id)).state).toBe('cancelled');
    expect(await campaignOf(id)).toMatchObject({ state: 'cancelled' });
    expect(await publish(article({ ...text, featured: true }))).toHaveLength(1);
  });

  it('ends as failed with a sentence when the rule is broken, and tries again when asked', async () => {
    const template = await insertTemplate(db.knex, { name: 'T', html: '{{{content}}}', isDefault: false });
    await addRule({ template });
    const entry = article(text);
    const [id] = await publish(entry);
    await db.knex(TABLE.templates).where({ document_id: template }).delete();
    await dispatchDue(ctx, env);
    expect(await firing(id)).toMatchObject({
      state: 'failed',
      campaignId: null,
      message: expect.stringContaining('template') as string,
    });
    await db.knex(TABLE.publishRules).delete();
    await release(ctx, id!);
    await dispatchDue(ctx, env);
    expect((await firing(id)).state).toBe('cancelled');
  });

  it('does not send twice when a failed firing is tried again after another publication', async () => {
    const rule = await addRule({ sender: 'gone' });
    const entry = article(text);
    const [failed] = await publish(entry);
    await dispatchDue(ctx, env);
    expect((await firing(failed)).message).toContain('sender');
    await updateRule(db.knex, rule, { ...(await findRule(db.knex, rule))!, sender: null });
    const [second] = await publish(entry);
    await dispatchDue(ctx, env);
    expect((await firing(second)).state).toBe('done');
    await expect(release(ctx, failed!)).rejects.toMatchObject({ status: 409 });
  });

  it('leaves the draft and says why when it cannot be sent as it is', async () => {
    await addRule({
      action: 'send',
      audience: { include: { lists: [await addList(db.knex, `empty-${Date.now()}`)] } },
    });
    const [id] = await publish(article(text));
    await dispatchDue(ctx, env);
    expect(await firing(id)).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/^The draft was made but cannot be sent as it is: /) as string,
    });
    expect(await campaignOf(id)).toMatchObject({ state: 'draft' });
    expect(await publish(article(text))).toEqual([]);
  });

  it('narrows the audience to those who read the language', async () => {
    await addRule({ action: 'schedule', audienceLanguage: 'matching' });
    const people = async (locale: string) => {
      const [id] = await publish(article(text), locale);
      await dispatchDue(ctx, env);
      expect((await firing(id)).message).toBeNull();
      const campaign = await campaignOf(id);
      const draft = await loadDraft(ctx, campaign!.documentId);
      return (await countAudience(ctx, draft.snapshot.audience)).recipients;
    };
    expect(await people('en')).toBe(2); // en, and who has none
    expect(await people('ja')).toBe(2); // ja, ja-JP
    const segments = async () => (await db.knex(TABLE.segments).select('name')).length;
    const before = await segments();
    await publish(article({ ...text, documentId: 'article00002' }), 'ja');
    await dispatchDue(ctx, env);
    expect(await segments()).toBe(before);
  });

  it('makes a draft whenever a person asks, with a rule or by a guess', async () => {
    const id = await addRule();
    const rule = await findRule(db.knex, id);
    const entry = shelf.put(article({ ...text, notes: 'Fresh **peas**' }));
    for (const which of [rule, rule, null]) {
      const { campaign } = await draftEntry(ctx, {
        type: ARTICLE,
        entry,
        locale: 'en',
        rule: which,
        mapping: null,
      });
      expect(await findCampaign(db.knex, campaign)).toMatchObject({
        state: 'draft',
        name: 'Spring menu (en)',
      });
    }
    const firings = await firingsOfEntry(db.knex, ARTICLE.uid, [entry.documentId]);
    expect(firings.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    // They are no firings of the rule.
    expect(await publish(entry)).toHaveLength(1);
  });
});
