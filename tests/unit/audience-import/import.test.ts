import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addPerson, startImportRunner, unsubscribe } from '../../../server/src/audience';
import { saveSettings } from '../../../server/src/settings';
import {
  consentLogOf,
  findImport,
  findPersonByHash,
  subscriptionsOf,
  suppress,
  TABLE,
  type Subscriber,
} from '../../../server/src/storage';
import { emailKey } from '../../../shared/address';
import { importStartSchema } from '../../../shared/contracts';
import { databaseKinds } from '../../helpers/database';
import { addList } from '../audience/support';
import { importBed, runToEnd, until, type Bed } from './support';

describe.each(databaseKinds)('imports on %s', (kind) => {
  let bed: Bed;
  beforeAll(async () => {
    bed = await importBed(kind);
  });
  beforeEach(() => bed.reset());
  afterAll(() => bed.destroy());

  const hash = (email: string) => bed.ctx.tokens.addressHash(emailKey(email)!);
  const person = async (email: string): Promise<Subscriber> => {
    const found = await findPersonByHash(bed.db.knex, hash(email));
    if (!found) throw new Error(`${email} is not there`);
    return found;
  };
  const lists = async (email: string) =>
    (await subscriptionsOf(bed.db.knex, (await person(email)).documentId)).map(
      ({ listId, status, source }) => ({ listId, status, source }),
    );
  const log = async (email: string) =>
    (await consentLogOf(bed.db.knex, (await person(email)).documentId)).map(({ action, source, listId }) => ({
      action,
      source,
      listId,
    }));

  it('adds people with values, lists and proof of consent', async () => {
    await saveSettings(bed.db.knex, {
      attributes: [{ name: 'born', label: 'Birthday', type: 'date' }],
    });
    const garden = await addList(bed.db.knex, 'garden');
    const detail = await bed.upload(
      'Email,First name,Last name,Language,Time zone,Birthday,Shoe size\n' +
        'Rosa@Example.org,Rosa,Grün,de,Europe/Berlin,1980-05-31,39\n' +
        'tom@example.org,,,,,,\n',
    );
    expect(detail.preview?.columns).toHaveLength(7);
    expect(detail.preview?.suggestion.columns.map(({ to }) => to)).toEqual([
      'email',
      'firstName',
      'lastName',
      'language',
      'timezone',
      'attribute',
      'ignore',
    ]);
    const columns = [...detail.preview!.suggestion.columns];
    columns[6] = {
      to: 'newAttribute',
      declaration: { name: 'shoe', label: 'Shoe size', type: 'number', public: false },
    };
    const done = await bed.run(detail, { columns, lists: [garden] });
    expect(done).toMatchObject({ state: 'done', progress: 1, createdBy: 'Ann', error: null });
    expect(done.counts).toMatchObject({ rows: 2, created: 2, invalid: 0 });
    expect(await person('rosa@example.org')).toMatchObject({
      email: 'Rosa@Example.org',
      status: 'subscribed',
      firstName: 'Rosa',
      lastName: 'Grün',
      language: 'de',
      timezone: 'Europe/Berlin',
      attributes: { born: '1980-05-31', shoe: 39 },
      source: 'import',
    });
    expect(await person('tom@example.org')).toMatchObject({ firstName: null, attributes: {} });
    expect(await lists('rosa@example.org')).toEqual([
      { listId: garden, status: 'subscribed', source: 'Garden fair' },
    ]);
    expect(await log('tom@example.org')).toEqual([
      { action: 'imported', source: 'Garden fair', listId: garden },
    ]);
  });

  it('tells every row that it could not take, by its line in the file', async () => {
    const detail = await bed.upload(
      'email,name,language\r\n' +
        'a@example.org,"Two\r\nlines",en\r\n' +
        '\r\n' +
        'nobody,B,en\r\n' +
        ',C,en\r\n' +
        'd@example.org,D,english please\r\n' +
        'A@example.org,again,en\r\n' +
        'e@example.org,Eve,en,surplus\r\n' +
        'f@example.org,F,en\r\n',
    );
    const done = await bed.run(detail);
    expect(done.counts).toEqual({
      rows: 7,
      created: 3,
      updated: 0,
      unchanged: 0,
      duplicates: 1,
      suppressed: 0,
      left: 0,
      leftOut: 0,
      invalid: 3,
    });
    expect(done.valueProblems).toBe(1);
    expect(await bed.problems(detail.id)).toEqual([
      '5 email bad-address nobody',
      '6 email no-address -',
      '7 language bad-language english please',
      '8 - duplicate 2',
      '9 - too-many-cells 4',
    ]);
    expect(await person('a@example.org')).toMatchObject({ firstName: 'Two', lastName: 'lines' });
  });

  it('takes characters that no database stores out of the cells', async () => {
    const json = JSON.stringify({ note: 'a\u0000b\ud800c' }).replaceAll('"', '""');
    const detail = await bed.upload(
      `email,first name,status,attributes,uuid\na@example.org,A\u0000b,,"${json}",\n`,
    );
    expect((await bed.run(detail)).counts).toMatchObject({ rows: 1, created: 1 });
    expect(await person('a@example.org')).toMatchObject({
      firstName: 'Ab',
      attributes: { note: 'ab\uFFFDc' },
    });
  });

  it('updates who is known with what the file has, and says who did not change', async () => {
    const garden = await addList(bed.db.knex, 'garden');
    await addPerson(
      bed.ctx,
      { email: 'rosa@example.org', firstName: 'Rosa', lastName: 'Old', consent: true, lists: [garden] },
      { source: 'admin' },
    );
    await addPerson(bed.ctx, { email: 'tom@example.org', consent: true }, { source: 'admin' });
    await addPerson(bed.ctx, { email: 'pia@example.org' }, { source: 'admin' });
    const file =
      'email,first name,last name\nrosa@example.org,,New\ntom@example.org,,\npia@example.org,Pia,\n';
    const skipped = await bed.run(await bed.upload(file), { existing: 'skip', lists: [garden] });
    expect(skipped.counts).toMatchObject({ rows: 3, unchanged: 3, updated: 0 });
    const done = await bed.run(await bed.upload(file));
    expect(done.counts).toMatchObject({ rows: 3, created: 0, updated: 2, unchanged: 1 });
    expect(await person('rosa@example.org')).toMatchObject({ firstName: 'Rosa', lastName: 'New' });
    expect(await person('pia@example.org')).toMatchObject({ status: 'subscribed', firstName: 'Pia' });
    // The consent that was there is not replaced by a weaker one.
    expect(await lists('rosa@example.org')).toEqual([
      { listId: garden, status: 'subscribed', source: 'admin' },
    ]);
  });

  it('never brings back who left, bounced, complained or was suppressed', async () => {
    const garden = await addList(bed.db.knex, 'garden');
    const { knex } = bed.db;
    for (const name of ['left', 'bounced', 'complained', 'blocked'])
      await addPerson(bed.ctx, { email: `${name}@example.org`, consent: true }, { source: 'admin' });
    await unsubscribe(bed.ctx, { addressHash: hash('left@example.org') }, { via: 'page' });
    await knex(TABLE.subscribers).where({ email_key: 'bounced@example.org' }).update({ status: 'bounced' });
    await knex(TABLE.subscribers)
      .where({ email_key: 'complained@example.org' })
      .update({ status: 'complained' });
    await suppress(knex, 'manual', [{ addressHash: hash('blocked@example.org') }], Date.now());
    await suppress(knex, 'erased', [{ addressHash: hash('erased@example.org') }], Date.now());
    const before = await person('left@example.org');
    const detail = await bed.upload(
      'email,first name\nleft@example.org,L\nbounced@example.org,B\ncomplained@example.org,C\nblocked@example.org,D\nerased@example.org,E\nnew@example.org,N\n',
    );
    const done = await bed.run(detail, { lists: [garden] });
    expect(done.counts).toMatchObject({ rows: 6, created: 1, suppressed: 5 });
    expect(await bed.problems(detail.id)).toEqual([
      '2 - unsubscribed -',
      '3 - bounced -',
      '4 - complained -',
      '5 - suppressed -',
      '6 - erased -',
    ]);
    expect(await person('left@example.org')).toEqual(before);
    expect(await findPersonByHash(knex, hash('erased@example.org'))).toBeNull();
    expect(await lists('blocked@example.org')).toEqual([]);
  });

  it('does not put anybody again on a list that they left', async () => {
    const garden = await addList(bed.db.knex, 'garden');
    const { knex } = bed.db;
    await addPerson(
      bed.ctx,
      { email: 'rosa@example.org', consent: true, lists: [garden] },
      { source: 'admin' },
    );
    await knex(TABLE.subscriptions).update({ status: 'unsubscribed' });
    const done = await bed.run(await bed.upload('email\nrosa@example.org\n'), { lists: [garden] });
    expect(done).toMatchObject({ counts: { unchanged: 1 }, valueProblems: 1 });
    expect(await lists('rosa@example.org')).toMatchObject([{ status: 'unsubscribed' }]);
  });

  it('records who left elsewhere as gone, also those who are here', async () => {
    const garden = await addList(bed.db.knex, 'garden');
    await addPerson(
      bed.ctx,
      { email: 'here@example.org', consent: true, lists: [garden] },
      { source: 'admin' },
    );
    const detail = await bed.upload(
      'email,status\nhere@example.org,Unsubscribed\nnew@example.org,unsubscribed\nbad@example.org,bounced\nspam@example.org,complained\nok@example.org,subscribed\nodd@example.org,whatever\n',
    );
    const done = await bed.run(detail, { lists: [garden], existing: 'skip' });
    expect(done.counts).toMatchObject({ rows: 6, created: 1, left: 4, invalid: 1 });
    expect(await person('here@example.org')).toMatchObject({
      status: 'unsubscribed',
      statusReason: 'import',
    });
    expect(await lists('here@example.org')).toMatchObject([{ status: 'unsubscribed' }]);
    expect(await person('new@example.org')).toMatchObject({ status: 'unsubscribed' });
    expect(await person('bad@example.org')).toMatchObject({ status: 'bounced' });
    expect(await person('spam@example.org')).toMatchObject({ status: 'complained' });
    const rows: { reason: string }[] = await bed.db.knex(TABLE.suppressions).orderBy('reason');
    expect(rows.map(({ reason }) => reason)).toEqual([
      'complaint',
      'hard-bounce',
      'unsubscribed',
      'unsubscribed',
    ]);
    // And a later file cannot bring them back.
    const again = await bed.run(await bed.upload('email\nnew@example.org\nspam@example.org\n'));
    expect(again.counts).toMatchObject({ suppressed: 2 });
  });

  it('asks people to confirm when nobody can say that they agreed', async () => {
    const garden = await addList(bed.db.knex, 'garden');
    const detail = await bed.upload('email,language\nrosa@example.org,ja\ntom@example.org,\n');
    await expect(bed.run(detail, { consent: { kind: 'confirm' } })).rejects.toThrow('Choose the list');
    const done = await bed.run(detail, { consent: { kind: 'confirm' }, lists: [garden] });
    expect(done.counts).toMatchObject({ created: 2 });
    expect(await person('rosa@example.org')).toMatchObject({ status: 'pending', confirmedAt: null });
    expect(await lists('rosa@example.org')).toMatchObject([{ status: 'pending' }]);
    expect(await log('rosa@example.org')).toMatchObject([{ action: 'requested' }]);
    const mails: { email: string; payload: string }[] = await bed.db.knex(TABLE.mails).orderBy('email');
    expect(mails.map(({ email }) => email)).toEqual(['rosa@example.org', 'tom@example.org']);
    expect(JSON.parse(mails[0]!.payload)).toMatchObject({ language: 'ja', lists: ['List garden'] });
  });

  it('goes on behind the last committed row after its process died', async () => {
    // Several chunks: a database of its own takes larger ones.
    const count = kind === 'sqlite' ? 900 : 4000;
    const file = ['email,first name']
      .concat(Array.from({ length: count }, (_, i) => `p${i}@example.org,"N${i}\nx"`))
      .join('\n');
    const detail = await bed.upload(file);
    const { knex } = bed.db;
    const first = startImportRunner(bed.ctx, { lookMs: 10 });
    const options = {
      columns: detail.preview!.suggestion.columns,
      status: 'subscribed' as const,
      existing: 'update' as const,
      lists: [],
      consent: { kind: 'agreed' as const, source: 'Garden fair' },
      dns: false,
      leaveOut: [],
    };
    const { beginImport } = await import('../../../server/src/audience');
    await beginImport(bed.ctx, detail.id, options);
    first.nudge();
    const broken = await until(async () => {
      const row = await findImport(knex, detail.id);
      return row && row.counts.rows > 0 ? row : null;
    });
    expect(broken.counts.rows).toBeLessThan(count);
    await first.stop();
    const stopped = (await findImport(knex, detail.id))!;
    expect(stopped.state).toBe('running');
    const people = await knex(TABLE.subscribers).count({ total: '*' }).first();
    expect(Number(people?.total)).toBe(stopped.counts.rows);
    const done = await runToEnd(bed.ctx, detail.id);
    expect(done.counts).toMatchObject({ rows: count, created: count, duplicates: 0 });
    expect(await consentLogOf(knex, (await person('p0@example.org')).documentId)).toHaveLength(1);
  });

  it('is finished by one process when another one takes it in the middle', async () => {
    // Several chunks: a database of its own takes larger ones.
    const count = kind === 'sqlite' ? 900 : 4000;
    const file = ['email'].concat(Array.from({ length: count }, (_, i) => `p${i}@example.org`)).join('\n');
    const detail = await bed.upload(file);
    const { knex } = bed.db;
    const first = startImportRunner(bed.ctx, { lookMs: 10 });
    const { beginImport } = await import('../../../server/src/audience');
    await beginImport(bed.ctx, detail.id, {
      columns: detail.preview!.suggestion.columns,
      status: 'subscribed',
      existing: 'update',
      lists: [],
      dns: false,
      leaveOut: [],
      consent: { kind: 'agreed', source: 'Garden fair' },
    });
    first.nudge();
    await until(async () => ((await findImport(knex, detail.id))!.counts.rows > 0 ? true : null));
    // As if it had been frozen for longer than its lease.
    await knex(TABLE.imports).where({ id: detail.id }).update({ runner: 'another', lease_until: 0 });
    const done = await runToEnd(bed.ctx, detail.id);
    await first.stop();
    expect(done.counts).toMatchObject({ rows: count, created: count, unchanged: 0, duplicates: 0 });
    const logged = await knex(TABLE.consentLog).count({ total: '*' }).first();
    expect(Number(logged?.total)).toBe(count);
  });

  it('fails with a sentence when its file is gone, and when it breaks off again and again', async () => {
    const { rmSync } = await import('node:fs');
    const lost = await bed.upload('email\nrosa@example.org\n');
    const options = { columns: lost.preview!.suggestion.columns, consent: { kind: 'agreed', source: 'x' } };
    const { beginImport } = await import('../../../server/src/audience');
    const parsed = importStartSchema.parse(options);
    await beginImport(bed.ctx, lost.id, parsed);
    rmSync(path.join(bed.ctx.projectDir, '.newsletter/imports', `${lost.id}.csv`));
    expect(await runToEnd(bed.ctx, lost.id)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('is not there any more'),
    });
    const broken = await bed.upload('email\nrosa@example.org\n');
    await beginImport(bed.ctx, broken.id, parsed);
    await bed.db.knex(TABLE.imports).where({ id: broken.id }).update({ attempts: 4 });
    await bed.db.knex.schema.renameTable(TABLE.consentLog, 'gone');
    const silent = { ...bed.ctx, log: { ...bed.ctx.log, error: () => {} } };
    const failed = await runToEnd(silent, broken.id);
    await bed.db.knex.schema.renameTable('gone', TABLE.consentLog);
    expect(failed).toMatchObject({ state: 'failed', counts: { rows: 0 } });
    expect(failed.error).toContain('broke off several times');
    expect(failed.error).not.toContain('rosa@example.org');
    expect(await findPersonByHash(bed.db.knex, hash('rosa@example.org'))).toBeNull();
  });

  it('stops when it is cancelled, and keeps what was done', async () => {
    // Several chunks: a database of its own takes larger ones.
    const count = kind === 'sqlite' ? 900 : 4000;
    const file = ['email'].concat(Array.from({ length: count }, (_, i) => `p${i}@example.org`)).join('\n');
    const detail = await bed.upload(file);
    const { knex } = bed.db;
    const { beginImport, cancelImport } = await import('../../../server/src/audience');
    const columns = detail.preview!.suggestion.columns;
    const options = importStartSchema.parse({ columns, consent: { kind: 'agreed', source: 'x' } });
    await beginImport(bed.ctx, detail.id, options);
    const runner = startImportRunner(bed.ctx, { lookMs: 10 });
    await until(async () => ((await findImport(knex, detail.id))!.counts.rows > 0 ? true : null));
    const cancelled = await cancelImport(bed.ctx, detail.id);
    await runner.stop();
    expect(cancelled.state).toBe('cancelled');
    const ended = (await findImport(knex, detail.id))!;
    expect(ended.state).toBe('cancelled');
    expect(ended.counts.rows).toBeGreaterThan(0);
    expect(ended.counts.rows).toBeLessThan(count);
    const people = await knex(TABLE.subscribers).count({ total: '*' }).first();
    expect(Number(people?.total)).toBe(ended.counts.rows);
  });

  it('can be cancelled before it starts, and then neither run nor be cancelled again', async () => {
    const detail = await bed.upload('email\np@example.org\n');
    const { cancelImport, removeImport } = await import('../../../server/src/audience');
    const cancelled = await cancelImport(bed.ctx, detail.id);
    expect(cancelled.state).toBe('cancelled');
    await expect(cancelImport(bed.ctx, detail.id)).rejects.toThrow('has ended already');
    await expect(bed.run(detail)).rejects.toThrow('was started already');
    await removeImport(bed.ctx, detail.id);
    expect(await findImport(bed.db.knex, detail.id)).toBeNull();
  });
});
