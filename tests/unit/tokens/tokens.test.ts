import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokens, createUrls, type PersonClaim, type PersonPurpose } from '../../../server/src/tokens';

const pepper = 'p'.repeat(64);
const tokens = createTokens({ tokens: ['a'.repeat(64)], pepper });

const hash = fc.stringMatching(/^[0-9a-f]{32}$/);
const documentId = fc.stringMatching(/^[a-z][a-z0-9]{23}$/);
const id = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.maxSafeInteger().filter((n) => n > 0),
);
const claim: fc.Arbitrary<PersonClaim> = fc.record({
  subscriberId: documentId,
  addressHash: hash,
  deliveryId: fc.option(id),
});
const PURPOSES: PersonPurpose[] = ['unsubscribe', 'preferences', 'confirm'];
const purpose = fc.constantFrom(...PURPOSES);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Every reader of the room on one token; all must refuse it. */
function readAll(token: string): unknown[] {
  return [
    ...PURPOSES.map((name) => tokens.readPerson(name, token)),
    tokens.readDelivery('open', token),
    tokens.readDelivery('view', token),
    tokens.readClick(token),
    tokens.readPreview(token),
  ].filter((value) => value !== null);
}

describe('tokens', () => {
  it('read what they were made of, up to the largest id', () => {
    fc.assert(
      fc.property(purpose, claim, id, id, (name, person, delivery, link) => {
        expect(tokens.readPerson(name, tokens.person(name, person))).toEqual(person);
        expect(tokens.readDelivery('open', tokens.delivery('open', delivery))).toBe(delivery);
        expect(tokens.readDelivery('view', tokens.delivery('view', delivery))).toBe(delivery);
        expect(tokens.readClick(tokens.click(delivery, link))).toEqual({
          deliveryId: delivery,
          linkId: link,
        });
        expect(tokens.readMessageId(`<${tokens.messageIdLocal(delivery)}@news.example.com>`)).toBe(delivery);
      }),
    );
  });

  it('refuse a token in which any one character is another', () => {
    fc.assert(
      fc.property(claim, id, id, (person, delivery, link) => {
        const made = [
          tokens.person('unsubscribe', person),
          tokens.click(delivery, link),
          tokens.delivery('open', delivery),
        ];
        for (const token of made) {
          for (let at = 0; at < token.length; at++) {
            const next = ALPHABET[(ALPHABET.indexOf(token[at]!) + 1) % ALPHABET.length]!;
            expect(readAll(token.slice(0, at) + next + token.slice(at + 1))).toEqual([]);
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  it('refuse truncated, extended and padded tokens', () => {
    const token = tokens.click(300, 7);
    for (let length = 0; length < token.length; length++) expect(readAll(token.slice(0, length))).toEqual([]);
    for (const altered of [`${token}A`, `${token}=`, `${token}==`, ` ${token}`, `${token}\n`, `${token}.`]) {
      expect(readAll(altered)).toEqual([]);
    }
  });

  it('refuse whatever somebody makes up', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(readAll(text)).toEqual([]);
      }),
    );
    expect(readAll('A'.repeat(100_000))).toEqual([]);
  });

  it('are good for one purpose only', () => {
    fc.assert(
      fc.property(purpose, claim, (name, person) => {
        const token = tokens.person(name, person);
        for (const other of PURPOSES) if (other !== name) expect(tokens.readPerson(other, token)).toBeNull();
        expect(tokens.readClick(token)).toBeNull();
        expect(tokens.readDelivery('open', token)).toBeNull();
      }),
    );
    expect(tokens.readDelivery('view', tokens.delivery('open', 5))).toBeNull();
    expect(tokens.readDelivery('open', tokens.click(5, 5))).toBeNull();
  });

  it('survive a rotation, and are void once their secret is gone', () => {
    fc.assert(
      fc.property(purpose, claim, (name, person) => {
        const old = tokens.person(name, person);
        const rotated = createTokens({ tokens: ['b'.repeat(64), 'a'.repeat(64)], pepper });
        expect(rotated.readPerson(name, old)).toEqual(person);
        const fresh = rotated.person(name, person);
        expect(tokens.readPerson(name, fresh)).toBeNull();
        expect(createTokens({ tokens: ['b'.repeat(64)], pepper }).readPerson(name, old)).toBeNull();
        expect(rotated.addressHash('a@b.cd')).toBe(tokens.addressHash('a@b.cd'));
      }),
    );
  });

  it('refuse to be made from what could not be read back', () => {
    const person = { subscriberId: 'abc', addressHash: 'f'.repeat(32), deliveryId: null };
    expect(() => tokens.delivery('open', -1)).toThrow(RangeError);
    expect(() => tokens.delivery('open', 1.5)).toThrow(RangeError);
    expect(() => tokens.click(1, Number.MAX_SAFE_INTEGER + 1)).toThrow(RangeError);
    expect(() => tokens.person('confirm', { ...person, addressHash: 'f'.repeat(31) })).toThrow(RangeError);
    expect(() => tokens.person('confirm', { ...person, subscriberId: '' })).toThrow(RangeError);
    expect(() => tokens.person('confirm', { ...person, subscriberId: '漢' })).toThrow(RangeError);
  });

  it('of previews expire, the others do not', () => {
    const preview = {
      campaignId: 'c',
      subscriberId: null,
      language: 'ja',
      variant: null,
      expiresAt: Date.now() + 60_000,
    };
    expect(tokens.readPreview(tokens.preview(preview))).toEqual(preview);
    expect(tokens.readPreview(tokens.preview({ ...preview, expiresAt: Date.now() - 1 }))).toBeNull();
  });

  it('in a Message-ID survive a change of case and withstand alteration', () => {
    const local = tokens.messageIdLocal(300);
    expect(tokens.readMessageId(`<${local.toUpperCase()}@x.org>`)).toBe(300);
    for (let at = 0; at < local.length; at++) {
      const altered = local.slice(0, at) + (local[at] === 'a' ? 'b' : 'a') + local.slice(at + 1);
      expect(tokens.readMessageId(`<${altered}@x.org>`)).toBeNull();
    }
    expect(local.length).toBeLessThanOrEqual(64);
  });

  it('fit into a path of a URL', () => {
    const urls = createUrls('https://example.com/cms', tokens);
    fc.assert(
      fc.property(claim, (person) => {
        const url = new URL(urls.unsubscribe(person));
        expect(url.pathname).toMatch(/^\/cms\/api\/newsletter\/unsubscribe\/[\w-]+$/);
      }),
    );
  });

  it('need a secret', () => {
    expect(() => createTokens({ tokens: [], pepper })).toThrow('no token secret');
  });
});
