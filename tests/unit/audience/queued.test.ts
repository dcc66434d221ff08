import { createId } from '@paralleldrive/cuid2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addPerson, bulk, changePreferences, unsubscribe } from '../../../server/src/audience';
import { takeFeedback } from '../../../server/src/feedback/act';
import { dueDeliveries, findSubscriber, TABLE } from '../../../server/src/storage';
import { databaseKinds } from '../../helpers/database';
import { importBed, type Bed } from '../audience-import/support';
import { item } from '../feedback/act/support';
import { addCampaign, addDelivery, addList, claimOf, personOf } from './support';

/** Whom somebody leaves from, with a mail of theirs and another one that waits in the queue. */
interface Leaver {
  bed: Bed;
  email: string;
  deliveryId: number;
  campaignId: string;
}

const byLink =
  (via: 'one-click' | 'page') =>
  async ({ bed: { ctx }, email, deliveryId, campaignId }: Leaver) => {
    await unsubscribe(ctx, await claimOf(ctx, email, deliveryId), { via, campaignId, deliveryId });
  };
const byReport =
  (way: 'listener' | 'webhook') =>
  async ({ bed: { ctx }, deliveryId }: Leaver) => {
    const told = { kind: 'unsubscribe', severity: 'none', source: { way, name: 'some' } } as const;
    await takeFeedback(ctx, [item({ ...told, deliveryId })]);
  };

const WAYS: Record<string, (who: Leaver) => Promise<unknown>> = {
  'one-click': byLink('one-click'),
  page: byLink('page'),
  preferences: async ({ bed: { ctx }, email, deliveryId, campaignId }) =>
    changePreferences(ctx, await claimOf(ctx, email, deliveryId), { lists: [] }, { campaignId, deliveryId }),
  mailto: byReport('listener'),
  provider: byReport('webhook'),
  admin: async ({ bed: { ctx }, email }) =>
    bulk(
      ctx,
      { action: 'unsubscribe', ids: [(await personOf(ctx, email))!.documentId] },
      { source: 'admin' },
    ),
  api: async ({ bed: { ctx }, email }) =>
    unsubscribe(ctx, { addressHash: (await claimOf(ctx, email)).addressHash }, { via: 'api' }),
  import: async ({ bed, email }) => bed.run(await bed.upload(`email,status\n${email},unsubscribed`)),
};

describe.each(databaseKinds)('whoever leaves while a mail to them waits, on %s', (kind) => {
  let bed: Bed;
  let news: string;
  let other: string;
  beforeAll(async () => {
    bed = await importBed(kind);
    news = await addList(bed.db.knex, 'news');
    other = await addList(bed.db.knex, 'other');
  });
  afterAll(() => bed?.destroy());

  let batches = 0;
  async function queued(email: string) {
    const { ctx } = bed;
    await addPerson(ctx, { email, lists: [news, other], consent: true }, { source: 'admin' });
    const campaignId = await addCampaign(ctx, { include: { lists: [news], segments: [] } });
    const deliveryId = await addDelivery(ctx, email, { campaign_id: campaignId });
    const batchId = ++batches + 100;
    const id = await addDelivery(ctx, email, { campaign_id: createId(), state: 'queued', settled_at: null });
    await ctx.knex(TABLE.deliveries).where({ id }).update({ batch_id: batchId });
    const due = async () => {
      const [row] = await dueDeliveries(ctx.knex, { batchId, afterId: 0, limit: 10, lists: [news] });
      return { status: row!.person!.status, suppressed: row!.suppressed, onList: row!.onList };
    };
    return { who: { bed, email, deliveryId, campaignId } satisfies Leaver, due };
  }

  it.each(Object.entries(WAYS))('by %s gets it no more, and it shows how', async (way, leave) => {
    const { who, due } = await queued(`${way}@example.com`);
    expect(await due()).toEqual({ status: 'subscribed', suppressed: false, onList: true });
    await leave(who);
    expect(await due()).toEqual({ status: 'unsubscribed', suppressed: true, onList: false });
    const { documentId } = (await personOf(bed.ctx, who.email))!;
    const shown = (await findSubscriber(bed.db.knex, documentId))!;
    const byMail = !['admin', 'api', 'import'].includes(way);
    expect([shown.status, shown.statusReason, shown.statusCampaign?.documentId ?? null]).toEqual([
      'unsubscribed',
      way,
      byMail ? who.campaignId : null,
    ]);
    expect(shown.statusChangedAt).not.toBeNull();
  });

  it('by the list of the mail gets it no more, and stays on others', async () => {
    const { who, due } = await queued('part@example.com');
    const { campaignId, deliveryId } = who;
    const claim = await claimOf(bed.ctx, who.email, deliveryId);
    await unsubscribe(bed.ctx, claim, { via: 'one-click', campaignId, deliveryId, scope: 'lists' });
    expect(await due()).toEqual({ status: 'subscribed', suppressed: false, onList: false });
  });
});
