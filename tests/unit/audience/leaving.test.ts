import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addPerson,
  bulk,
  changePreferences,
  deletePeople,
  eraseMe,
  exportMe,
  findPreferences,
  leavingWords,
  listsToLeave,
  setLists,
  suppressDeadRecipients,
  unsubscribe,
  updatePerson,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import {
  countLeavingReasons,
  findSubscriber,
  pageSubscribers,
  readSuppression,
  subscriptionsOf,
  suppress,
  TABLE,
  timelineOf,
} from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addCampaign, addDelivery, addList, claimOf, count, hashOf, personOf, stateOf } from './support';

const ADMIN = { source: 'admin' };
const REPORT = {
  ...{ way: 'mailbox', source: 'bounces', kind: 'bounce', result: 'applied', why: 'hard' },
  ...{ reason: 'userunknown', class: 'invalid', severity: 'hard', at: 1, received_at: 1 },
};

describe.each(databaseKinds)('people on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let news: string;
  let events: string;
  let staff: string;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
    news = await addList(db.knex, 'news', { is_default: true });
    events = await addList(db.knex, 'events');
    staff = await addList(db.knex, 'staff', { public: false });
  });
  afterAll(() => db.destroy());

  const join = (email: string, lists = [news, events]) =>
    addPerson(ctx, { email, lists, consent: true, attributes: { plan: 'gold', seats: 3 } }, ADMIN);

  it('are not asked to confirm after they left', async () => {
    await addPerson(ctx, { email: 'wavering@example.com', lists: [news] }, ADMIN);
    const subscriber_id = (await personOf(ctx, 'wavering@example.com'))!.documentId;
    const queued = () => db.knex(TABLE.mails).where({ subscriber_id, state: 'queued' });
    expect(await queued()).toHaveLength(1);
    await unsubscribe(ctx, await claimOf(ctx, 'wavering@example.com'), { via: 'page' });
    expect(await queued()).toHaveLength(0);
  });

  it('leave with one click, however often it is posted', async () => {
    await join('one@example.com');
    const deliveryId = await addDelivery(ctx, 'one@example.com');
    const claim = await claimOf(ctx, 'one@example.com', deliveryId);
    const how = { via: 'one-click' as const, campaignId: 'campaign1', deliveryId, ip: '192.0.2.1' };
    await Promise.all(Array.from({ length: 5 }, () => unsubscribe(ctx, claim, how)));
    await unsubscribe(ctx, claim, how);

    expect(await stateOf(ctx, 'one@example.com')).toEqual({
      status: 'unsubscribed',
      lists: { [news]: 'unsubscribed', [events]: 'unsubscribed' },
    });
    expect(await personOf(ctx, 'one@example.com')).toMatchObject({
      statusReason: 'one-click',
      statusCampaign: 'campaign1',
    });
    expect(await readSuppression(db.knex, claim.addressHash)).toMatchObject({
      reason: 'unsubscribed',
      campaignId: 'campaign1',
    });
    expect(await count(db.knex, TABLE.events, { type: 'unsubscribe', delivery_id: deliveryId })).toBe(1);
    expect(
      await count(db.knex, TABLE.consentLog, { subscriber_id: claim.subscriberId, action: 'unsubscribed' }),
    ).toBe(1);
    const [subscription] = await subscriptionsOf(db.knex, claim.subscriberId);
    expect(subscription).toMatchObject({ endedVia: 'one-click', endedCampaign: 'campaign1' });
  });

  it('say why, once, and their words are theirs: exported to them, gone when they are erased', async () => {
    const id = await join('because@example.com');
    const deliveryId = await addDelivery(ctx, 'because@example.com', { campaign_id: 'campaign9' });
    const claim = await claimOf(ctx, 'because@example.com', deliveryId);
    const how = { via: 'page' as const, campaignId: 'campaign9', deliveryId };
    const said = leavingWords('too-often', '  Every day,\n\0 sometimes twice!  ');
    await unsubscribe(ctx, claim, { ...how, leaving: said });
    await unsubscribe(ctx, claim, { ...how, leaving: leavingWords('other', 'again') });

    const words = { reason: 'too-often', note: 'Every day, sometimes twice!' };
    expect((await findSubscriber(db.knex, id))!.leaving).toEqual(words);
    expect((await timelineOf(db.knex, id)).find(({ type }) => type === 'unsubscribed')).toMatchObject({
      detail: 'page',
      leaving: words,
    });
    expect((await exportMe(ctx, claim))!.consentLog).toContainEqual(expect.objectContaining(words));
    expect(await countLeavingReasons(db.knex, 'campaign9')).toEqual([{ reason: 'too-often', count: 1 }]);

    await eraseMe(ctx, claim, {});
    const log = await db.knex(TABLE.consentLog).where({ address_hash: claim.addressHash });
    expect(log.map(({ note }: { note: string | null }) => note)).toEqual(log.map(() => null));
  });

  it('leave no words when nobody could have them erased', async () => {
    const claim = await claimOf(ctx, 'unknown@example.com');
    await unsubscribe(ctx, claim, { via: 'page', leaving: leavingWords('other', 'call me: 03-1234') });
    const [entry] = await db.knex(TABLE.consentLog).where({ address_hash: claim.addressHash });
    expect(entry).toMatchObject({ reason: 'other', note: null });
  });

  describe('with a mail to some lists', () => {
    let sale: string;
    beforeAll(async () => {
      sale = await addList(db.knex, 'sale', { public: false });
    });
    const mailed = async (email: string, lists: string[], to: string[], segments: string[] = []) => {
      await join(email, lists);
      const campaignId = await addCampaign(ctx, { include: { lists: to, segments } });
      const deliveryId = await addDelivery(ctx, email, { campaign_id: campaignId });
      const claim = await claimOf(ctx, email, deliveryId);
      return {
        campaignId,
        offered: async () =>
          (await listsToLeave(db.knex, claim.addressHash, campaignId)).map(({ slug }) => slug),
        leave: (scope: 'lists' | 'everything' = 'lists') =>
          unsubscribe(ctx, claim, { via: 'one-click', campaignId, deliveryId, scope }),
        events: () => count(db.knex, TABLE.events, { type: 'unsubscribe', delivery_id: deliveryId }),
        suppressed: async () => (await readSuppression(db.knex, claim.addressHash))?.reason ?? null,
      };
    };

    it('leave those that they are on and keep the others, however often it is posted', async () => {
      const who = await mailed('some@example.com', [news, events, sale], [sale, staff, news]);
      expect(await who.offered()).toEqual(['news', 'sale']);
      expect((await who.leave())!.map(({ slug }) => slug)).toEqual(['news', 'sale']);
      for (let n = 0; n < 2; n++) expect(await who.leave()).toEqual([]);
      expect(await stateOf(ctx, 'some@example.com')).toEqual({
        status: 'subscribed',
        lists: { [news]: 'unsubscribed', [events]: 'subscribed', [sale]: 'unsubscribed' },
      });
      expect([await who.events(), await who.suppressed(), await who.offered()]).toEqual([1, null, []]);
      const person = (await personOf(ctx, 'some@example.com'))!;
      const { rows } = await pageSubscribers(db.knex, {
        ...{ status: 'unsubscribed', list: sale, sort: 'statusChangedAt:desc', page: 1, pageSize: 10 },
      });
      expect(rows.map(({ documentId }) => documentId)).toEqual([person.documentId]);
      const by = async (way: string) =>
        (
          await pageSubscribers(db.knex, {
            ...{ status: 'unsubscribed', list: sale, way, sort: 'email:asc', page: 1, pageSize: 10 },
          })
        ).total;
      expect([await by('one-click'), await by('page')]).toEqual([1, 0]);
      expect(rows[0]!.lists.find(({ list }) => list.slug === 'sale')).toMatchObject({
        status: 'unsubscribed',
        ended: { via: 'one-click', campaign: { documentId: who.campaignId } },
      });
    });

    it.each([
      ['it was the last one', ['sale'], ['sale'], []],
      ['they got it by a segment', ['news'], ['sale'], ['segment1']],
      ['it went to segments alone', ['news'], [], ['segment1']],
    ])('leave everything when %s', async (_, on, to, segments) => {
      const lists = (slugs: string[]) => slugs.map((slug) => (slug === 'sale' ? sale : news));
      const email = `whole${on.length}${to.length}${segments.length}@example.com`;
      const who = await mailed(email, lists(on), lists(to), segments);
      expect(await who.offered()).toEqual([]);
      expect(await who.leave()).toBeNull();
      expect((await stateOf(ctx, email)).status).toBe('unsubscribed');
      expect([await who.events(), await who.suppressed()]).toEqual([1, 'unsubscribed']);
    });

    it('leave everything when they ask for that', async () => {
      const who = await mailed('all@example.com', [news, sale], [sale]);
      expect(await who.leave('everything')).toBeNull();
      expect(await who.suppressed()).toBe('unsubscribed');
    });
  });

  it('leave after they were deleted, so that an import does not bring them back', async () => {
    const id = await join('gone@example.com');
    const claim = await claimOf(ctx, 'gone@example.com');
    await deletePeople(ctx, [id], ADMIN);
    expect(await personOf(ctx, 'gone@example.com')).toBeNull();
    await unsubscribe(ctx, claim, { via: 'one-click' });
    await unsubscribe(ctx, claim, { via: 'one-click' });
    expect(await readSuppression(db.knex, claim.addressHash)).toMatchObject({ reason: 'unsubscribed' });
    await expect(join('gone@example.com')).rejects.toMatchObject({ code: 'suppressed', status: 409 });
  });

  it('leave with an old link after they were deleted and added again', async () => {
    const id = await join('again@example.com');
    const claim = await claimOf(ctx, 'again@example.com');
    await deletePeople(ctx, [id], ADMIN);
    await join('again@example.com');
    await unsubscribe(ctx, claim, { via: 'one-click' });
    expect((await stateOf(ctx, 'again@example.com')).status).toBe('unsubscribed');
  });

  it('leave with a link to their former address, which frees neither', async () => {
    const id = await join('former@example.com');
    const claim = await claimOf(ctx, 'former@example.com');
    await updatePerson(ctx, id, { email: 'present@example.com' }, ADMIN);
    await unsubscribe(ctx, claim, { via: 'one-click' });
    expect((await stateOf(ctx, 'present@example.com')).status).toBe('unsubscribed');
    expect(await readSuppression(db.knex, hashOf(ctx, 'present@example.com'))).not.toBeNull();
    expect(await readSuppression(db.knex, hashOf(ctx, 'former@example.com'))).not.toBeNull();
  });

  it('who complained stay so when they also unsubscribe', async () => {
    const id = await join('angry@example.com');
    await db.knex(TABLE.subscribers).where({ document_id: id }).update({ status: 'complained' });
    await suppress(db.knex, 'complaint', [{ addressHash: hashOf(ctx, 'angry@example.com') }], 1);
    await unsubscribe(ctx, await claimOf(ctx, 'angry@example.com'), { via: 'page' });
    expect((await stateOf(ctx, 'angry@example.com')).status).toBe('complained');
    expect(await readSuppression(db.knex, hashOf(ctx, 'angry@example.com'))).toMatchObject({
      reason: 'complaint',
      since: 1,
    });
  });

  it('choose lists and language, and see private lists only while they are on them', async () => {
    await join('choosy@example.com', [news, staff]);
    const claim = await claimOf(ctx, 'choosy@example.com');
    const offered = async () =>
      Object.fromEntries(
        (await findPreferences(ctx, claim))!.lists.map((list) => [list.slug, list.subscribed]),
      );
    expect(await offered()).toEqual({ news: true, events: false, staff: true });

    expect(
      await changePreferences(ctx, claim, { lists: [events], language: 'ja' }, { ip: '192.0.2.3' }),
    ).toBe('saved');
    expect(await offered()).toEqual({ news: false, events: true });
    expect((await personOf(ctx, 'choosy@example.com'))!.language).toBe('ja');
    const added = (await subscriptionsOf(db.knex, claim.subscriberId)).find(
      ({ listId }) => listId === events,
    );
    expect(added).toMatchObject({ source: 'preferences', consentIp: '192.0.2.3' });
    expect(added!.wordingVersion).not.toBeNull();

    // A private list cannot be joined by whoever guesses its id.
    await changePreferences(ctx, claim, { lists: [events, staff] }, {});
    expect(await offered()).toEqual({ news: false, events: true });
  });

  it('leave altogether by leaving the last list, and come back by their own choice', async () => {
    await join('back@example.com', [news]);
    const claim = await claimOf(ctx, 'back@example.com');
    expect(await changePreferences(ctx, claim, { lists: [] }, {})).toBe('left');
    expect((await stateOf(ctx, 'back@example.com')).status).toBe('unsubscribed');
    await expect(setLists(ctx, claim.subscriberId, [news], ADMIN)).rejects.toMatchObject({
      code: 'left',
      status: 409,
    });
    expect(await changePreferences(ctx, claim, { lists: [events] }, {})).toBe('saved');
    expect(await stateOf(ctx, 'back@example.com')).toEqual({
      status: 'subscribed',
      lists: { [news]: 'unsubscribed', [events]: 'subscribed' },
    });
    expect(await readSuppression(db.knex, claim.addressHash)).toBeNull();
  });

  it('cannot come back by preferences after a complaint', async () => {
    await join('never@example.com');
    const claim = await claimOf(ctx, 'never@example.com');
    await suppress(db.knex, 'complaint', [{ addressHash: claim.addressHash }], 1);
    expect((await findPreferences(ctx, claim))!.wayBack).toBe('none');
    expect(await changePreferences(ctx, claim, { lists: [news, events] }, {})).toBe('refused');
  });

  it('get everything that is stored about them', async () => {
    await join('data@example.com');
    await addDelivery(ctx, 'data@example.com', { campaign_id: 'campaign2' });
    const claim = await claimOf(ctx, 'data@example.com');
    const { subscriberId: subscriber_id } = claim;
    const said = { reply_text: 'no such user', reporter: 'mx.example.com' };
    await db.knex(TABLE.feedback).insert({ ...REPORT, ...said, subscriber_id, event_key: `${kind}-data` });
    const data = (await exportMe(ctx, claim))!;
    expect(data).toMatchObject({
      person: { email: 'data@example.com', status: 'subscribed', attributes: { plan: 'gold', seats: 3 } },
      subscriptions: [{ list: 'List events', status: 'subscribed' }, { list: 'List news' }],
      consentLog: [{ action: 'added' }, { action: 'added' }],
      mails: [{ campaign: 'campaign2', state: 'accepted' }],
      suppression: null,
      reports: [{ kind: 'bounce', said: 'no such user', reporter: 'mx.example.com' }],
    });
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });

  it('are erased without a trace that leads to them, and stay suppressed', async () => {
    await join('erase@example.com');
    const deliveryId = await addDelivery(ctx, 'erase@example.com', { campaign_id: 'campaign3' });
    const claim = await claimOf(ctx, 'erase@example.com', deliveryId);
    await changePreferences(ctx, claim, { lists: [news] }, { ip: '192.0.2.99' });
    for (const [n, fields] of [
      { address_hash: claim.addressHash, recipient: 'erase@example.com', result: 'held' },
      { recipient: 'Erase@example.com', result: 'unmatched', evidence: 'erase@example.com: no such user' },
    ].entries())
      await db.knex(TABLE.feedback).insert({ ...REPORT, event_key: `${kind}-erase-${n}`, ...fields });
    expect(await eraseMe(ctx, claim, { campaignId: 'campaign3' })).toBe('erased');
    expect(await eraseMe(ctx, claim, {})).toBe('unknown');

    for (const table of Object.values(TABLE)) {
      const rows: Record<string, unknown>[] = await db.knex(table);
      const leads = rows.filter((row) => /erase@example|192\.0\.2\.99/i.test(JSON.stringify(row)));
      expect({ table, leads }).toEqual({ table, leads: [] });
    }
    expect(await count(db.knex, TABLE.deliveries, { campaign_id: 'campaign3' })).toBe(1);
    expect(await count(db.knex, TABLE.subscriptions, { subscriber_id: claim.subscriberId })).toBe(0);
    expect(
      await count(db.knex, TABLE.consentLog, { address_hash: claim.addressHash, action: 'erased' }),
    ).toBe(1);
    expect(await readSuppression(db.knex, claim.addressHash)).toMatchObject({ reason: 'erased' });
    await expect(join('erase@example.com')).rejects.toMatchObject({ code: 'suppressed' });
  });

  it('keep the reason of their suppression when they are erased', async () => {
    await join('erase2@example.com');
    const claim = await claimOf(ctx, 'erase2@example.com');
    await unsubscribe(ctx, claim, { via: 'page' });
    await eraseMe(ctx, claim, {});
    expect(await readSuppression(db.knex, claim.addressHash)).toMatchObject({ reason: 'unsubscribed' });
  });

  it('whose addresses are dead are marked in one go, but not over a stronger word of theirs', async () => {
    const emails = ['d1@example.com', 'd2@example.com', 'd3@example.com'];
    for (const email of emails) await join(email);
    await unsubscribe(ctx, await claimOf(ctx, 'd3@example.com'), { via: 'page' });
    const rows = await Promise.all(
      emails.map(async (email, i) => ({
        ...(await claimOf(ctx, email)),
        campaignId: i === 1 ? 'other' : 'campaign1',
        detail: '550 5.1.1 no such user',
      })),
    );
    await db.knex.transaction((trx) => suppressDeadRecipients(trx, rows));
    await suppressDeadRecipients(db.knex, rows);
    await suppressDeadRecipients(db.knex, []);
    expect(await personOf(ctx, 'd1@example.com')).toMatchObject({
      status: 'bounced',
      statusReason: 'hard-bounce',
      statusCampaign: 'campaign1',
    });
    expect(await personOf(ctx, 'd2@example.com')).toMatchObject({
      status: 'bounced',
      statusCampaign: 'other',
    });
    expect((await stateOf(ctx, 'd3@example.com')).status).toBe('unsubscribed');
    expect(await readSuppression(db.knex, rows[0]!.addressHash)).toMatchObject({
      reason: 'hard-bounce',
      detail: '550 5.1.1 no such user',
    });
    expect(await readSuppression(db.knex, rows[2]!.addressHash)).toMatchObject({ reason: 'unsubscribed' });
  });

  it('who bounced are tried again under a new address', async () => {
    const id = await join('typo@exmaple.com');
    await suppressDeadRecipients(db.knex, [
      { ...(await claimOf(ctx, 'typo@exmaple.com')), campaignId: 'c', detail: null },
    ]);
    await updatePerson(ctx, id, { email: 'typo@example.com', firstName: 'Ty' }, ADMIN);
    expect(await personOf(ctx, 'typo@example.com')).toMatchObject({ status: 'subscribed', firstName: 'Ty' });
  });

  it('cannot take the address of somebody else', async () => {
    const id = await join('mine@example.com');
    await join('yours@example.com');
    await expect(updatePerson(ctx, id, { email: 'YOURS@example.com' }, ADMIN)).rejects.toMatchObject({
      code: 'known-address',
    });
    await expect(join('Mine@example.com')).rejects.toMatchObject({ code: 'known-address', status: 409 });
  });

  it('without stated consent are asked to confirm', async () => {
    const id = await addPerson(ctx, { email: 'asked@example.com', lists: [news] }, ADMIN);
    expect(await stateOf(ctx, 'asked@example.com')).toEqual({
      status: 'pending',
      lists: { [news]: 'pending' },
    });
    expect(await count(db.knex, TABLE.mails, { subscriber_id: id, kind: 'confirm' })).toBe(1);
  });

  it('are handled by the hundred, in several statements', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 230; i++)
      ids.push(await addPerson(ctx, { email: `bulk${i}@example.com`, consent: true }, ADMIN));
    await unsubscribe(ctx, await claimOf(ctx, 'bulk0@example.com'), { via: 'page' });
    expect(await bulk(ctx, { action: 'add-to-list', ids, list: news }, ADMIN)).toEqual({
      changed: 229,
      skipped: 1,
    });
    expect(await bulk(ctx, { action: 'add-to-list', ids, list: news }, ADMIN)).toEqual({
      changed: 229,
      skipped: 1,
    });
    expect(
      await count(db.knex, TABLE.consentLog, { list_id: news, action: 'added', subscriber_id: ids[7]! }),
    ).toBe(1);
    expect((await bulk(ctx, { action: 'remove-from-list', ids, list: news }, ADMIN)).changed).toBe(230);
    expect((await stateOf(ctx, 'bulk9@example.com')).lists).toEqual({ [news]: 'unsubscribed' });
    expect(await bulk(ctx, { action: 'unsubscribe', ids }, ADMIN)).toEqual({ changed: 229, skipped: 0 });
    expect(await readSuppression(db.knex, hashOf(ctx, 'bulk229@example.com'))).toMatchObject({
      reason: 'unsubscribed',
    });
    expect(await bulk(ctx, { action: 'delete', ids: [...ids, 'unknown0000000'] }, ADMIN)).toEqual({
      changed: 230,
      skipped: 0,
    });
    expect(await personOf(ctx, 'bulk9@example.com')).toBeNull();
  });
});
