import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokens } from '../../../server/src/tokens';

const pepper = 'p'.repeat(64);
const old = 'a'.repeat(64);
const tokens = createTokens({ tokens: [old], pepper });
const id = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.maxSafeInteger().filter((n) => n > 0),
);
const claim = fc.record({ deliveryId: fc.option(id), addressHash: fc.stringMatching(/^[0-9a-f]{32}$/) });
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

describe('addresses at the bounce domain', () => {
  it('read what they were made of, in at most 64 octets of lower case, whatever case they come back in', () => {
    fc.assert(
      fc.property(id, claim, (delivery, person) => {
        const bounce = tokens.bounceLocal(delivery);
        const unsubscribe = tokens.unsubscribeLocal(person);
        for (const local of [bounce, unsubscribe]) {
          expect(local).toMatch(/^[bu]-[a-z2-7]+\.[a-z2-7]{16}$/);
          expect(local.length).toBeLessThanOrEqual(64);
        }
        expect(tokens.readBounceLocal(bounce)).toBe(delivery);
        expect(tokens.readBounceLocal(bounce.toUpperCase())).toBe(delivery);
        expect(tokens.readUnsubscribeLocal(unsubscribe)).toEqual(person);
        expect(tokens.bounceLocal(delivery)).toBe(bounce);
      }),
    );
  });

  it('are refused when any one character is another, is missing or is added', () => {
    fc.assert(
      fc.property(id, claim, (delivery, person) => {
        for (const local of [tokens.bounceLocal(delivery), tokens.unsubscribeLocal(person)]) {
          const read = (text: string) => tokens.readBounceLocal(text) ?? tokens.readUnsubscribeLocal(text);
          for (let at = 0; at < local.length; at++) {
            const next = ALPHABET[(ALPHABET.indexOf(local[at]!) + 1) % 32]!;
            expect(read(local.slice(0, at) + next + local.slice(at + 1))).toBeNull();
            expect(read(local.slice(0, at) + local.slice(at + 1))).toBeNull();
            expect(read(`${local.slice(0, at)}a${local.slice(at)}`)).toBeNull();
          }
          for (const altered of [`${local} `, `${local}\n`, `<${local}`, `${local}.`, `${local}+x`]) {
            expect(read(altered)).toBeNull();
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it('cannot stand for one another, nor for a Message-ID', () => {
    const bounce = tokens.bounceLocal(7);
    expect(tokens.readUnsubscribeLocal(`u${bounce.slice(1)}`)).toBeNull();
    const unsubscribe = tokens.unsubscribeLocal({ deliveryId: 7, addressHash: '0'.repeat(32) });
    expect(tokens.readBounceLocal(`b${unsubscribe.slice(1)}`)).toBeNull();
    expect(tokens.readMessageId(`<${bounce.slice(2).replace('.', '')}@x.example>`)).toBeNull();
  });

  it('survive a rotation of the secrets, and end with the secret', () => {
    const both = createTokens({ tokens: ['b'.repeat(64), old], pepper });
    const without = createTokens({ tokens: ['b'.repeat(64)], pepper });
    expect(both.readBounceLocal(tokens.bounceLocal(5))).toBe(5);
    expect(both.bounceLocal(5)).not.toBe(tokens.bounceLocal(5));
    expect(without.readBounceLocal(both.bounceLocal(5))).toBe(5);
    expect(without.readBounceLocal(tokens.bounceLocal(5))).toBeNull();
  });

  it('tell secrets apart by the mac, also when their key ids meet', () => {
    // 300 secrets and 256 key ids: some share one.
    const secrets = Array.from({ length: 300 }, (_, n) => `${n}`.padStart(64, '0'));
    const all = createTokens({ tokens: secrets, pepper });
    for (const secret of secrets) {
      expect(all.readBounceLocal(createTokens({ tokens: [secret], pepper }).bounceLocal(9))).toBe(9);
    }
  });

  it('refuse whatever somebody makes up', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[bu]-[a-z2-7]{2,40}\.[a-z2-7]{16}$/)), (text) => {
        expect(tokens.readBounceLocal(text)).toBeNull();
        expect(tokens.readUnsubscribeLocal(text)).toBeNull();
      }),
    );
  });

  it('refuse to be made of what is no address hash or no id', () => {
    expect(() => tokens.unsubscribeLocal({ deliveryId: 1, addressHash: 'x' })).toThrow(RangeError);
    expect(() => tokens.bounceLocal(-1)).toThrow(RangeError);
  });
});
