import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailKey } from '../../../shared/address';

const local = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,40}$/);
const domain = fc.domain();

describe('emailKey', () => {
  it('is the same for the same person however they type it, and stable', () => {
    fc.assert(
      fc.property(local, domain, (name, host) => {
        const key = emailKey(`${name}@${host}`);
        fc.pre(key !== null);
        expect(emailKey(`  ${name.toUpperCase()}@${host.toUpperCase()}\t`)).toBe(key);
        expect(emailKey(key)).toBe(key);
        expect(key.length).toBeLessThanOrEqual(254);
      }),
    );
  });

  it('is refused at once for a cell that is as long as a book', () => {
    const letters = Array.from({ length: 250_000 }, (_, at) => String.fromCodePoint(0x4e00 + (at % 20_000)));
    // Each of them took eight seconds.
    for (let n = 0; n < 20; n++) expect(emailKey(`ann${n}@${letters.join('')}.jp`)).toBeNull();
  });

  it('has the domain that the URL parser makes of it', () => {
    const label = fc.oneof(
      fc.stringMatching(/^[a-z0-9-]{1,8}$/),
      fc.constantFrom('xn--bcher-kva', 'x--y', '0x7f', '1', 'com'),
    );
    fc.assert(
      fc.property(fc.array(label, { minLength: 2, maxLength: 4 }), (labels) => {
        const written = labels.join('.');
        const key = emailKey(`a@${written}`);
        if (key !== null) expect(key).toBe(`a@${new URL(`http://${written}`).hostname}`);
      }),
    );
  });

  it('never carries a line break, a space or a second address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), domain, (name, host) => {
        const key = emailKey(`${name}@${host}`);
        if (key !== null && !key.startsWith('"')) expect(key).toMatch(/^[^\s<>,;:()[\]]+$/);
        if (key !== null) expect(key).not.toMatch(/[\r\n]/);
      }),
    );
    expect(emailKey('a@b.cd\r\nBcc: x@y.zz')).toBeNull();
    expect(emailKey('a@b.cd, x@y.zz')).toBeNull();
  });

  it.each([
    ['Ann@Example.COM', 'ann@example.com'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ANN@XN--BCHER-KVA.example', 'ann@xn--bcher-kva.example'],
    ['a..b.@docomo.ne.jp', 'a..b.@docomo.ne.jp'],
    ['e\u0301@example.com', '\u00e9@example.com'],
  ])('of %s is %s', (typed, key) => expect(emailKey(typed)).toBe(key));

  it.each(['', 'a', 'a@', '@b.cd', 'a@b', 'a@127.0.0.1', 'a b@c.de', 'a@b..cd', `${'a'.repeat(65)}@b.cd`])(
    'refuses %j',
    (typed) => expect(emailKey(typed)).toBeNull(),
  );
});
