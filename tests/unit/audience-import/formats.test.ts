import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { encode } from 'iconv-lite';
import { safeCell } from '../../../server/src/audience';
import { plainCell } from '../../../server/src/audience/import/cells';
import { suggestColumns } from '../../../server/src/audience/import/products';
import { readStatus } from '../../../server/src/audience/import/status-words';
import { saveSettings } from '../../../server/src/settings';
import { findPersonByHash } from '../../../server/src/storage';
import { emailKey } from '../../../shared/address';
import { addList } from '../audience/support';
import { importBed, type Bed } from './support';

let bed: Bed;
beforeAll(async () => {
  bed = await importBed('sqlite');
});
afterAll(() => bed.destroy());

const person = (email: string) =>
  findPersonByHash(bed.ctx.knex, bed.ctx.tokens.addressHash(emailKey(email)!));
const targets = (columns: { to: string; name?: string }[]) =>
  columns.map(({ to, name }) => (name ? `${to} ${name}` : to));

describe('text files', () => {
  const text = 'メールアドレス,氏名\r\nhanako@example.jp,山田 花子\r\n"taro@example.jp","鈴木\r\n太郎"\r\n';

  it.each([
    ['utf-8', false, ','],
    ['utf-8', true, ';'],
    ['utf-16le', true, '\t'],
    ['utf-16be', true, ','],
    ['utf-16le', false, '\t'],
    ['shift_jis', false, ','],
    ['shift_jis', false, '\t'],
    ['euc-jp', false, ','],
  ] as const)('reads %s (byte order mark: %s) with %j between cells', async (encoding, addBOM, delimiter) => {
    await bed.reset();
    const detail = await bed.upload(encode(text.replace(/,/g, delimiter), encoding, { addBOM }));
    expect(detail.preview).toMatchObject({
      encoding,
      delimiter,
      header: true,
      columns: ['メールアドレス', '氏名'],
      rows: [
        ['hanako@example.jp', '山田 花子'],
        ['taro@example.jp', '鈴木\n太郎'],
      ],
      suggestion: { columns: [{ to: 'email' }, { to: 'fullName' }] },
    });
    expect((await bed.run(detail)).counts).toMatchObject({ rows: 2, created: 2 });
    expect(await person('hanako@example.jp')).toMatchObject({ lastName: '山田', firstName: '花子' });
  });

  it.each(['Andrés,Zoë\n', '“Bob” — é,x\n', 'FRANÇOIS,ÀÉ fée\n'])(
    'takes Western letters for Windows-1252: %j',
    async (names) => {
      const detail = await bed.upload(encode(`email,a,b\nx@example.org,${names}`, 'windows-1252'));
      expect(detail.preview?.encoding).toBe('windows-1252');
      expect(detail.preview?.rows[0]?.slice(1).join(',')).toBe(names.trim());
    },
  );

  it('finds letters that are not UTF-8 behind the beginning of a large file', async () => {
    const filler = 'someone@example.org,Plain\n'.repeat(20_000);
    const detail = await bed.upload(encode(`email,name\n${filler}last@example.jp,佐藤 次郎\n`, 'shift_jis'));
    expect(detail.preview?.encoding).toBe('shift_jis');
  });

  it('is read again with another encoding, delimiter or without a header', async () => {
    const { changeReading } = await import('../../../server/src/audience');
    const detail = await bed.upload('email;name\nrosa@example.org;Zoë\n');
    const latin = await changeReading(bed.ctx, detail.id, { encoding: 'windows-1252' });
    expect(latin.preview?.rows[0]).toEqual(['rosa@example.org', 'ZoÃ«']);
    const commas = await changeReading(bed.ctx, detail.id, { encoding: 'utf-8', delimiter: ',' });
    expect(commas.preview?.columns).toEqual(['email;name']);
    const bare = await changeReading(bed.ctx, detail.id, { delimiter: ';', header: false });
    expect(bare.preview).toMatchObject({
      columns: ['#1', '#2'],
      rows: [
        ['email', 'name'],
        ['rosa@example.org', 'Zoë'],
      ],
    });
    expect(bare.preview?.suggestion.columns).toEqual([{ to: 'email' }, { to: 'ignore' }]);
  });

  it('looks at a first row with a very long cell as fast as at others', async () => {
    const detail = await bed.upload(`Email,${'@'.repeat(250_000)}\nann@example.org,x\n`);
    expect(detail.preview).toMatchObject({ header: true });
  });

  it('sees that a first row with an address is no header', async () => {
    const detail = await bed.upload('Rosa,rosa.x@example.org\nTom,tom.x@example.org\n');
    expect(detail.preview).toMatchObject({ header: false, columns: ['#1', '#2'] });
    expect(detail.preview?.suggestion.columns).toEqual([{ to: 'ignore' }, { to: 'email' }]);
    expect((await bed.run(detail)).counts).toMatchObject({ rows: 2, created: 2 });
  });

  it('fails with the line when a quote never closes, and keeps what came before', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `q${i}@example.org,x`).join('\n');
    const detail = await bed.upload(`email,name\n${rows}\nbad@example.org,"never\nlast@example.org,x\n`);
    const failed = await bed.run(detail);
    expect(failed.state).toBe('failed');
    expect(failed.error).toContain('line 302');
    expect(await person('q200@example.org')).not.toBeNull();
    expect(await person('last@example.org')).toBeNull();
  });

  it.each([
    ['', 'The file has no rows'],
    ['\n\n  \n', 'The file has no rows'],
    [Array.from({ length: 201 }, (_, i) => `c${i}`).join(','), 'more than 200 columns'],
    [Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), 'old Excel file'],
    [Buffer.from('PK\x03\x04 and nothing of a workbook'), 'not an Excel workbook'],
  ])('refuses %j with a sentence', async (content, sentence) => {
    await expect(bed.upload(content)).rejects.toThrow(sentence);
  });
});

