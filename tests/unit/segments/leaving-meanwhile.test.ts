import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResolvedAudience, Rule, RuleGroup } from '../../../shared/contracts';
import { listsAsked } from '../../../server/src/audience';
import { freezeStep } from '../../../server/src/campaign';
import type { CampaignSnapshot } from '../../../server/src/compose';
import type { Context } from '../../../server/src/context';
import { createPumpEnv, pump } from '../../../server/src/delivery/pump';
import { dueDeliveries, endSubscriptions, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { createBed, until } from '../../integration/faults-bed';
import { addList, addPeople, addRun } from '../campaign/fixtures';

type Part = Rule | RuleGroup;
const group = (combinator: 'and' | 'or', not: boolean, ...rules: Part[]): RuleGroup => ({
  combinator,
  not,
  rules,
});
const list = (
  id: string,
  operator: 'on' | 'notOn',
  status: 'subscribed' | 'pending' = 'subscribed',
): Rule => ({
  field: 'list',
  operator,
  list: id,
  status,
});
const segment = (rules: RuleGroup) => ({ documentId: 'segment00001', name: 'Some', rules });
const toSegment = (rules: RuleGroup): ResolvedAudience => ({
  include: { lists: [], segments: [segment(rules)] },
  exclude: { lists: [], segments: [] },
});
const leave = (ctx: Context, person: string, from: string) =>
  endSubscriptions(ctx.knex, [person], { via: 'preferences', campaignId: null, at: Date.now() }, [from]);

it('knows the lists that segments ask for', () => {
  const rules = group(
    'or',
    false,
    list('a', 'on'),
    list('b', 'notOn'),
    list('c', 'on', 'pending'),
    group('and', true, list('d', 'notOn'), list('e', 'on'), group('and', true, list('f', 'on'))),
  );
  expect(listsAsked([segment(rules), segment(group('and', false, list('g', 'on')))])).toEqual([
    'a',
    'd',
    'f',
    'g',
  ]);
});

describe.each(databaseKinds)('who leaves a list of a segment after the freeze, on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
  });
  afterAll(() => db?.destroy());

  it('gets nothing more, unless another list of the segment still holds them', async () => {
    const [news, offers] = [await addList(db.knex, 'news'), await addList(db.knex, 'offers')];
    const [stays, leaves, other, earlier] = await addPeople(ctx, [
      { email: 'stays@example.org', lists: [news] },
      { email: 'leaves@example.org', lists: [news] },
      { email: 'other@example.org', lists: [news, offers] },
      { email: 'earlier@example.org', lists: [news], language: 'ja' },
    ]);
    await endSubscriptions(db.knex, [earlier!], { via: 'preferences', campaignId: null, at: 1000 });
    const rules = group('or', false, list(news, 'on'), list(offers, 'on'), {
      field: 'language',
      operator: 'is',
      value: 'ja',
    });
    const id = await addRun(ctx, 'sending', toSegment(rules));
    while ((await freezeStep(ctx, id)) === 'more');
    await leave(ctx, leaves!, news);
    await leave(ctx, other!, news);
    const batch = await db.knex(TABLE.batches).where({ campaign_id: id }).first('id');
    const rows = await dueDeliveries(db.knex, {
      batchId: Number(batch.id),
      afterId: 0,
      limit: 10,
      lists: [],
      segments: true,
      asked: listsAsked([segment(rules)]),
    });
    expect(Object.fromEntries(rows.map((row) => [row.subscriberId, row.onList]))).toEqual({
      [stays!]: true,
      [leaves!]: false,
      [other!]: true,
      // Was off the list already when the rules found them for another reason.
      [earlier!]: true,
    });
  });
});

it('skips them when their turn comes', async () => {
  const bed = await createBed({ recipients: 2 });
  const ctx = await createTestContext(bed.db.knex, bed.config);
  const env = createPumpEnv(ctx);
  try {
    const [run, on] = [await bed.db.knex(TABLE.runs).first(), await bed.db.knex(TABLE.subscriptions).first()];
    const snapshot = JSON.parse(run.snapshot) as CampaignSnapshot;
    const audience = toSegment(group('and', false, list(on.list_id, 'on')));
    await bed.db.knex(TABLE.runs).update({ snapshot: JSON.stringify({ ...snapshot, audience }) });
    while ((await freezeStep(ctx, bed.campaignId)) === 'more');
    await leave(ctx, on.subscriber_id, on.list_id);
    await pump(env, bed.campaignId, new AbortController().signal);
    await until('both are settled', async () => (await bed.tally()).states.queued === undefined);
    expect((await bed.tally()).states).toEqual({ accepted: 1, skipped: 1 });
    const skipped = await bed.db.knex(TABLE.deliveries).where({ state: 'skipped' }).first();
    expect([skipped.subscriber_id, skipped.reason]).toEqual([on.subscriber_id, 'left-list']);
  } finally {
    await env.epochs.stop();
    await env.pacer.stop();
    for (const transport of env.transports.values()) await transport.close();
    await bed.destroy();
  }
});
