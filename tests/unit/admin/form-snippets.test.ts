import { Parser } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { frameSnippet, htmlSnippet, type FormChoice } from '../../../admin/src/pages/Settings/form-snippets';
import { attributesOf } from '../../../server/src/http/public/attribute-fields';
import { parseOffer } from '../../../server/src/http/public/form';
import { TRAP_FIELD } from '../../../server/src/http/public/trap';

const PUBLIC_URL = 'https://news.example.com';
const attribute = (name: string, type: 'string' | 'number' | 'boolean' | 'date', label = name) => ({
  name,
  label,
  type,
  public: true,
});
const NOTHING: FormChoice = { lists: [], attributes: [], names: false, language: null };
const ALL: FormChoice = {
  lists: [
    { slug: 'letters', name: 'Letters & <more>' },
    { slug: 'offers', name: '"Offers"' },
  ],
  attributes: [
    attribute('city', 'string', '<b>City</b> & "region"'),
    attribute('age', 'number'),
    attribute('vip', 'boolean'),
    attribute('born', 'date'),
  ],
  names: true,
  language: 'ja',
};

type Element = { tag: string } & Record<string, string>;

function read(html: string): { elements: Element[]; text: string } {
  const elements: Element[] = [];
  let text = '';
  const parser = new Parser({
    onopentag: (tag, attributes) => elements.push({ ...attributes, tag }),
    ontext: (part) => (text += part),
  });
  parser.end(html);
  return { elements, text };
}

/** What a browser would send: the named fields, in their order. */
const fields = (html: string) =>
  read(html).elements.flatMap(({ name, type, value }) => (name ? [[name, type ?? '', value ?? '']] : []));

describe('the frame for a site', () => {
  const frame = (choice: FormChoice) => read(frameSnippet(PUBLIC_URL, choice)).elements[0];
  const offer = (choice: FormChoice) =>
    parseOffer(Object.fromEntries(new URL(frame(choice)?.src ?? '').searchParams));

  it('offers what was chosen', () => {
    expect(offer(ALL)).toEqual({
      lists: ['letters', 'offers'],
      attributes: ['city', 'age', 'vip', 'born'],
      names: true,
      locale: 'ja',
      frame: false,
    });
    expect(offer(NOTHING)).toMatchObject({ lists: [], attributes: [], names: false, locale: null });
    expect(frame(NOTHING)?.src).toBe(`${PUBLIC_URL}/api/newsletter/form`);
  });

  it('is as tall as what it asks for', () => {
    expect(Number(frame(NOTHING)?.height)).toBeLessThan(Number(frame({ ...NOTHING, names: true })?.height));
    // Measured in a browser 375 px wide: 1117.
    expect(Number(frame(ALL)?.height)).toBeGreaterThan(1117);
  });

  it('has a title in its language for screen readers', () => {
    expect(frame(ALL)?.title).toBe('ニュースレターのお申し込み');
    expect(frame(NOTHING)?.title).toBe('Subscribe to our newsletter');
  });
});

describe('the form of plain HTML for a site', () => {
  it('asks for the address alone unless told otherwise', () => {
    const html = htmlSnippet(PUBLIC_URL, NOTHING);
    expect(read(html).elements[0]).toEqual({
      tag: 'form',
      method: 'post',
      action: `${PUBLIC_URL}/api/newsletter/subscribe`,
    });
    expect(fields(html)).toEqual([
      ['email', 'email', ''],
      [TRAP_FIELD, '', ''],
    ]);
  });

  it('has the fields that the server reads, in types that fit, family name first in Japanese', () => {
    const html = htmlSnippet(PUBLIC_URL, ALL);
    const sent = fields(html);
    expect(sent).toEqual([
      ['email', 'email', ''],
      ['lastName', '', ''],
      ['firstName', '', ''],
      ['attributes[city]', 'text', ''],
      ['attributes[age]', 'number', ''],
      ['attributes[vip]', '', ''],
      ['attributes[born]', 'date', ''],
      ['lists', 'checkbox', 'letters'],
      ['lists', 'checkbox', 'offers'],
      ['locale', 'hidden', 'ja'],
      [TRAP_FIELD, '', ''],
    ]);
    const form = Object.fromEntries(sent.map(([name]) => [name, 'x']));
    expect(Object.keys(attributesOf(form))).toEqual(['city', 'age', 'vip', 'born']);
    const choices = read(html).elements.filter(({ tag }) => tag === 'option');
    expect(choices.map(({ value }) => value)).toEqual(['', 'true', 'false']);
  });

  it('names a single list without asking', () => {
    const html = htmlSnippet(PUBLIC_URL, { ...ALL, lists: ALL.lists.slice(0, 1) });
    expect(fields(html)).toContainEqual(['lists', 'hidden', 'letters']);
  });

  it('shows labels and names as they are, and lets none of them become HTML', () => {
    const { elements, text } = read(htmlSnippet(PUBLIC_URL, ALL));
    for (const name of ['<b>City</b> & "region"', 'Letters & <more>', '"Offers"'])
      expect(text).toContain(name);
    expect(elements.filter(({ tag }) => tag === 'b' || tag === 'more')).toEqual([]);
  });
});
