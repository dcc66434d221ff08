import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingsSchema, type AttributeDeclaration } from '../../../shared/contracts';
import { attributesOf } from '../../../server/src/http/public/attribute-fields';
import { parseOffer } from '../../../server/src/http/public/form';
import { formPage, offerQuery, type FormOffer } from '../../../server/src/http/public/form-page';
import { renderPage } from '../../../server/src/http/public/layout';
import { isTrapped } from '../../../server/src/http/public/trap';

const NASTY = `"><script>alert(1)</script>'`;
const offer: FormOffer = { lists: [], attributes: ['city'], names: true, locale: 'en', frame: true };
const declaration = (type: AttributeDeclaration['type'], label = 'City'): AttributeDeclaration => ({
  name: 'city',
  label,
  type,
  public: true,
});

function rendered(
  change: { offer?: Partial<FormOffer>; captcha?: boolean; values?: object; label?: string } = {},
) {
  const values = { email: NASTY, firstName: NASTY, ...change.values };
  const wrong = { email: true, lists: false, captcha: false, attributes: new Set(['city']) };
  const page = formPage(
    { ...offer, ...change.offer },
    { values, attributes: { city: NASTY }, lists: [], wrong, sentence: NASTY },
    {
      language: 'en',
      lists: [
        { slug: 'a', name: NASTY, description: NASTY },
        { slug: NASTY, name: 'B', description: null },
      ],
      attributes: [declaration('date', NASTY)],
      wording: NASTY,
      captcha: change.captcha ?? false,
    },
  );
  return renderPage({ ...page, formTarget: 'https://site.example/thanks' }, settingsSchema.parse({}).brand);
}

describe('the form', () => {
  it('escapes all that was entered or set', () => {
    const { body } = rendered();
    expect(body).not.toContain('<script');
    expect(body.match(/&#60;script&#62;/g)!.length).toBeGreaterThan(8);
  });

  it('may be framed by anybody, runs no script, and posts here or where the settings lead', () => {
    const { csp, body } = rendered();
    expect(csp).toContain('frame-ancestors *');
    expect(csp).not.toContain('script-src');
    expect(csp).toContain("form-action 'self' https://site.example;");
    expect(body).not.toContain('<script');
    expect(rendered({ offer: { frame: false } }).csp).toContain("frame-ancestors 'none'");
  });

  it('runs the script of the captcha and no other', () => {
    const { csp, body } = rendered({ captcha: true });
    const nonce = /script-src 'nonce-([^']+)'/.exec(csp)![1]!;
    const escaped = nonce.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
    expect(body).toContain(`<script src="captcha/altcha.js" nonce="${escaped}" defer></script>`);
    expect(body.match(/<script/g)).toHaveLength(1);
    expect(rendered({ captcha: true }).csp).not.toContain(nonce);
  });

  it('says what it offers in a way that comes back', () => {
    const word = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((one) => !one.includes(',') && one.trim() === one);
    const offers = fc.record({
      lists: fc.array(word, { maxLength: 5 }),
      attributes: fc.array(word, { maxLength: 5 }),
      names: fc.boolean(),
      locale: fc.constantFrom('en' as const, 'ja' as const, null),
      frame: fc.boolean(),
    });
    fc.assert(
      fc.property(offers, (one) => {
        expect(parseOffer(Object.fromEntries(new URLSearchParams(offerQuery(one))))).toEqual(one);
      }),
    );
  });

  it('reads attributes of both kinds of forms and of JSON', () => {
    expect(attributesOf({ 'attributes[city]': 'Kyoto', 'attributes[a b]': 'x', email: 'e' })).toEqual({
      city: 'Kyoto',
    });
    expect(attributesOf({ attributes: { city: 'Kyoto' } })).toEqual({ city: 'Kyoto' });
    expect(attributesOf({ attributes: 'text' })).toEqual({});
  });

  it('springs the trap only for a field that is filled in, and says so', () => {
    const lines: string[] = [];
    const ctx = { log: { info: (line: string) => void lines.push(line) } as never };
    expect([{}, { website: '' }, { website: null }].map((form) => isTrapped(ctx, form, '::1'))).toEqual([
      false,
      false,
      false,
    ]);
    expect(lines).toEqual([]);
    expect(isTrapped(ctx, { website: 'http://spam.example' }, '192.0.2.1')).toBe(true);
    expect(lines[0]).toContain('192.0.2.1');
  });
});
