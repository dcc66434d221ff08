import fc from 'fast-check';
import Handlebars from 'handlebars';
import { DomUtils, parseDocument } from 'htmlparser2';
import { expect, it } from 'vitest';
import { compileCampaign, DEFAULT_TEMPLATE_HTML, type RenderPerson } from '../../../server/src/compose';
import { ownHelpers } from '../../../server/src/compose/helpers';
import { oneHeaderLine } from '../../../server/src/delivery/headers';
import { links, person, snapshotOf } from '../compose/sample';
import { asRead, looksEncoded, nodemailers, ours, squeezed } from './composers';
import { headerLines } from './support';

const TRACKED = 'https://example.com/tracked?a=b&c=d';

/** What people enter about themselves, and what some enter in its place. */
const value = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'Ann',
    'José Ñ',
    '山田 花子',
    '陈'.repeat(120),
    'שלום עולם',
    'محمد \u202eevil',
    '👩‍👩‍👧 ☃',
    'x'.repeat(400),
    'a\r\nBcc: x@example.org\r\n\r\nbody',
    '\nX-Evil: 1',
    'x\rTo: y@example.org',
    '\u2028Bcc: z@example.org',
    '"><img src=x onerror=alert(1)>',
    "</div></td><script>alert('1')</script>",
    '--></style><!--',
    '&lt;b&gt; &amp;',
    '{{unsubscribeUrl}} {{#if x}}',
    '\uFDD0value0\uFDD1',
    'nul \u0000\u0007\u001b',
    '=20=',
    '.\n..\nFrom me',
    '\\',
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const reader: fc.Arbitrary<RenderPerson> = fc
  .record({
    firstName: fc.option(value),
    lastName: fc.option(value),
    attributes: fc.record(
      {
        note: fc.oneof(value, fc.constant('lone \ud800 surrogate')),
        vip: fc.constantFrom<unknown>(true, false, 'yes', '', 0, 7, null),
        html: fc.constantFrom('<i>raw</i> &amp; <b>more</b>', 'plain'),
        site: value.map((text) => `https://example.org/?q=${text}`),
        list: fc.array(value, { maxLength: 4 }),
        orders: fc.array(fc.record({ what: value, price: fc.integer() }), { maxLength: 3 }),
        address: fc.record({ city: value }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(person);

/** Of a source, not of a person: what a line or an encoding may trip over. */
const words = fc.constantFrom(
  'Hello ',
  ' ',
  '\n',
  '\r\n',
  '\t ',
  'a < b ',
  '&amp; &lt;b&gt; &nbsp;',
  '.\n..\n',
  '\nFrom me ',
  '=20 = ',
  '{ ',
  '山田様、',
  'あいう'.repeat(150),
  'שלום ',
  'مرحبا ',
  '👩‍👩‍👧 ',
  'e\u0301\u00a0é ',
  'x'.repeat(1100),
  'word '.repeat(250),
);
const expression = fc.constantFrom(
  '{{firstName}}',
  '{{lastName}}',
  '{{name}}',
  '{{email}}',
  '{{language}}',
  '{{brand.name}}',
  '{{~firstName~}}',
  '{{attributes.note}}',
  '{{attributes.vip}}',
  '{{attributes.address.city}}',
  '{{attributes.none.at.all}}',
  '{{default attributes.note "friend"}}',
  '{{lookup attributes "note"}}',
  '{{! a remark }}',
);
const condition = fc.constantFrom(
  'firstName',
  'attributes.vip',
  'attributes.list',
  'attributes.none',
  '(eq attributes.vip "yes")',
);
const several = (parts: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(parts, { maxLength }).map((all) => all.join(''));
const label = several(fc.oneof(words, expression), 3);

const { block } = fc.letrec<{ inline: string; block: string }>((tie) => {
  const some = several(tie('inline'), 4);
  const all = several(tie('block'), 3);
  return {
    inline: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      words,
      expression,
      fc.constantFrom(
        '{{{attributes.html}}}',
        '<br>',
        '<img src="https://example.com/i.png" alt="{{firstName}}">',
      ),
      fc.tuple(condition, some, some).map(([on, yes, no]) => `{{#if ${on}}}${yes}{{else}}${no}{{/if}}`),
      fc.tuple(condition, some).map(([on, text]) => `{{#unless ${on}}}${text}{{/unless}}`),
      some.map(
        (text) =>
          `{{#each attributes.list}}${text}{{@index}} {{this}}, {{../firstName}}{{else}}none{{/each}}`,
      ),
      some.map((text) => `{{#with attributes.address}}${text}{{city}}{{else}}nowhere{{/with}}`),
      some.map((text) => `<b title="{{attributes.note}}">${text}</b>`),
      fc
        .tuple(
          fc.constantFrom(
            TRACKED.replace('&', '&amp;'),
            'https://example.com/?q={{firstName}}&amp;x={{attributes.note}}',
            '{{attributes.site}}',
            '{{unsubscribeUrl}}',
          ),
          label,
        )
        .map(([href, text]) => `<a href="${href}">${text}</a>`),
      label.map((text) => `<!-- ${text} -->`),
    ),
    block: fc.oneof(
      { maxDepth: 2 },
      some.map((text) => `<p>${text}</p>`),
      some.map((text) => `<h1 style="color:#123">${text}</h1>\n`),
      some.map((text) => `<ul>{{#each attributes.list}}<li>{{this}}${text}</li>{{/each}}</ul>`),
      some.map(
        (text) =>
          `<table><tr><td>${text}</td></tr>{{#each attributes.orders}}<tr><td>{{what}}</td><td>{{price}}</td></tr>{{/each}}</table>`,
      ),
      fc.tuple(condition, all, all).map(([on, yes, no]) => `{{#if ${on}}}${yes}{{else}}${no}{{/if}}`),
      fc.tuple(condition, all).map(([on, text]) => `\n{{#unless ${on}}}\n${text}\n{{/unless}}\n`),
    ),
  };
});
const line = several(
  fc.oneof(
    label,
    fc.constantFrom(
      '\r\nBcc: x@example.org',
      '\nX-Evil: 1\r\n\r\nbody',
      '{{#if attributes.vip}}VIP{{else}}\r\nTo: y{{/if}}',
    ),
  ),
  4,
);
const sources = fc.record({
  subject: line.map((text) => `Re${text}`),
  preheader: line,
  body: several(block, 4).map(
    (text) => `<style>p { margin: 0 } h1 { color: red }</style><div id="letter">${text}</div>`,
  ),
  templateHtml: fc.constantFrom(
    null,
    DEFAULT_TEMPLATE_HTML,
    '<html><head><title>{{subject}}</title></head><body>{{preheader}}{{{content}}}{{{footer}}}</body></html>',
  ),
});

const NOT_SHOWN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\uFDD0\uFDD1]/g;

/** As a reader sees it: without controls and what would turn the text around it, blanks as HTML shows them. */
const asShown = (text: string): string =>
  text
    .replace(NOT_SHOWN, '')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/[ \t\r\n]+/g, ' ')
    .trim();

/** The same in one line. */
const asLine = (text: string): string => asShown(text.replace(/[\u2028\u2029]/g, ' '));

/** The body without what comes around it: its text, and what of its attributes a reader meets. */
function letterOf(html: string) {
  const letter = DomUtils.getElementById('letter', parseDocument(html).children, true)!;
  return {
    text: asShown(DomUtils.innerText(letter)),
    attributes: DomUtils.getElementsByTagName('*', letter, true).flatMap(({ attribs }) =>
      ['href', 'title', 'alt'].flatMap((name) =>
        name in attribs ? `${name} ${asShown(attribs[name]!)}` : [],
      ),
    ),
  };
}

/** Handlebars and nothing else. */
const engine = Handlebars.create();
engine.registerHelper(ownHelpers);

function handlebars(source: string, who: RenderPerson, options: CompileOptions = {}): string {
  const { brand, name: campaign, defaultLanguage } = snapshotOf();
  const template = engine.compile<object>(source, options);
  return template({
    ...who,
    name: [who.firstName, who.lastName].filter((part) => part?.trim()).join(' '),
    language: defaultLanguage,
    unsubscribeUrl: links.unsubscribe,
    brand,
    campaign: { name: campaign },
  });
}

it('shows each person what Handlebars makes of the sources, and reads as what nodemailer composes of it', async () => {
  await fc.assert(
    fc.asyncProperty(sources, fc.array(reader, { minLength: 1, maxLength: 3 }), async (source, readers) => {
      const compiled = compileCampaign(snapshotOf(source), new Map([[TRACKED, 1]]));
      const content = compiled.contentFor('a', null);
      for (const who of readers) {
        const rendered = compiled.render(content, who, links);

        const expected = letterOf(handlebars(source.body, who));
        expect(letterOf(rendered.html)).toEqual({
          ...expected,
          attributes: expected.attributes.map((one) => one.replace(TRACKED, links.click!(1))),
        });
        for (const part of ['subject', 'preheader'] as const) {
          expect(rendered[part]).toBe(asLine(handlebars(source[part], who, { noEscape: true })));
        }

        const name = oneHeaderLine([who.firstName, who.lastName].filter(Boolean).join(' '));
        const letter = { name, subject: rendered.subject, ...rendered.filled };
        fc.pre(!looksEncoded(letter));
        const raw = ours(letter);
        expect(squeezed(await asRead(raw))).toEqual(squeezed(await asRead(await nodemailers(letter))));
        expect([...headerLines(raw).keys()]).toEqual([
          'from',
          'to',
          'subject',
          'message-id',
          'date',
          'mime-version',
          'content-type',
        ]);
      }
    }),
    { numRuns: 150 },
  );
}, 120_000);
