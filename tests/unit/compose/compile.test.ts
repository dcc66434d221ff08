import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  compileCampaign,
  contentFor,
  DEFAULT_TEMPLATE_HTML,
  extractLinks,
} from '../../../server/src/compose';
import { links, person, snapshotOf } from './sample';

function mailOf(
  overrides: Parameters<typeof snapshotOf>[0],
  who = person(),
  urls: string[] = [],
  how = links,
) {
  const snapshot = snapshotOf(overrides);
  const compiled = compileCampaign(snapshot, new Map(urls.map((url, i) => [url, i + 1])));
  return compiled.render(compiled.contentFor('a', who.language), who, how);
}

const times = (text: string, part: string) => text.split(part).length - 1;

describe('values', () => {
  it('escapes what comes from a person, unless it is marked raw', () => {
    const who = person({ firstName: '<b>"Al"</b> & \'co\'', attributes: { html: '<i>x</i>' } });
    const { html } = mailOf({ body: '<p title="{{firstName}}">{{firstName}}</p>{{{attributes.html}}}' }, who);
    const escaped = '&lt;b&gt;&quot;Al&quot;&lt;/b&gt; &amp; &#39;co&#39;';
    expect(html).toContain(`<p title="${escaped}">${escaped}</p><i>x</i>`);
  });

  it('leaves nothing where a variable is missing', () => {
    const { html, subject } = mailOf({
      subject: 'Hi {{nobody.here}}!',
      body: '<p>[{{attributes.none}}{{foo.bar}}]</p>',
    });
    expect(html).toContain('<p>[]</p>');
    expect(subject).toBe('Hi !');
  });

  it('renders the subject as one line of text', () => {
    const who = person({ firstName: 'A & B\r\nBcc: x@example.com\u0000\u2028<i>' });
    expect(mailOf({ subject: 'Hi {{firstName}} {{name}}' }, who).subject).toBe(
      'Hi A & B Bcc: x@example.com <i> A & B Bcc: x@example.com <i> Lee',
    );
  });

  it('does not reach prototypes, constructors or helpers that are not listed', () => {
    const body =
      '<p>[{{constructor.name}}{{attributes.constructor}}{{firstName.length}}{{attributes.__proto__.x}}]</p>';
    expect(mailOf({ body }).html).toMatch(/<p>\[\d?\]<\/p>/);
    expect(() => mailOf({ body: '{{log "x"}}' })).toThrow('There is no helper “log”');
    expect(() => mailOf({ body: '{{newsletterRaw firstName}}' })).toThrow('There is no helper');
  });

  it('has default, eq and formatDate', () => {
    const body =
      '<p>{{default attributes.nick "friend"}}|{{#if (eq attributes.n "5")}}five{{/if}}|{{formatDate attributes.d "yyyy/MM/dd" zone="Asia/Tokyo"}}|{{formatDate attributes.bad}}|{{formatDate attributes.d "long" locale="ja"}}</p>';
    const who = person({ attributes: { nick: ' ', n: 5, d: '2026-12-01T20:00:00Z', bad: 'soon' } });
    expect(mailOf({ body }, who).html).toContain('<p>friend|five|2026/12/02||2026年12月1日</p>');
  });

  it('puts the family name first in a Japanese mail', () => {
    const who = person({ firstName: '花子', lastName: '山田' });
    expect(mailOf({ language: 'ja', subject: '{{name}}様' }, who).subject).toBe('山田 花子様');
  });

  it('gives each person their own data, also with the same structure', () => {
    const compiled = compileCampaign(
      snapshotOf({ body: '<p>{{firstName}}{{#if attributes.vip}}!{{/if}}</p>' }),
      new Map(),
    );
    const content = compiled.contentFor('a', null);
    const shown = (name: string, vip: boolean) =>
      /<p>(.*?)<\/p>/.exec(
        compiled.render(content, person({ firstName: name, attributes: { vip } }), links).html,
      )![1];
    expect([shown('A', false), shown('B', true), shown('C', false), shown('D', true)]).toEqual([
      'A',
      'B!',
      'C',
      'D!',
    ]);
  });
});

describe('addresses and styles in values', () => {
  it('takes only harmless schemes where a value is the whole address', () => {
    const body = '<a href="{{attributes.u}}">x</a>';
    for (const u of ['javascript:alert(1)', ' java\tscript:alert(1)', 'data:text/html,x', 'vbscript:x']) {
      const mail = mailOf({ body }, person({ attributes: { u } }));
      expect(mail.html).toContain('<a href="#">x</a>');
      expect(mail.text).not.toMatch(/script:|data:/);
    }
    expect(mailOf({ body }, person({ attributes: { u: 'https://example.com/?a=1&b' } })).html).toContain(
      'href="https://example.com/?a=1&amp;b"',
    );
  });

  it('drops dangerous addresses of the source, raw values included', () => {
    const body = '<a href="javascript:x()">1</a><a href=" data:text/html,1">2</a>{{{attributes.h}}}';
    const { html } = mailOf({ body }, person({ attributes: { h: '<a href="JavaScript:y">3</a>' } }));
    expect(html).toContain('<a>1</a><a>2</a><a>3</a>');
  });

  it('keeps a value from ending the declaration, the element or the tag it stands in', () => {
    const who = person({ firstName: 'red;} body{display:none', attributes: { raw: 'x onload=1' } });
    const { html } = mailOf({ body: '<p style="color:{{firstName}}" {{attributes.raw}}>x</p>' }, who);
    expect(html).not.toContain('display:none}');
    expect(html).not.toMatch(/<p[^>]*onload/);
    expect(html).not.toMatch(/<p[^>]*style="[^"]*\{/);
  });
});

