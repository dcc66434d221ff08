import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { parseDocument } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../../shared/contracts';
import { html } from '../../../server/src/http/public/html';
import { renderPage } from '../../../server/src/http/public/layout';
import { WORDS } from '../../../server/src/http/public/words';

const brand = (fields: object = {}) => settingsSchema.parse({ brand: fields }).brand;
const page = (fields: object = {}, content = html`<p>Text</p>`) =>
  renderPage({ language: 'en', title: 'Title', content }, brand(fields));

/** Text and attribute values of the one element inside. */
function read(markup: string): { text: string; title: string; children: number } {
  const document = parseDocument(markup);
  const [element] = document.children as unknown as {
    attribs: Record<string, string>;
    children: { data?: string }[];
  }[];
  return {
    text: element!.children.map(({ data }) => data ?? '<element>').join(''),
    title: element!.attribs.title!,
    children: document.children.length,
  };
}

describe('html', () => {
  it('lets no value leave its place, in text or in an attribute', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('"><script>alert(1)</script>', "' onload='x", '</p>', '<!--', '&lt;', '`', ']]>'),
    );
    fc.assert(
      fc.property(nasty, (value) => {
        fc.pre(!/[\r\n\0]/.test(value));
        expect(read(html`<p title="${value}">${value}</p>`.toString())).toEqual({
          text: value,
          title: value,
          children: 1,
        });
      }),
    );
  });

  it('nests itself and arrays of itself, and leaves nothing for nothing', () => {
    const items = ['<a>', 'b'].map((item) => html`<li>${item}</li>`);
    const list = html`<p>${items}${null}${undefined}${false}${0}</p>`.toString();
    expect(list.replace(/\s+/g, '')).toBe('<p><li>&#60;a&#62;</li><li>b</li>0</p>');
  });
});

describe('the frame of the pages', () => {
  it('allows exactly the style that it sends', () => {
    for (const color of ['#000000', '#ffffff', '#2f7d4f']) {
      const { body, csp } = page({ color });
      const css = /<style>([^]*?)<\/style>/.exec(body)![1]!;
      expect(csp).toContain(`'sha256-${createHash('sha256').update(css).digest('base64')}'`);
      expect(css).toContain(`--brand:${color}`);
    }
  });

  it('writes on the brand colour in the colour that reads better', () => {
    const on = (color: string) => /--on-brand:(#\w+)/.exec(page({ color }).body)![1];
    expect([on('#4945ff'), on('#ffffff'), on('#ffd400'), on('#000000')]).toEqual([
      '#fff',
      '#000',
      '#000',
      '#fff',
    ]);
  });

  it('loads pictures from nowhere but the logo, and no logo that is not on the web', () => {
    expect(page().csp).not.toContain('img-src');
    expect(page({ logoUrl: 'https://cdn.example.com/logo.png?a="b' }).csp).toContain(
      '; img-src https://cdn.example.com;',
    );
    const script = page({ logoUrl: 'javascript:alert(1)' });
    expect(script.csp).not.toContain('img-src');
    expect(script.body).not.toContain('javascript:');
  });

  it('escapes what editors wrote', () => {
    const { body } = page({ name: '<b>"A" & B</b>', postalAddress: '<script>', contact: '<i>' });
    expect(body).not.toMatch(/<b>|<script|<i>/);
    expect(body).toContain('&#60;script&#62;');
  });
});

describe('words', () => {
  it('are there in every language, each its own', () => {
    const flat = (value: unknown, name = ''): [string, string][] =>
      typeof value === 'string'
        ? [[name, value]]
        : typeof value === 'function'
          ? [[name, String((value as (x: unknown) => string)('@@'))]]
          : Object.entries(value as object).flatMap(([key, inner]) => flat(inner, `${name}.${key}`));
    const en = new Map(flat(WORDS.en));
    const ja = new Map(flat(WORDS.ja));
    expect([...ja.keys()]).toEqual([...en.keys()]);
    for (const [name, text] of ja) {
      expect({ name, same: text === en.get(name) }).toEqual({ name, same: false });
      expect({ name, isJapanese: /[\u3040-\u30ff\u4e00-\u9fff]/.test(text) }).toEqual({
        name,
        isJapanese: true,
      });
      expect({ name, placeholder: text.includes('@@') }).toEqual({
        name,
        placeholder: en.get(name)!.includes('@@'),
      });
    }
  });
});
