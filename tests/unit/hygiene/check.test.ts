import { beforeAll, describe, expect, it } from 'vitest';
import { createAddressCheck, loadDisposable, mailboxOf, suggestDomain } from '../../../server/src/audience';
import { emailKey } from '../../../shared/address';

let checkAddress: ReturnType<typeof createAddressCheck>;
beforeAll(async () => {
  checkAddress = createAddressCheck(await loadDisposable());
});

const kindsOf = (email: string) => checkAddress(emailKey(email)!).map(({ kind }) => kind);

describe('looking at an address', () => {
  it.each([
    ['taro@example.co.jp', []],
    ['info@example.com', ['role']],
    ['Postmaster+x@example.com', ['role']],
    ['soumu@example.co.jp', ['role']],
    ['garden-request@lists.example.com', ['role']],
    ['informatik@example.com', []],
    ['ann@mailinator.com', ['disposable']],
    ['ann@anything.33m.co', ['disposable']],
    ['a..b@docomo.ne.jp', []],
    ['.a@ezweb.ne.jp', []],
    ['a.@t.ezweb.ne.jp', []],
    ['a..b@example.com', ['syntax']],
    ['a.@notdocomo.ne.jp', ['syntax']],
    ['"a..b"@example.com', []],
    ['sales@gmial.com', ['typo', 'role']],
  ])('%s: %j', (email, kinds) => {
    expect(kindsOf(email)).toEqual(kinds);
  });

  it('finds what a key of other code hides: such an address is not one', () => {
    expect(checkAddress('no address')).toContainEqual({ kind: 'syntax', detail: null });
  });
});

describe('suggesting a domain', () => {
  it.each([
    ['gmial.com', 'gmail.com'],
    ['gmai.com', 'gmail.com'],
    ['gmaill.com', 'gmail.com'],
    ['gamil.com', 'gmail.com'],
    ['gmail.con', 'gmail.com'],
    ['gmail.co', 'gmail.com'],
    ['gmail.co.jp', 'gmail.com'],
    ['yaho.co.jp', 'yahoo.co.jp'],
    ['yahoo.co.jo', 'yahoo.co.jp'],
    ['docmo.ne.jp', 'docomo.ne.jp'],
    ['docomo.co.jp', 'docomo.ne.jp'],
    ['ezwbe.ne.jp', 'ezweb.ne.jp'],
    ['sofbank.ne.jp', 'softbank.ne.jp'],
    ['hotmial.com', 'hotmail.com'],
    ['outlok.jp', 'outlook.jp'],
    ['iclud.com', 'icloud.com'],
  ])('%s → %s', (domain, meant) => {
    expect(suggestDomain(domain)).toBe(meant);
  });

  // Each of these exists and takes mail.
  it.each([
    ['gmail.com'],
    ['ymail.com'],
    ['email.com'],
    ['mail.com'],
    ['gmx.net'],
    ['gmx.at'],
    ['hotmail.be'],
    ['hotmail.se'],
    ['outlook.dk'],
    ['outlook.com.tr'],
    ['yahoo.co.il'],
    ['yahoo.com.my'],
    ['yahoo.se'],
    ['live.nl'],
    ['softbank.co.jp'],
    ['softbankrobotics.com'],
    ['example.com'],
    ['jcom.ne.jp'],
    ['ocn.ne.jp'],
    ['qq.com'],
  ])('leaves %s alone', (domain) => {
    expect(suggestDomain(domain)).toBeNull();
  });
});

it('knows what reaches the same mailbox, and only where the provider says so', () => {
  expect(mailboxOf('a.n.n+news@googlemail.com')).toBe('ann@gmail.com');
  expect(mailboxOf('a.n.n+news@outlook.jp')).toBe('a.n.n@outlook.jp');
  expect(mailboxOf('ann+news@example.com')).toBeNull();
});