describe('styles', () => {
  it('inlines rules, keeps media queries and uses the brand', () => {
    const body =
      '<style>p { color: {{brand.color}}; } a:hover { color: red } @media (max-width: 600px) { p { color: blue !important } }</style><p>x</p><a href="#">y</a>';
    const { html } = mailOf({ body, brand: { color: '#123456' } });
    expect(html).toContain('<p style="color: #123456;">x</p>');
    expect(html).toContain('@media (max-width: 600px)');
    expect(html).toContain('a:hover');
  });

  it('styles what a branch rendered, and does not read style sheets from disk', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'css-')), 'a.css');
    writeFileSync(file, 'p { color: rgb(9, 9, 9) }');
    const body = `<link rel="stylesheet" href="${file}"><link rel="stylesheet" href="file://${file}"><style>tr:nth-child(2) td { color: green }</style><table>{{#each attributes.rows}}<tr><td>{{this}}</td></tr>{{/each}}</table><p>x</p>`;
    const { html } = mailOf({ body }, person({ attributes: { rows: ['a', 'b'] } }));
    expect(html).toContain('<td>a</td>');
    expect(html).toContain('<td style="color: green;">b</td>');
    expect(html).not.toContain('rgb(9, 9, 9)');
  });
});

describe('links', () => {
  const body = `<a href="https://example.com/?a=1&amp;b=2">1</a><a href="https://example.com/x" data-no-track>2</a>
    <a href="mailto:a@example.com">3</a><a href="#top">4</a><a href="https://example.com/{{firstName}}">5</a>
    <a href="{{unsubscribeUrl}}">6</a><a href="https://news.example.com/api/newsletter/unsubscribe/zzz">7</a>
    <a href='https://example.com/?a=1&b=2'>8</a>{{#if attributes.x}}<a href="https://example.com/only">9</a>{{else}}<a href="https://example.com/else">10</a>{{/if}}
    <a href="{{#if attributes.x}}https://example.com/p{{else}}https://example.com/q{{/if}}">11</a><map><area href="https://example.com/area"></map>`;
  const urls = [
    'https://example.com/?a=1&b=2',
    'https://example.com/only',
    'https://example.com/else',
    'https://example.com/area',
  ];

  it('finds the addresses that are the same for everybody, in every branch', () => {
    expect(extractLinks(snapshotOf({ body }))).toEqual(urls);
    expect(
      extractLinks(snapshotOf({ templateHtml: '<a href="https://example.com/t">t</a>{{{content}}}' })),
    ).toEqual(['https://example.com/t']);
    expect(extractLinks(snapshotOf({ body, tracking: { opens: true, clicks: false } }))).toEqual([]);
  });

  it('replaces just those in the mail, and shows the real address in the text', () => {
    const { html, text } = mailOf({ body }, person(), urls);
    const hrefs = [...html.matchAll(/<(?:a|area)\b[^>]*?href="([^"]*)"[^>]*>(?:(\d+)<)?/g)].map((m) => m[1]);
    expect(hrefs.slice(0, 11)).toEqual([
      links.click!(1),
      'https://example.com/x',
      'mailto:a@example.com',
      '#top',
      'https://example.com/Ann',
      links.unsubscribe,
      'https://news.example.com/api/newsletter/unsubscribe/zzz',
      links.click!(1),
      links.click!(3),
      'https://example.com/q',
      links.click!(4),
    ]);
    expect(html).not.toContain('data-no-track');
    expect(text).toContain('1 <https://example.com/?a=1&b=2>');
    expect(text).not.toContain('/click/');
  });

  it('leaves addresses alone when clicks are not tracked, by campaign or by mail', () => {
    const plain = '<a href="https://example.com/?a=1&amp;b=2">1</a>';
    expect(mailOf({ body: plain, tracking: { opens: true, clicks: false } }, person(), urls).html).toContain(
      plain,
    );
    expect(mailOf({ body: plain }, person(), urls, { ...links, click: null }).html).toContain(plain);
  });

  it('has the pixel at the end only when there is one', () => {
    expect(mailOf({}).html).toMatch(
      /<img src="[^"]*\/open\/O-1" alt="" width="1" height="1"[^>]*><\/body><\/html>$/,
    );
    expect(mailOf({}, person(), [], { ...links, openPixel: null }).html).not.toContain('<img');
  });
});

