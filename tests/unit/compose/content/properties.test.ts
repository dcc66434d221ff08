/* eslint-disable no-control-regex */
import fc from 'fast-check';
import { Parser } from 'htmlparser2';
import { expect, it } from 'vitest';
import { compileCampaign, entryToHtml, entryToText, inertSource } from '../../../../server/src/compose';
import { KEPT, VOID } from '../../../../server/src/compose/content/allowed';
import { parseSource } from '../../../../server/src/compose/source';
import { links, person, snapshotOf } from '../sample';

const options = { baseUrl: 'https://cms.example.com', siteUrl: 'https://www.example.com/blog/a' };

const scrap = fc.constantFrom(
  ...(
    '<p>|</p>|<b>|</b>|<a href="https://example.com/{{x}}">|<a href=javascript:x>|</a>|<table>|</table>|<tr>|<td>|</td>|<tbody>|<ul>|<li>|</ul>|<div ' +
    'style="a:{{b}};color:red">|</div>|<script>|</script>|<style>|</style>|<!--|-->|<![CDATA[|]]>|<h2>|</h2>|<pre>|</pre>|<code>|</code>|<img src=x onerror=y>|<iframe src="//a.b/c">|</iframe>|' +
    '<svg>|</svg>|<math>|<select>|<option>|<textarea>|</textarea>|<title>|<template>|{{|}}|{|}|{{{content}}}|{{#if x}}|{{/if}}|\\{{|\\\\{{|{{!--|&#123;&#123;|&lbrace;|&lt;script&gt;|<|>|&|"|\'|<a|="|' +
    '# |* |- |> |`|```|\n\n|    |[x](/y "{{z}}")|![|](/uploads/a.png)|| a |\n|-|\n|1. |https://a.b/{{c}}|日本語|👩‍👩‍👧|مرحبا\u202e|\u0000|\ud800|\uFDD0static0\uFDD1|x'
  ).split('|'),
);
const hostile = fc
  .array(fc.oneof(scrap, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), { maxLength: 30 })
  .map((parts) => parts.join(''));

const node = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.record({ type: fc.constant('text'), text: hostile, bold: fc.boolean(), code: fc.boolean() }),
    fc.record({
      type: fc.constantFrom(
        'paragraph',
        'heading',
        'list',
        'list-item',
        'quote',
        'code',
        'link',
        'custom',
        '__proto__',
        'constructor',
      ),
      level: fc.oneof(fc.integer(), fc.constant(null)),
      format: fc.constantFrom('ordered', 'unordered', null),
      url: fc.oneof(fc.webUrl(), hostile),
      children: fc.oneof(fc.array(tie('node'), { maxLength: 4 }), fc.constant(null)),
    }),
    fc.record({
      type: fc.constant('image'),
      image: fc.oneof(
        fc.anything(),
        fc.record({
          url: hostile,
          alternativeText: hostile,
          caption: hostile,
          width: fc.double(),
          formats: fc.anything(),
        }),
      ),
    }),
    fc.anything(),
  ),
})).node;

const content = fc.oneof(
  fc.record({ kind: fc.constantFrom('html', 'markdown', 'text'), value: hostile }),
  fc.record({ kind: fc.constantFrom('html', 'markdown', 'text', 'blocks', 'media'), value: fc.anything() }),
  fc.record({ kind: fc.constantFrom('blocks'), value: fc.array(node, { maxLength: 5 }) }),
) as fc.Arbitrary<{ kind: 'html' | 'markdown' | 'text' | 'blocks' | 'media'; value: unknown }>;

/** Every tag is closed in order: what a strict reader of XML would ask. */
function expectWellFormed(html: string): void {
  const open: string[] = [];
  for (const [, closing, name] of html.matchAll(/<(\/?)([a-z0-9]+)(?: [a-z-]+="[^"<>]*")*>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!VOID.has(name!)) open.push(name!);
    expect(KEPT.has(name!)).toBe(true);
  }
  expect(open).toEqual([]);
  expect(html.replace(/<\/?[a-z0-9]+(?: [a-z-]+="[^"<>]*")*>/g, '')).not.toMatch(/[<>]/);
}

it('gives well-formed HTML without scripts, handlers, foreign schemes and Handlebars, whatever the entry', () => {
  fc.assert(
    fc.property(content, ({ kind, value }) => {
      const html = entryToHtml(value, kind, options);
      expectWellFormed(html);
      expect(html).not.toContain('{');
      new Parser({
        onopentag(_name, attributes) {
          for (const [name, address] of Object.entries(attributes)) {
            expect(name).not.toMatch(/^on|^(class|id|srcset|target)$/);
            if (name === 'href') expect(address).toMatch(/^(https?:\/\/|mailto:|tel:|sms:)/i);
            if (name === 'src') expect(address).toMatch(/^https?:\/\//);
          }
        },
      }).end(html);
    }),
    { numRuns: 1000 },
  );
});

it('loses no text when it is cleaned again, as when an editor pastes it into an entry', () => {
  fc.assert(
    fc.property(content, ({ kind, value }) => {
      const html = entryToHtml(value, kind, options);
      expect(squash(textOf(entryToHtml(html, 'html', options)))).toBe(squash(textOf(html)));
    }),
    { numRuns: 400 },
  );
});

it('is a body that our compiler takes, and arrives as the same text', () => {
  fc.assert(
    fc.property(content, ({ kind, value }) => {
      const body = entryToHtml(value, kind, options);
      const { ast } = parseSource(body);
      expect(ast?.body.every(({ type }) => type === 'ContentStatement')).toBe(true);
      const compiled = compileCampaign(
        snapshotOf({ body: `<div title="start"></div>${body}<div title="end"></div>` }),
        new Map(),
      );
      const mail = compiled.render(compiled.contentFor('a', null), person(), links);
      expect(textBetween(mail.html)).toBe(squash(textOf(body)));
    }),
    { numRuns: 300 },
  );
});

it('shows plain text exactly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      const clean = value.replace(
        /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\uFDD0\uFDD1]/g,
        '',
      );
      expect(squash(textOf(entryToHtml(value, 'text', options)))).toBe(squash(clean));
      expect(squash(entryToText(value, 'text'))).toBe(squash(clean));
    }),
    { numRuns: 300 },
  );
});

it('makes a text for a subject that stays itself between Handlebars', () => {
  const text = fc
    .array(
      fc.oneof(
        fc.constantFrom('{', '}', '{{', '}}', '\\', '"', "'", '{{v}}', '!', '#', 'a', ' b'),
        fc.string(),
      ),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (value) => {
      const line = entryToText(value, 'text');
      const subject = `x${inertSource(line)}{{firstName}}${inertSource(line)}x`;
      const compiled = compileCampaign(snapshotOf({ subject }), new Map());
      const mail = compiled.render(compiled.contentFor('a', null), person(), links);
      expect(mail.subject).toBe(`x${line}Ann${line}x`.trim());
    }),
    { numRuns: 500 },
  );
});

const squash = (value: string) => value.replace(/[\s\u00a0]+/g, '');

function textOf(html: string): string {
  let text = '';
  new Parser({ ontext: (part) => (text += part) }).end(html);
  return text;
}

/** Text of the mail's body between the two marks that stand around the entry's content. */
function textBetween(html: string): string {
  let text = '';
  let inside = false;
  new Parser({
    onopentag: (_name, { title }) => {
      if (title === 'start') inside = true;
      if (title === 'end') inside = false;
    },
    ontext: (part) => {
      if (inside) text += part;
    },
  }).end(html);
  return squash(text);
}