describe('exports of other products', () => {
  const MAILCHIMP_END =
    'MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS';
  const filled =
    '2,,,"2023-03-16 14:40:47",203.0.113.7,52.52,13.40,1,2,Europe/Berlin,DE,BE,"2024-03-16 14:40:47",123,ab12,,"""VIP"""';

  it.each([
    [
      'subscribed_members_export.csv',
      `"Email Address","First Name","Last Name",${MAILCHIMP_END}\nmc1@example.org,Rosa,Grün,${filled}\n`,
      'subscribed',
    ],
    [
      'unsubscribed_members_export.csv',
      `"Email Address","First Name","Last Name",${MAILCHIMP_END},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER\nmc2@example.org,Tom,,${filled},"2024-01-01 00:00:00",May,c1,NORMAL,\n`,
      'unsubscribed',
    ],
    [
      'export.csv',
      `"Email Address","First Name","Last Name",${MAILCHIMP_END},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID\nmc3@example.org,,,${filled},"2024-01-01 00:00:00",May,c1\n`,
      'bounced',
    ],
  ])('Mailchimp: %s', async (name, content, status) => {
    const detail = await bed.upload(content, name);
    expect(detail.product).toBe('mailchimp');
    expect(targets(detail.preview!.suggestion.columns).slice(0, 3)).toEqual([
      'email',
      'firstName',
      'lastName',
    ]);
    expect(detail.preview?.suggestion.status).toBe(status);
    await bed.run(detail);
    const email = /mc\d@example\.org/.exec(content)![0];
    expect(await person(email)).toMatchObject({ status, timezone: 'Europe/Berlin' });
  });

  it('MailPoet', async () => {
    const detail = await bed.upload(
      'Email,"First name","Last name","Subscription IP","Subscription time","Confirmation time","Confirmation IP","List status","Global status"\n' +
        'mp1@example.org,Rosa,G,203.0.113.7,"2023-01-01 00:00:00",,,subscribed,subscribed\n' +
        'mp2@example.org,Tom,,,,,,unsubscribed,subscribed\n' +
        'mp3@example.org,,,,,,,subscribed,bounced\n' +
        'mp4@example.org,,,,,,,unconfirmed,unconfirmed\n' +
        'mp5@example.org,,,,,,,subscribed,inactive\n',
    );
    expect(detail.product).toBe('mailpoet');
    const done = await bed.run(detail);
    expect(done.counts).toMatchObject({ created: 3, left: 2 });
    const statuses = await Promise.all(
      [1, 2, 3, 4, 5].map(async (i) => (await person(`mp${i}@example.org`))?.status),
    );
    expect(statuses).toEqual(['subscribed', 'unsubscribed', 'bounced', 'pending', 'subscribed']);
  });

  it('Ghost', async () => {
    const detail = await bed.upload(
      'id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\n' +
        'm1,gh1@example.org,Grace Hopper,"VIP, early",true,true,cus_1,2024-01-15T10:00:00.000Z,,vip,\n' +
        'm2,gh2@example.org,Sam,,false,,,2024-01-15T10:00:00.000Z,,,\n',
    );
    expect(detail.product).toBe('ghost');
    await bed.run(detail);
    expect(await person('gh1@example.org')).toMatchObject({
      status: 'subscribed',
      firstName: 'Grace',
      lastName: 'Hopper',
    });
    expect(await person('gh2@example.org')).toMatchObject({ status: 'unsubscribed' });
  });

  it('listmonk, with its attributes', async () => {
    await saveSettings(bed.ctx.knex, { attributes: [{ name: 'age', label: 'Age', type: 'number' }] });
    const detail = await bed.upload(
      'uuid,email,name,attributes,status,created_at,updated_at\n' +
        '5ffb,lm1@example.org,Anon Doe,"{""city"": ""Bengaluru"", ""age"": ""41"", ""stack"": {""a"": 1}}",enabled,2024-01-01,2024-01-01\n' +
        '5ffc,lm2@example.org,B,{},blocklisted,2024-01-01,2024-01-01\n',
    );
    expect(detail.product).toBe('listmonk');
    const done = await bed.run(detail);
    expect(done).toMatchObject({ counts: { created: 1, left: 1 }, valueProblems: 1 });
    expect(await person('lm1@example.org')).toMatchObject({ attributes: { city: 'Bengaluru', age: 41 } });
    expect(await person('lm2@example.org')).toMatchObject({ status: 'unsubscribed' });
  });
});

