import { createId } from '@paralleldrive/cuid2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hygieneActSchema, type HygieneAct } from '../../../shared/contracts';
import {
  actOn,
  countPeople,
  followSunset,
  monthsBefore,
  readableSegment,
  sunsetDto,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { saveSettings } from '../../../server/src/settings';
import { lastSunsetRun, readSuppression, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { hashOf, personOf } from '../audience/support';
import { addPeople, check, emptyTables, foundIn, settle } from './support';

const DAY = 86_400_000;
const ago = (days: number) => Date.now() - days * DAY;

let db: TestDatabase;
let ctx: Context;

/** A campaign that was accepted for these people some days ago. */
async function send(people: readonly string[], days: number, opens = true): Promise<void> {
  const campaign = createId();
  await db.knex(TABLE.runs).insert({
    campaign_id: campaign,
    version: 1,
    snapshot: JSON.stringify({ tracking: { opens, clicks: true } }),
    ended_at: ago(days),
    created_at: ago(days),
  });
  for (const person of people)
    await db.knex(TABLE.deliveries).insert({
      campaign_id: campaign,
      batch_id: 1,
      subscriber_id: person,
      email: 'x',
      email_key: 'x',
      address_hash: person.slice(0, 24),
      language: 'en',
      state: 'accepted',
      created_at: ago(days),
      settled_at: ago(days),
    });
}

const act = (id: string, input: HygieneAct) => actOn(ctx, id, hygieneActSchema.parse(input), 'Ann');
const MARK = { do: 'tag', name: 'Sleepers', label: 'Inactive since' } as const;

describe.each(databaseKinds)('the sunset rule on %s', (kind) => {
  beforeAll(async () => {
    db = await createTestDatabase(kind);
  });
  afterAll(() => db.destroy());
  beforeEach(async () => {
    await emptyTables(db.knex);
    ctx = await createTestContext(db.knex);
    await saveSettings(db.knex, { sunset: { months: 6, campaigns: 2, waitDays: 30 } });
  });

  it('finds who got enough tracked campaigns and never reacted, and nobody else', async () => {
    const ids = await addPeople(ctx, [
      'silent@example.com',
      { email: 'opened@example.com', last_opened_at: new Date(ago(10)) },
      { email: 'clicked@example.com', last_clicked_at: new Date(ago(10)) },
      { email: 'long-ago@example.com', last_opened_at: new Date(ago(400)) },
      { email: 'new@example.com', confirmed_at: new Date(ago(20)) },
      { email: 'pending@example.com', status: 'pending' },
      'one-campaign@example.com',
      'untracked@example.com',
    ]);
    await send(ids.slice(0, 7), 30);
    await send(ids.slice(0, 6), 20);
    await send(ids.slice(7), 20);
    await send(ids.slice(7), 10, false);
    const run = await check(ctx, { scope: { kind: 'sunset' } });
    expect(await foundIn(ctx, run)).toEqual([
      'long-ago@example.com inactive -',
      'silent@example.com inactive -',
    ]);
    expect(await sunsetDto(ctx)).toMatchObject({ marked: 0, segment: null, tracked: true });
  });

  it('marks, waits, asks again, and suppresses only those who got a campaign meanwhile and did nothing', async () => {
    const ids = await addPeople(ctx, ['silent@example.com', 'back@example.com', 'unasked@example.com']);
    await send(ids, 90);
    await send(ids, 60);
    const first = await check(ctx, { scope: { kind: 'sunset' } });
    await act(first.id, { kind: 'inactive', count: 3, action: MARK });
    const { actions } = await settle(ctx, first.id);
    const segment = actions[0]!.target!;
    const { rules } = await readableSegment(db.knex, segment.documentId);
    expect(await countPeople(ctx, rules)).toEqual({ matched: 3, reachable: 3 });
    expect(await sunsetDto(ctx)).toMatchObject({ marked: 3, segment });

    // Marked today: nobody is due, and nobody is found twice.
    expect(await foundIn(ctx, await check(ctx, { scope: { kind: 'sunset' } }))).toEqual([]);

    await db.knex(TABLE.sunset).update({ marked_at: ago(40) });
    await send(ids.slice(0, 2), 35);
    await db
      .knex(TABLE.subscribers)
      .where({ document_id: ids[1]! })
      .update({ last_clicked_at: new Date(ago(34)) });
    const second = await check(ctx, { scope: { kind: 'sunset' } });
    expect(await foundIn(ctx, second)).toEqual([
      'back@example.com inactive-back -',
      'silent@example.com inactive-due -',
    ]);
    // Who came back is not marked any more.
    expect((await personOf(ctx, 'back@example.com'))?.attributes).toEqual({});
    expect(await sunsetDto(ctx)).toMatchObject({ marked: 2 });

    await act(second.id, { kind: 'inactive-due', count: 1, action: { do: 'suppress' } });
    await settle(ctx, second.id);
    expect(await readSuppression(db.knex, hashOf(ctx, 'silent@example.com'))).toMatchObject({
      reason: 'sunset',
    });
    expect(await readSuppression(db.knex, hashOf(ctx, 'unasked@example.com'))).toBeNull();
    expect((await personOf(ctx, 'silent@example.com'))?.status).toBe('subscribed');
    expect(await countPeople(ctx, rules)).toEqual({ matched: 1, reachable: 1 });
  });

  it('passes over who opens between the report and the decision', async () => {
    const ids = await addPeople(ctx, ['silent@example.com', 'awake@example.com']);
    await send(ids, 90);
    await send(ids, 60);
    const { id } = await check(ctx, { scope: { kind: 'sunset' } });
    await db.knex(TABLE.subscribers).where({ document_id: ids[1]! }).update({ last_opened_at: new Date() });
    await act(id, { kind: 'inactive', count: 2, action: MARK });
    expect((await settle(ctx, id)).actions).toMatchObject([{ changed: 1, skipped: 1 }]);
  });

  it('has one segment: a later decision adds to it, whatever name is given', async () => {
    const ids = await addPeople(ctx, ['silent@example.com', 'later@example.com']);
    await send(ids, 90);
    await send(ids.slice(0, 1), 60);
    const first = await check(ctx, { scope: { kind: 'sunset' } });
    await act(first.id, { kind: 'inactive', count: 1, action: MARK });
    const [marked] = (await settle(ctx, first.id)).actions;
    await send(ids.slice(1), 50);
    const second = await check(ctx, { scope: { kind: 'sunset' } });
    await act(second.id, { kind: 'inactive', count: 1, action: { ...MARK, name: 'Others' } });
    const [again] = (await settle(ctx, second.id)).actions;
    expect(again!.target).toEqual(marked!.target);
    expect(await db.knex(TABLE.segments)).toHaveLength(1);
  });

  it('does nothing by itself unless it is told to', async () => {
    const ids = await addPeople(ctx, ['silent@example.com']);
    await send(ids, 90);
    await send(ids, 60);
    await followSunset(ctx);
    expect(await lastSunsetRun(db.knex)).toBeNull();

    const sunset = { months: 6, campaigns: 2, waitDays: 30, automatic: true };
    await saveSettings(db.knex, { sunset });
    await followSunset(ctx);
    const run = (await lastSunsetRun(db.knex))!;
    expect(run.createdBy).toBeNull();
    await settle(ctx, run.id);
    await followSunset(ctx);
    await settle(ctx, run.id);
    expect((await personOf(ctx, 'silent@example.com'))?.attributes).toHaveProperty('inactive_since');
  });

  it('refuses to judge when opens are not tracked', async () => {
    await saveSettings(db.knex, { tracking: { opens: false } });
    await expect(check(ctx, { scope: { kind: 'sunset' } })).rejects.toMatchObject({ code: 'not-tracked' });
  });
});

it('counts months back to the same day, or the last of a shorter month', () => {
  const day = (iso: string) => Date.parse(`${iso}T12:00:00Z`);
  expect(monthsBefore(day('2026-11-24'), 6)).toBe(day('2026-05-24'));
  expect(monthsBefore(day('2026-03-31'), 1)).toBe(day('2026-02-28'));
  expect(monthsBefore(day('2026-01-31'), 12)).toBe(day('2025-01-31'));
});