describe('footer', () => {
  const identity = ['Acme', '1 Main Street', 'Springfield'];

  it('is there in HTML and text, in the language of the mail', () => {
    for (const [language, word] of [
      ['en', 'Unsubscribe'],
      ['ja', '配信を停止する'],
      ['fr', 'Unsubscribe'],
    ] as const) {
      const mail = mailOf({ language });
      for (const part of [word, links.unsubscribe, ...identity]) {
        expect(mail.html).toContain(part);
        expect(mail.text).toContain(part);
      }
    }
  });

  it('is not added twice', () => {
    const own = '<p>{{brand.name}}<br>{{brand.postalAddress}}</p><a href="{{unsubscribeUrl}}">Leave</a>';
    expect(times(mailOf({ body: own }).html, '/unsubscribe/U-1')).toBe(1);
    expect(mailOf({ body: own }).html).not.toContain('Sent by');
    const slot = mailOf({ templateHtml: '<html><body>{{{content}}}{{{footer}}}</body></html>' });
    expect(times(slot.html, '/unsubscribe/U-1')).toBe(1);
    expect(times(slot.html, '1 Main Street')).toBe(1);
  });

  it('adds what is missing, hidden or not rendered for this person', () => {
    expect(mailOf({ body: '<a href="{{unsubscribeUrl}}">Leave</a>' }).html).toContain(
      '1 Main Street<br>Springfield',
    );
    const hidden =
      '<p>Acme 1 Main Street Springfield</p><div style="display: none"><a href="{{unsubscribeUrl}}">x</a></div>';
    expect(times(mailOf({ body: hidden }).html, '/unsubscribe/U-1')).toBe(2);
    const some =
      '<p>Acme 1 Main Street Springfield</p>{{#if attributes.x}}<a href="{{unsubscribeUrl}}">x</a>{{/if}}';
    expect(mailOf({ body: some }).html).toContain('>Unsubscribe</a>');
    expect(mailOf({ body: some }, person({ attributes: { x: true } })).html).not.toContain(
      '>Unsubscribe</a>',
    );
  });
});

describe('preheader', () => {
  it('opens the body, hidden and escaped; not when the template shows it itself', () => {
    const { html, text } = mailOf({ preheader: 'Read <{{firstName}}>' });
    expect(html).toMatch(/<body><div style="display:none[^"]*">Read &lt;Ann&gt;/);
    expect(text).not.toContain('Read');
    expect(mailOf({}).html).not.toContain('&zwnj;');
    const own = mailOf({
      preheader: 'Read',
      templateHtml: '<body><i>{{preheader}}</i>{{{content}}}</body>',
    }).html;
    expect(times(own, 'Read')).toBe(1);
  });
});

describe('the default template', () => {
  it('carries content, brand, subject and one footer, in valid one-column tables', () => {
    const { html, text } = mailOf({
      templateHtml: DEFAULT_TEMPLATE_HTML,
      subject: 'Hi {{firstName}}',
      body: '<h1>Hello</h1>',
      brand: { color: '#0a7d55' },
    });
    expect(html).toContain('<title>Hi Ann</title>');
    expect(html).toContain('<html lang="en"');
    expect(html).toMatch(/class="bar"[^>]*background-color: #0a7d55/);
    expect(html).toContain('@media (prefers-color-scheme: dark)');
    expect(times(html, '/unsubscribe/U-1')).toBe(1);
    expect(times(html, '1 Main Street')).toBe(1);
    expect(text).toContain('Hello');
    expect(html.length).toBeLessThan(20_000);
  });

  it('shows a logo with the name as its text when there is one', () => {
    const { html } = mailOf({
      templateHtml: DEFAULT_TEMPLATE_HTML,
      brand: { logoUrl: 'https://example.com/l.png' },
    });
    expect(html).toMatch(/<img [^>]*src="https:\/\/example\.com\/l\.png"/);
    expect(html).toContain('alt="Acme"');
  });
});

describe('contentFor', () => {
  const row = (variant: string, language: string) => ({
    variant,
    language,
    subject: `${variant}-${language}`,
    preheader: '',
    body: '',
  });
  const contents = [row('a', 'en'), row('a', 'ja'), row('a', 'zh-Hant'), row('b', 'en')];
  it.each([
    ['a', 'ja', 'a-ja'],
    ['a', 'JA-jp', 'a-ja'],
    ['a', 'zh-Hant-TW', 'a-zh-Hant'],
    ['a', 'zh-Hans', 'a-en'],
    ['a', null, 'a-en'],
    ['b', 'ja', 'b-en'],
    ['z', 'ja', 'a-ja'],
  ])('%s %s → %s', (variant, language, subject) => {
    expect(contentFor({ contents, defaultLanguage: 'en' }, variant, language).subject).toBe(subject);
  });
});
