import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addPerson,
  confirm,
  subscribe,
  suppressDeadRecipients,
  unsubscribe,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { consentLogOf, readSuppression, subscriptionsOf, suppress, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, claimOf, count, hashOf, personOf, stateOf } from './support';

const SOURCE = { source: 'form', ip: '192.0.2.7' };

describe.each(databaseKinds)('signing up on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let weekly: string;
  let single: string;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
    weekly = await addList(db.knex, 'weekly', { is_default: true });
    single = await addList(db.knex, 'single', { opt_in: 'single' });
    await addList(db.knex, 'staff', { public: false });
  });
  afterAll(() => db.destroy());

  it('asks to confirm, records the consent, and counts only after the confirmation', async () => {
    await subscribe(ctx, { email: ' Ann@Example.com ', firstName: 'Ann', language: 'ja', ...SOURCE });
    expect(await stateOf(ctx, 'ann@example.com')).toEqual({
      status: 'pending',
      lists: { [weekly]: 'pending' },
    });
    const person = (await personOf(ctx, 'ann@example.com'))!;
    expect(person).toMatchObject({
      email: 'Ann@Example.com',
      emailKey: 'ann@example.com',
      firstName: 'Ann',
      language: 'ja',
    });
    const mail = await db.knex(TABLE.mails).where({ subscriber_id: person.documentId }).first();
    expect(mail).toMatchObject({ kind: 'confirm', email: 'Ann@Example.com', state: 'queued' });

    const result = await confirm(ctx, await claimOf(ctx, 'ann@example.com'), { ip: '192.0.2.8' });
    expect(result.outcome).toBe('confirmed');
    expect(await stateOf(ctx, 'ann@example.com')).toEqual({
      status: 'subscribed',
      lists: { [weekly]: 'subscribed' },
    });

    const [subscription] = await subscriptionsOf(db.knex, person.documentId);
    expect(subscription).toMatchObject({ source: 'form', consentIp: '192.0.2.8' });
    expect(Date.now() - subscription!.consentedAt!).toBeLessThan(60_000);
    const log = await consentLogOf(db.knex, person.documentId);
    expect(log.map(({ action, ip }) => [action, ip])).toEqual([
      ['requested', '192.0.2.7'],
      ['confirmed', '192.0.2.8'],
    ]);
    const wording = await db.knex(TABLE.wordings).where({ version: log[0]!.wordingVersion }).first();
    expect(wording.language).toBe('ja');
    expect(log[1]!.wordingVersion).toBe(log[0]!.wordingVersion);
    expect(subscription!.wordingVersion).toBe(log[0]!.wordingVersion);
  });

  it('confirms twice without doing anything twice', async () => {
    await subscribe(ctx, { email: 'twice@example.com', ...SOURCE });
    const claim = await claimOf(ctx, 'twice@example.com');
    const outcomes = await Promise.all([confirm(ctx, claim, {}), confirm(ctx, claim, {})]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['already', 'confirmed']);
    expect(
      await count(db.knex, TABLE.consentLog, { subscriber_id: claim.subscriberId, action: 'confirmed' }),
    ).toBe(1);
  });

  it('takes many requests at once for one address as one person and one mail', async () => {
    const emails = ['Race@example.com', 'race@EXAMPLE.com', ' race@example.com'];
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        subscribe(ctx, {
          email: emails[i % 3]!,
          lists: i % 2 ? ['weekly'] : ['weekly', 'single'],
          ...SOURCE,
        }),
      ),
    );
    const person = (await personOf(ctx, 'race@example.com'))!;
    expect(await count(db.knex, TABLE.subscribers, { email_key: 'race@example.com' })).toBe(1);
    expect(await count(db.knex, TABLE.mails, { subscriber_id: person.documentId })).toBe(1);
    expect((await stateOf(ctx, 'race@example.com')).lists).toEqual({
      [weekly]: 'pending',
      [single]: 'pending',
    });
  });

  it('lets single opt-in lists count at once, but only if all are such and the address never left', async () => {
    await subscribe(ctx, { email: 'quick@example.com', lists: ['single'], ...SOURCE });
    expect(await stateOf(ctx, 'quick@example.com')).toEqual({
      status: 'subscribed',
      lists: { [single]: 'subscribed' },
    });
    expect(await count(db.knex, TABLE.mails, { email: 'quick@example.com' })).toBe(0);

    await subscribe(ctx, { email: 'mixed@example.com', lists: ['single', 'weekly'], ...SOURCE });
    expect((await stateOf(ctx, 'mixed@example.com')).status).toBe('pending');

    await unsubscribe(ctx, await claimOf(ctx, 'quick@example.com'), { via: 'page' });
    await subscribe(ctx, { email: 'quick@example.com', lists: ['single'], ...SOURCE });
    expect(await stateOf(ctx, 'quick@example.com')).toEqual({
      status: 'unsubscribed',
      lists: { [single]: 'pending' },
    });
    expect(await count(db.knex, TABLE.mails, { email: 'quick@example.com' })).toBe(1);
    await confirm(ctx, await claimOf(ctx, 'quick@example.com'), {});
    expect((await stateOf(ctx, 'quick@example.com')).status).toBe('subscribed');
    expect(await readSuppression(db.knex, hashOf(ctx, 'quick@example.com'))).toBeNull();
  });

  it('asks who was erased to confirm again, whatever the list', async () => {
    await suppress(db.knex, 'erased', [{ addressHash: hashOf(ctx, 'erased@example.com') }], Date.now());
    await subscribe(ctx, { email: 'erased@example.com', lists: ['single'], ...SOURCE });
    expect(await stateOf(ctx, 'erased@example.com')).toEqual({
      status: 'pending',
      lists: { [single]: 'pending' },
    });
  });

  it('sends nothing to who complained, even if the suppression is gone', async () => {
    await subscribe(ctx, { email: 'complained@example.com', ...SOURCE });
    const claim = await claimOf(ctx, 'complained@example.com');
    await db
      .knex(TABLE.subscribers)
      .where({ document_id: claim.subscriberId })
      .update({ status: 'complained' });
    await db.knex(TABLE.mails).where({ subscriber_id: claim.subscriberId }).delete();
    await subscribe(ctx, { email: 'complained@example.com', lists: ['single'], ...SOURCE });
    expect((await confirm(ctx, claim, {})).outcome).toBe('refused');
    expect(await count(db.knex, TABLE.mails, { subscriber_id: claim.subscriberId })).toBe(0);
    expect((await stateOf(ctx, 'complained@example.com')).status).toBe('complained');
  });

  it('does not let a stranger rename somebody who has confirmed', async () => {
    await subscribe(ctx, { email: 'named@example.com', firstName: 'Real', ...SOURCE });
    await confirm(ctx, await claimOf(ctx, 'named@example.com'), {});
    await subscribe(ctx, { email: 'named@example.com', firstName: 'Fake', lists: ['single'], ...SOURCE });
    expect((await personOf(ctx, 'named@example.com'))!.firstName).toBe('Real');
  });

  it('brings nobody back with an old confirmation link', async () => {
    await subscribe(ctx, { email: 'old@example.com', ...SOURCE });
    const claim = await claimOf(ctx, 'old@example.com');
    await confirm(ctx, claim, {});
    await unsubscribe(ctx, claim, { via: 'one-click' });
    expect((await confirm(ctx, claim, {})).outcome).toBe('nothing');
    expect((await stateOf(ctx, 'old@example.com')).status).toBe('unsubscribed');
  });

  it('lifts a hard bounce by double opt-in', async () => {
    await subscribe(ctx, { email: 'dead@example.com', ...SOURCE });
    const claim = await claimOf(ctx, 'dead@example.com');
    await confirm(ctx, claim, {});
    await suppressDeadRecipients(db.knex, [{ ...claim, campaignId: 'c1', detail: '550 5.1.1' }]);
    expect((await stateOf(ctx, 'dead@example.com')).status).toBe('bounced');
    await db.knex(TABLE.mails).where({ subscriber_id: claim.subscriberId }).delete();
    await subscribe(ctx, { email: 'dead@example.com', ...SOURCE });
    expect(await count(db.knex, TABLE.mails, { subscriber_id: claim.subscriberId })).toBe(1);
    expect((await confirm(ctx, claim, {})).outcome).toBe('confirmed');
    expect(await readSuppression(db.knex, claim.addressHash)).toBeNull();
  });

  it.each(['complaint', 'manual'] as const)('never lifts a suppression for %s', async (reason) => {
    const email = `${reason}@example.com`;
    await subscribe(ctx, { email, ...SOURCE });
    const claim = await claimOf(ctx, email);
    await suppress(db.knex, reason, [{ addressHash: claim.addressHash }], Date.now());
    expect((await confirm(ctx, claim, {})).outcome).toBe('refused');
    await db.knex(TABLE.mails).where({ subscriber_id: claim.subscriberId }).delete();
    await subscribe(ctx, { email, ...SOURCE });
    expect(await count(db.knex, TABLE.mails, { subscriber_id: claim.subscriberId })).toBe(0);
    expect((await stateOf(ctx, email)).status).toBe('pending');
  });

  it('does not confirm an address with a link that went to another one', async () => {
    await subscribe(ctx, { email: 'first@example.com', ...SOURCE });
    const claim = await claimOf(ctx, 'first@example.com');
    await db
      .knex(TABLE.subscribers)
      .where({ document_id: claim.subscriberId })
      .update({
        email_key: 'second@example.com',
        address_hash: hashOf(ctx, 'second@example.com'),
      });
    expect((await confirm(ctx, claim, {})).outcome).toBe('nothing');
    expect((await stateOf(ctx, 'second@example.com')).status).toBe('pending');
  });

  it('refuses what does not exist with a sentence', async () => {
    const from = (input: object) => subscribe(ctx, { email: 'x@example.com', ...SOURCE, ...input });
    await expect(from({ email: 'nonsense' })).rejects.toMatchObject({ code: 'invalid-email', status: 400 });
    await expect(from({ lists: ['weekly', 'nope'] })).rejects.toThrow('There is no public list "nope".');
    await expect(from({ lists: ['staff'] })).rejects.toMatchObject({ code: 'unknown-list', status: 400 });
    expect(await personOf(ctx, 'x@example.com')).toBeNull();
  });

  it('keeps a person who was added by an editor out of a second record', async () => {
    const [added, form] = await Promise.allSettled([
      addPerson(ctx, { email: 'both@example.com', lists: [weekly], consent: true }, { source: 'admin' }),
      subscribe(ctx, { email: 'both@example.com', ...SOURCE }),
    ]);
    expect(form.status).toBe('fulfilled');
    if (added.status === 'rejected')
      expect(added.reason).toMatchObject({ code: 'known-address', status: 409 });
    expect(await count(db.knex, TABLE.subscribers, { email_key: 'both@example.com' })).toBe(1);
  });
});

describe('signing up without a list', () => {
  it('takes the only public list, and asks when there are several and none is the default', async () => {
    const db = await createTestDatabase();
    const ctx = await createTestContext(db.knex);
    const ask = (email: string) => subscribe(ctx, { email, ...SOURCE });
    await expect(ask('a@example.com')).rejects.toMatchObject({ code: 'no-list' });
    const only = await addList(db.knex, 'only');
    await addList(db.knex, 'hidden', { public: false, is_default: true });
    await ask('a@example.com');
    expect((await stateOf(ctx, 'a@example.com')).lists).toEqual({ [only]: 'pending' });
    await addList(db.knex, 'second');
    await expect(ask('b@example.com')).rejects.toMatchObject({ code: 'no-list', status: 400 });
    await db.destroy();
  });
});
