import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'iconv-lite';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addPerson,
  addSuppression,
  changePreferences,
  confirm,
  eraseMe,
  exportSuppressions,
  findPreferences,
  importSuppressions,
  liftByHand,
  subscribe,
} from '../../../server/src/audience';
import type { Context } from '../../../server/src/context';
import { preferencesPage } from '../../../server/src/http/public/preferences-page';
import { WORDS } from '../../../server/src/http/public/words';
import {
  countSuppressions,
  markInactive,
  pageSuppressions,
  readSuppression,
  SUPPRESSION_REASONS,
  suppress,
  suppressionHistory,
  TABLE,
} from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, databaseKinds, type TestDatabase } from '../../helpers/database';
import { addList, claimOf, count, hashOf, stateOf } from './support';

describe.each(databaseKinds)('the suppression list on %s', (kind) => {
  let db: TestDatabase;
  let ctx: Context;
  let list: string;
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-suppressions-'));

  beforeAll(async () => {
    db = await createTestDatabase(kind);
    ctx = await createTestContext(db.knex);
    list = await addList(db.knex, 'news', { is_default: true });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await db.destroy();
  });

  const add = (email: string) => addPerson(ctx, { email, lists: [list], consent: true }, { source: 'admin' });
  const reasonOf = async (email: string) =>
    (await readSuppression(db.knex, hashOf(ctx, email)))?.reason ?? null;
  const importText = (text: string | Buffer) => {
    const file = path.join(folder, 'file.csv');
    writeFileSync(file, text);
    return importSuppressions(ctx, file, 'Ada');
  };
  const bounced = async (email: string, reason: 'hard-bounce' | 'soft-bounces' = 'hard-bounce') => {
    await add(email);
    await suppress(db.knex, reason, [{ addressHash: hashOf(ctx, email) }], Date.now());
    await db
      .knex(TABLE.subscribers)
      .where({ address_hash: hashOf(ctx, email) })
      .update({ status: 'bounced' });
  };

  /** Being suppressed for a finding or by the sunset rule leaves the status as it is. */
  const suppressedAs = async (
    reason: 'hard-bounce' | 'soft-bounces' | 'hygiene' | 'sunset',
    email: string,
  ) => {
    if (reason === 'hard-bounce' || reason === 'soft-bounces') return bounced(email, reason);
    await add(email);
    await suppress(db.knex, reason, [{ addressHash: hashOf(ctx, email) }], Date.now());
  };
  const confirmMails = async (email: string) =>
    count(db.knex, TABLE.mails, {
      kind: 'confirm',
      subscriber_id: (await claimOf(ctx, email)).subscriberId,
    });
  const pageOf = async (email: string) =>
    String(preferencesPage((await findPreferences(ctx, await claimOf(ctx, email)))!, 'en', null).content);

  it('takes an address by hand, known or not, once', async () => {
    expect(await addSuppression(ctx, { email: 'Do-Not@example.com', note: 'asked by phone' }, 'Ada')).toBe(
      true,
    );
    expect(await addSuppression(ctx, { email: 'do-not@example.com' }, 'Ben')).toBe(false);
    expect(await readSuppression(db.knex, hashOf(ctx, 'do-not@example.com'))).toMatchObject({
      reason: 'manual',
      detail: 'asked by phone',
      addedBy: 'Ada',
      email: 'Do-Not@example.com',
    });
  });

  it('lets a person lift, and keeps who did it and why', async () => {
    await bounced('back@example.com');
    const hash = hashOf(ctx, 'back@example.com');
    expect(await liftByHand(ctx, [hash], { by: 'Ada', note: 'the mailbox is there again' })).toBe(1);
    expect(await reasonOf('back@example.com')).toBeNull();
    expect(await stateOf(ctx, 'back@example.com')).toEqual({
      status: 'subscribed',
      lists: { [list]: 'subscribed' },
    });
    expect(await suppressionHistory(db.knex, hash)).toMatchObject([
      { reason: 'hard-bounce', endedAs: 'lifted', endedBy: 'Ada', note: 'the mailbox is there again' },
    ]);
    expect(await liftByHand(ctx, [hash], { by: 'Ada', note: 'again' })).toBe(0);
  });

  it('brings nobody back who complained or left, but lets them come back by themselves', async () => {
    await add('angry@example.com');
    await importText('email,reason\nangry@example.com,complaint\n');
    expect(await stateOf(ctx, 'angry@example.com')).toEqual({
      status: 'complained',
      lists: { [list]: 'unsubscribed' },
    });
    // Not by double opt-in alone …
    await subscribe(ctx, { email: 'angry@example.com', source: 'form' });
    const claim = await claimOf(ctx, 'angry@example.com');
    expect((await confirm(ctx, claim, {})).outcome).toBe('refused');
    // … but by a person who lifts it, and then by double opt-in.
    await liftByHand(ctx, [hashOf(ctx, 'angry@example.com')], { by: 'Ada', note: 'they called us' });
    expect((await stateOf(ctx, 'angry@example.com')).status).toBe('unsubscribed');
    await subscribe(ctx, { email: 'angry@example.com', source: 'form' });
    expect((await confirm(ctx, claim, {})).outcome).toBe('confirmed');
    expect((await stateOf(ctx, 'angry@example.com')).status).toBe('subscribed');
  });

  it.each(['hard-bounce', 'soft-bounces'] as const)(
    'ends %s with double opt-in, and only with it',
    async (reason) => {
      const email = `${reason}@example.com`;
      await bounced(email, reason);
      await subscribe(ctx, { email, source: 'form' });
      expect(await reasonOf(email)).toBe(reason);
      expect((await confirm(ctx, await claimOf(ctx, email), {})).outcome).toBe('confirmed');
      expect(await reasonOf(email)).toBeNull();
      expect(await suppressionHistory(db.knex, hashOf(ctx, email))).toMatchObject([
        { reason, endedAs: 'lifted', endedBy: null, note: 'double-opt-in' },
      ]);
    },
  );

  it.each(['hard-bounce', 'soft-bounces', 'hygiene'] as const)(
    'asks for double opt-in on the preference page after %s, also if they left since',
    async (reason) => {
      for (const leaves of [false, true]) {
        const email = `page-${reason}-${leaves}@example.com`;
        await suppressedAs(reason, email);
        const claim = await claimOf(ctx, email);
        if (leaves) expect(await changePreferences(ctx, claim, { lists: [] }, {})).toBe('left');
        const stands = await reasonOf(email);
        expect(await pageOf(email)).toContain(WORDS.en.preferences.stoppedBounced);
        for (let n = 0; n < 2; n++)
          expect(await changePreferences(ctx, claim, { lists: [list] }, {})).toBe('asked');

        expect(await reasonOf(email)).toBe(stands);
        expect((await stateOf(ctx, email)).lists).toEqual({ [list]: 'pending' });
        expect(await confirmMails(email)).toBe(1);
        // Saved once more, it asks for the same instead of leaving.
        expect((await findPreferences(ctx, claim))!.lists).toMatchObject([{ subscribed: true }]);
        expect(await pageOf(email)).toContain(WORDS.en.preferences.stoppedBounced);

        expect((await confirm(ctx, claim, {})).outcome).toBe('confirmed');
        expect(await reasonOf(email)).toBeNull();
        expect(await stateOf(ctx, email)).toEqual({ status: 'subscribed', lists: { [list]: 'subscribed' } });
        expect((await suppressionHistory(db.knex, claim.addressHash))[0]).toMatchObject({
          ...{ reason: stands, endedAs: 'lifted', endedBy: null, note: 'double-opt-in' },
        });
        expect(await pageOf(email)).not.toContain(WORDS.en.preferences.stoppedBounced);
        // What was lifted is over: leaving and coming back is simple again.
        expect(await changePreferences(ctx, claim, { lists: [] }, {})).toBe('left');
        expect(await changePreferences(ctx, claim, { lists: [list] }, {})).toBe('saved');
      }
    },
  );

  it('ends an unsubscribe by the preference page, and notes that', async () => {
    await add('left@example.com');
    const claim = await claimOf(ctx, 'left@example.com');
    await changePreferences(ctx, claim, { lists: [] }, {});
    expect(await changePreferences(ctx, claim, { lists: [list] }, {})).toBe('saved');
    expect(await reasonOf('left@example.com')).toBeNull();
    expect(await suppressionHistory(db.knex, claim.addressHash)).toMatchObject([
      { reason: 'unsubscribed', endedAs: 'lifted', endedBy: null, note: 'preferences' },
    ]);
    expect(await confirmMails('left@example.com')).toBe(0);
  });

  it('ends sunset by the preference page, which says until then that nothing is sent', async () => {
    const email = 'silent@example.com';
    await suppressedAs('sunset', email);
    const claim = await claimOf(ctx, email);
    await markInactive(db.knex as Knex.Transaction, [claim.subscriberId], 1);
    expect(await pageOf(email)).toContain(WORDS.en.preferences.stoppedQuiet);
    // Only lists are a sign that they want mail.
    await changePreferences(ctx, claim, { language: 'en' }, {});
    expect(await reasonOf(email)).toBe('sunset');

    expect(await changePreferences(ctx, claim, { lists: [list] }, {})).toBe('saved');
    expect(await reasonOf(email)).toBeNull();
    expect(await stateOf(ctx, email)).toEqual({ status: 'subscribed', lists: { [list]: 'subscribed' } });
    expect(await suppressionHistory(db.knex, claim.addressHash)).toMatchObject([
      { reason: 'sunset', endedAs: 'lifted', endedBy: null, note: 'preferences' },
    ]);
    expect(await count(db.knex, TABLE.sunset, { subscriber_id: claim.subscriberId })).toBe(0);
    expect(await confirmMails(email)).toBe(0);
    expect(await pageOf(email)).not.toContain(WORDS.en.preferences.stoppedQuiet);
  });

  it('reads files of other products, and tells what it could not read', async () => {
    await add('known@example.com');
    const file = [
      'Email Address;Reason;Comment',
      'known@example.com;bounced;=HYPERLINK("x")',
      'unknown@example.com;Spam Complaint;',
      'plain@example.com;;',
      'plain@example.com;unsubscribed;',
      'no address;;',
      'somebody@example.com;because;',
      '',
    ].join('\r\n');
    expect(await importText(file)).toEqual({
      rows: 6,
      added: 3,
      known: 1,
      invalid: [
        { line: 6, value: 'no address', message: 'This is not an email address.' },
        { line: 7, value: 'because', message: 'This reason is not known.' },
      ],
      invalidCount: 2,
    });
    expect(await reasonOf('known@example.com')).toBe('hard-bounce');
    expect((await stateOf(ctx, 'known@example.com')).status).toBe('bounced');
    expect(await reasonOf('unknown@example.com')).toBe('complaint');
    // The stronger of two reasons in one file counts.
    expect(await reasonOf('plain@example.com')).toBe('manual');
    expect(await importText(file)).toMatchObject({ added: 0, known: 4 });
  });

  it.each(SUPPRESSION_REASONS)('takes back %s from a file of its own', async (reason) => {
    expect(await importText(`email,reason\nx-${reason}@example.com,${reason}\n`)).toMatchObject({ added: 1 });
    expect(await reasonOf(`x-${reason}@example.com`)).toBe(reason);
  });

  it('reads a bare list, and Japanese files in Shift_JIS', async () => {
    expect(await importText('one@example.com\ntwo@example.com\n')).toMatchObject({ rows: 2, added: 2 });
    const japanese = encode('メールアドレス,理由,備考\nsan@example.jp,エラー,宛先不明\n', 'shift_jis');
    expect(await importText(japanese)).toMatchObject({ rows: 1, added: 1 });
    expect(await readSuppression(db.knex, hashOf(ctx, 'san@example.jp'))).toMatchObject({
      reason: 'hard-bounce',
      detail: '宛先不明',
    });
  });

  it('says when a file has no address', async () => {
    await expect(importText('name,age\nAda,36\n')).rejects.toMatchObject({ code: 'no-addresses' });
    await expect(importText('')).rejects.toMatchObject({ code: 'no-addresses' });
  });

  it('is read by key, found by a part of an address or by the whole one, and exported without formulas', async () => {
    const all = await pageSuppressions(db.knex, {}, null, 1000);
    const paged = [];
    for (let after = null as { since: number; addressHash: string } | null; ; ) {
      const page = await pageSuppressions(db.knex, {}, after, 2);
      paged.push(...page);
      if (page.length < 2) break;
      after = page.at(-1)!;
    }
    expect(paged).toEqual(all);
    const counts = await countSuppressions(db.knex);
    expect(counts.all).toBe(all.length);
    expect(await pageSuppressions(db.knex, { search: 'KNOWN@' }, null, 10)).toHaveLength(2);
    expect(await pageSuppressions(db.knex, { search: '%' }, null, 10)).toEqual([]);
    const hash = hashOf(ctx, 'nowhere@example.com');
    await suppress(db.knex, 'erased', [{ addressHash: hash }], 1);
    expect(await pageSuppressions(db.knex, { addressHash: hash }, null, 10)).toMatchObject([{ email: null }]);
    let csv = '';
    for await (const piece of exportSuppressions(ctx, {})) csv += piece;
    expect(csv.split('\r\n')).toHaveLength(all.length + 3);
    expect(csv).toContain(`known@example.com,hard-bounce,"'=HYPERLINK(""x"")"`);
    expect(csv).toMatch(new RegExp(`,erased,,1970-01-01T00:00:00.001Z,,${hash}`));
  });

  it('forgets the address of who is erased, and keeps that they get nothing', async () => {
    await add('erase@example.com');
    await addSuppression(ctx, { email: 'erase@example.com', note: 'erase@example.com asked' }, 'Ada');
    await eraseMe(ctx, await claimOf(ctx, 'erase@example.com'), {});
    expect(await readSuppression(db.knex, hashOf(ctx, 'erase@example.com'))).toMatchObject({
      reason: 'manual',
      email: null,
      detail: null,
    });
  });
});