it('takes a column named like a property of every object for one that it does not know', () => {
  const header = ['email', 'constructor', 'valueOf', '__proto__'];
  const ignored = { to: 'ignore' };
  expect(suggestColumns(header, [], [])).toEqual([{ to: 'email' }, ignored, ignored, ignored]);
});

it('takes no unknown word for a status', () => {
  expect(readStatus(' Unsubscribed ')).toBe('unsubscribed');
  expect(readStatus('NON_SUBSCRIBED')).toBe('pending');
  expect(readStatus('maybe')).toBeNull();
});

describe('cells that a spreadsheet could run', () => {
  it.each(['=1+1', '+81312345678', '-5', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', "'=1"])(
    '%j is text in our files, and comes back as it was',
    (text) => {
      expect(safeCell(text)).toBe(`'${text}`);
      expect(plainCell(safeCell(text))).toBe(text);
    },
  );

  it('every text comes back', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(plainCell(safeCell(text))).toBe(text);
        expect(/^[=+\-@\t\r\n]/.test(safeCell(text))).toBe(false);
      }),
    );
  });
});

it('names lists that a column names, and tells which do not exist', async () => {
  const garden = await addList(bed.ctx.knex, 'garden');
  const detail = await bed.upload(
    'email,status,status_changed_at,confirmed_at,lists\nli1@example.org,subscribed,,,"garden, roof"\n',
  );
  expect(detail.product).toBe('newsletter');
  await bed.run(detail);
  expect(await bed.problems(detail.id)).toEqual(['2 lists unknown-list garden, roof']);
  const { subscriptionsOf } = await import('../../../server/src/storage');
  const found = await subscriptionsOf(bed.ctx.knex, (await person('li1@example.org'))!.documentId);
  expect(found).toMatchObject([{ listId: garden, status: 'subscribed' }]);
});
