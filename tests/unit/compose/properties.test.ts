/* eslint-disable no-control-regex */
import fc from 'fast-check';
import { parseDocument, type Handler, Parser } from 'htmlparser2';
import { expect, it } from 'vitest';
import { compileCampaign, DEFAULT_TEMPLATE_HTML } from '../../../server/src/compose';
import { links, person, snapshotOf } from './sample';

const nasty = fc.constantFrom(
  '山田 花子',
  '👩‍👩‍👧 ☃',
  'محمد \u202eevil',
  '</td></table><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='x",
  '{{unsubscribeUrl}} {{{content}}} {{#if x}}',
  'a\r\nBcc: x@example.com\r\n\r\nbody',
  '--></style></title><!--',
  '&lt;b&gt; &amp; &#x27;',
  'javascript:alert(1)',
  ']]>`=;{}\\',
  '\uFDD0unsubscribe\uFDD1\uFDD0static0\uFDD1\uFDD0value1\uFDD1',
  '\u0000\u0007\u001b\ud800',
);
// A visible character keeps the value from being empty, which is a shape of its own.
const value = fc
  .array(fc.oneof(nasty, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => `x${parts.join('')}`);

const BODY = `<style>.c { color: {{attributes.color}}; } p { margin: 0 }</style>
<h1>{{name}}</h1><p class="c" title="{{firstName}}" style="color:{{attributes.color}}">Hello {{firstName}}, {{attributes.note}}</p>
<table><tr><td data-x={{attributes.note}}>{{lastName}}</td></tr></table>
<p><a href="https://example.com/a">static</a> <a href="{{attributes.site}}">own</a> <a href="https://example.com/?q={{firstName}}">q</a></p>
<!-- {{attributes.note}} --><a href="{{unsubscribeUrl}}">{{default attributes.note "x"}}</a> <span {{attributes.note}}>s</span>`;

const compiled = compileCampaign(
  snapshotOf({
    subject: 'Hi {{firstName}} {{attributes.note}}',
    preheader: '{{lastName}} {{attributes.note}}',
    body: BODY,
    templateHtml: DEFAULT_TEMPLATE_HTML,
  }),
  new Map([['https://example.com/a', 1]]),
);

function mailOf(text: { first: string; last: string; note: string; color: string; site: string }) {
  const who = person({
    firstName: text.first,
    lastName: text.last,
    attributes: { note: text.note, color: text.color, site: text.site },
  });
  return compiled.render(compiled.contentFor('a', null), who, links);
}

/** Elements with the names of their attributes, and comments: all but the text and the values. */
function structureOf(html: string): string[] {
  const seen: string[] = [];
  const handler: Partial<Handler> = {
    onopentag: (name, attributes) => void seen.push(`<${name} ${Object.keys(attributes).sort().join(' ')}>`),
    onclosetag: (name) => void seen.push(`</${name}>`),
    oncomment: () => void seen.push('<!-- -->'),
  };
  new Parser(handler).end(html);
  return seen;
}

function hrefsOf(html: string): string[] {
  const hrefs: string[] = [];
  new Parser({ onopentag: (name, { href }) => void (name === 'a' && hrefs.push(href ?? '')) }).end(html);
  return hrefs;
}

const plain = mailOf({ first: 'x', last: 'x', note: 'x', color: 'x', site: 'x' });
const anybody = fc.record({ first: value, last: value, note: value, color: value, site: value });

it('keeps the structure of the mail whatever a person is called', () => {
  fc.assert(
    fc.property(anybody, (text) => {
      expect(structureOf(mailOf(text).html)).toEqual(structureOf(plain.html));
    }),
    { numRuns: 400 },
  );
});

it('never alters a link that is not the person’s own', () => {
  fc.assert(
    fc.property(anybody, (text) => {
      const hrefs = hrefsOf(mailOf(text).html);
      const known = hrefsOf(plain.html);
      expect(hrefs.length).toBe(known.length);
      hrefs.forEach((href, i) => {
        if (i === 1) expect(href).not.toMatch(/^\s*(javascript|data|vbscript):/i);
        else if (i === 2) expect(href.startsWith('https://example.com/?q=')).toBe(true);
        else expect(href).toBe(known[i]);
      });
    }),
    { numRuns: 200 },
  );
});

it('shows the name as text, exactly, and always the way out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), nasty, (first, note) => {
      const shown = `x${first}`;
      const mail = mailOf({ first: shown, last: 'x', note, color: 'x', site: 'x' });
      let title: string | undefined;
      new Parser({
        onopentag: (name, attributes) => void (name === 'p' && (title ??= attributes.title)),
      }).end(mail.html);
      expect(title).toBe(
        shown.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ''),
      );
      expect(mail.text).toContain(links.unsubscribe);
      expect(parseDocument(mail.html).children.length).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
  );
});

it('keeps subject and preheader on one line without controls, and no slot in any part', () => {
  fc.assert(
    fc.property(anybody, (text) => {
      const mail = mailOf(text);
      for (const line of [mail.subject, mail.preheader])
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
      for (const part of [mail.subject, mail.preheader, mail.html, mail.text])
        expect(part).not.toMatch(/[\uFDD0\uFDD1]|\p{Surrogate}/u);
    }),
    { numRuns: 200 },
  );
});

it('gives the same mail each time', () => {
  fc.assert(
    fc.property(anybody, (text) => {
      expect(mailOf(text)).toEqual(mailOf(text));
    }),
    { numRuns: 30 },
  );
});
