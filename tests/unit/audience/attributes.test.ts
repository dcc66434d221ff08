import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addPerson,
  changePreferences,
  confirm,
  subscribe,
  subscribeWithConsent,
  unsubscribe,
  updatePerson,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { declareAttribute, loadSettings, saveSettings } from '../../../server/src/settings';
import { consentLogOf, subscriptionsOf, TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, claimOf, count, personOf, stateOf } from './support';

const FORM = { source: 'form', ip: '192.0.2.7' };
const ADMIN = { source: 'admin' };

describe.each(databaseKinds)('attributes on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let list: string;
  let staff: string;

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
    list = await addList(db.knex, 'weekly', { is_default: true });
    staff = await addList(db.knex, 'staff', { public: false });
    await saveSettings(db.knex, {
      attributes: [
        { name: 'city', label: 'City', type: 'string', public: true },
        { name: 'age', label: 'Age', type: 'number', public: true },
        { name: 'born', label: 'Born', type: 'date', public: true },
        { name: 'vip', label: 'VIP', type: 'boolean' },
      ],
    });
  });
  afterAll(() => db.destroy());

  const attributesOf = async (email: string) => (await personOf(ctx, email))?.attributes;

  it('come from a form in their types; what is not public is passed over', async () => {
    const attributes = {
      city: ' Kyoto ',
      age: '42',
      born: '1999/1/2',
      vip: true,
      utm: 'x',
      constructor: 'y',
    };
    await subscribe(ctx, { email: 'ann@example.com', attributes, ...FORM });
    expect(await attributesOf('ann@example.com')).toEqual({ city: 'Kyoto', age: 42, born: '1999-01-02' });
  });

  it('of a wrong type are refused before anything is written', async () => {
    await expect(
      subscribe(ctx, { email: 'bad@example.com', attributes: { age: 'old' }, ...FORM }),
    ).rejects.toMatchObject({
      code: 'wrong-attribute',
      status: 400,
      message: '"attributes.age" is not a number.',
    });
    expect(await personOf(ctx, 'bad@example.com')).toBeNull();
  });

  it('wait for the confirmation, and cannot be changed by a stranger after it', async () => {
    const say = (city: string) => subscribe(ctx, { email: 'bob@example.com', attributes: { city }, ...FORM });
    await say('Osaka');
    await subscribe(ctx, { email: 'bob@example.com', attributes: { age: 30 }, ...FORM });
    expect(await attributesOf('bob@example.com')).toEqual({ city: 'Osaka', age: 30 });
    await confirm(ctx, await claimOf(ctx, 'bob@example.com'), {});
    await say('Elsewhere');
    expect(await attributesOf('bob@example.com')).toEqual({ city: 'Osaka', age: 30 });

    await unsubscribe(ctx, await claimOf(ctx, 'bob@example.com'), { via: 'page' });
    await say('Elsewhere');
    expect(await attributesOf('bob@example.com')).toEqual({ city: 'Osaka', age: 30 });
  });

  it('are changed by their owner, public ones only and all or none', async () => {
    const id = await addPerson(
      ctx,
      { email: 'own@example.com', attributes: { city: 'Nara', vip: true, legacy: 'kept' }, lists: [list] },
      ADMIN,
    );
    const claim = await claimOf(ctx, 'own@example.com');
    const change = (attributes: Record<string, unknown>) =>
      changePreferences(ctx, claim, { attributes, language: 'ja' }, {});
    await expect(change({ city: 'Kobe', age: '?' })).rejects.toMatchObject({ code: 'wrong-attribute' });
    expect((await personOf(ctx, 'own@example.com'))?.language).toBeNull();
    await change({ city: '', age: '７', vip: 'no' });
    expect(await attributesOf('own@example.com')).toEqual({ city: null, age: 7, vip: true, legacy: 'kept' });
    await updatePerson(ctx, id, { attributes: { age: 8, other: 'x' } }, ADMIN);
    expect(await attributesOf('own@example.com')).toEqual({ age: 8, other: 'x' });
  });

  it('that editors write fit the declaration; undeclared names stay free', async () => {
    const add = (attributes: Record<string, string | number | boolean>) =>
      addPerson(ctx, { email: 'edit@example.com', attributes }, ADMIN);
    await expect(add({ born: '2001-02-30' })).rejects.toMatchObject({ code: 'wrong-attribute' });
    await add({ born: '2001-02-28T10:00:00Z', age: '5', shoe: '42' });
    expect(await attributesOf('edit@example.com')).toEqual({ born: '2001-02-28', age: 5, shoe: '42' });
  });

  it('that code sets are declared, public or not', async () => {
    const say = (attributes: Record<string, unknown>) =>
      subscribe(ctx, { email: 'code@example.com', attributes, source: 'api', trusted: true });
    await expect(say({ ctiy: 'Kyoto' })).rejects.toMatchObject({ code: 'unknown-attribute' });
    await say({ vip: 'yes', city: null });
    expect(await attributesOf('code@example.com')).toEqual({ vip: true });
  });

  it('are declared all or none', async () => {
    const fresh = { name: 'fresh', label: 'Fresh', type: 'string' as const };
    const clash = { name: 'city', label: 'City', type: 'number' as const };
    await expect(declareAttribute(db.knex, fresh, clash)).rejects.toMatchObject({
      code: 'attribute-conflict',
    });
    const names = (await loadSettings(db.knex)).attributes.map(({ name }) => name);
    expect(names).not.toContain('fresh');
  });

  it('are declared once, by however many at a time', async () => {
    const names = ['a', 'b', 'c', 'd', 'a', 'b'];
    await Promise.all(
      names.map((name) => declareAttribute(db.knex, { name: `extra_${name}`, label: name, type: 'string' })),
    );
    const declared = (await loadSettings(db.knex)).attributes.map(({ name }) => name);
    expect(declared.filter((name) => name.startsWith('extra_')).sort()).toEqual([
      'extra_a',
      'extra_b',
      'extra_c',
      'extra_d',
    ]);
    await declareAttribute(db.knex, { name: 'city', label: 'Town', type: 'string', public: false });
    expect((await loadSettings(db.knex)).attributes[0]).toMatchObject({ label: 'City', public: true });
    await expect(
      declareAttribute(db.knex, { name: 'city', label: 'City', type: 'number' }),
    ).rejects.toMatchObject({ code: 'attribute-conflict', status: 409 });
  });

  describe('a server that states consent', () => {
    const state = (email: string, more: object = {}) =>
      subscribeWithConsent(ctx, { email, source: 'shop', ip: '192.0.2.9', ...more });

    it('subscribes at once, also to private lists, and is named in the log', async () => {
      const consentedAt = Date.now() - 86_400_000;
      await state('new@example.com', { lists: ['staff'], attributes: { vip: 1 }, consentedAt });
      expect(await stateOf(ctx, 'new@example.com')).toEqual({
        status: 'subscribed',
        lists: { [staff]: 'subscribed' },
      });
      const person = (await personOf(ctx, 'new@example.com'))!;
      expect(person).toMatchObject({ attributes: { vip: true }, confirmedAt: consentedAt });
      const [subscription] = await subscriptionsOf(db.knex, person.documentId);
      expect(subscription).toMatchObject({ source: 'shop', consentIp: '192.0.2.9', consentedAt });
      await state('new@example.com', { attributes: { city: 'Kyoto' } });
      await state('new@example.com');
      expect((await stateOf(ctx, 'new@example.com')).lists).toEqual({
        [staff]: 'subscribed',
        [list]: 'subscribed',
      });
      expect(await attributesOf('new@example.com')).toEqual({ vip: true, city: 'Kyoto' });
      expect(await consentLogOf(db.knex, person.documentId)).toHaveLength(2);
      expect(await count(db.knex, TABLE.mails, { email: 'new@example.com' })).toBe(0);
    });

    it('brings nobody back', async () => {
      await state('left@example.com');
      await unsubscribe(ctx, await claimOf(ctx, 'left@example.com'), { via: 'page' });
      await expect(state('left@example.com')).rejects.toMatchObject({ code: 'suppressed', status: 409 });
      expect((await stateOf(ctx, 'left@example.com')).status).toBe('unsubscribed');

      const gone = await claimOf(ctx, 'never@example.com');
      await unsubscribe(ctx, gone, { via: 'one-click' });
      await expect(state('never@example.com')).rejects.toMatchObject({ code: 'suppressed' });
      expect(await personOf(ctx, 'never@example.com')).toBeNull();
    });
  });
});
