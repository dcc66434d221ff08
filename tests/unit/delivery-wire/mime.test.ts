import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FilledText } from '../../../server/src/compose';
import { relaxedBody } from '../../../server/src/delivery/dkim/canon';
import { oneHeaderLine } from '../../../server/src/delivery/headers';
import { composeMail } from '../../../server/src/delivery/mime/compose';
import { folded, mailbox, textField } from '../../../server/src/delivery/mime/header';
import { encodePart, type Piece } from '../../../server/src/delivery/mime/part';
import { quotedPrintable } from '../../../server/src/delivery/mime/quoted-printable';
import { asRead, canonical, join, looksEncoded, nodemailers, ours, squeezed } from './composers';

/** What mails are made of, and what breaks encoders. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'a',
      'Hello ',
      ' ',
      '  ',
      '\t',
      '\n',
      '\r\n',
      '\r',
      ' \n',
      '\t\r\n',
      '.',
      '\n.',
      '\n..\n',
      'From ',
      '\nFrom me',
    ],
    ...['=', '=20', '=\r\n', '--', '山田', '花子様、', '👩‍👩‍👧', 'שלום', 'é', 'e\u0301', '\u00a0', '\u2028'],
    ...['<p style="a:b">', '</p>', '&amp;', 'https://example.com/?a=b&c=d', 'x'.repeat(200), 'あ'.repeat(90)],
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
const filled: fc.Arbitrary<FilledText> = fc
  .array(fc.tuple(text, text), { minLength: 1, maxLength: 5 })
  .map((pairs) => ({
    fixed: pairs.map(([one], i) => (i === 0 ? `x${one}` : one)),
    values: pairs.slice(1).map(([, two]) => two),
  }))
  // A line break is not cut in two: holes stand between texts, not in them.
  .filter((cut) => !/\r$/m.test([...cut.fixed, ...cut.values].map((part) => part.slice(-1)).join('\n')));
/** Becomes base64: texts longer and shorter than a line, of characters with one to four octets each. */
const character = fc.constantFrom('a', '=', 'é', 'ø', '様', '子', '😀', '\r\n', '\n');
const stretch = fc
  .tuple(
    fc.string({ unit: character, maxLength: 6 }),
    fc.nat(70),
    fc.string({ unit: character, maxLength: 6 }),
  )
  .map(([start, length, end]) => start + 'あ'.repeat(length) + end);
const foreignText = fc.oneof(fc.string({ unit: character, maxLength: 6 }), stretch);
const foreignValue = fc.oneof(
  foreignText,
  fc.string({ unit: fc.constantFrom('a', '/', '&'), maxLength: 200 }),
);
const foreign: fc.Arbitrary<FilledText> = fc
  .tuple(fc.array(fc.tuple(foreignValue, foreignText), { maxLength: 8 }), stretch, fc.nat(8))
  .map(([pairs, long, place]) => ({
    fixed: ['x', ...pairs.map(([, one]) => one)].map((one, i) =>
      i === place % (pairs.length + 1) ? `${one}${'日'.repeat(40)}${long}` : one,
    ),
    values: pairs.map(([value]) => value),
  }));
const header = fc
  .array(
    fc.oneof(
      piece,
      fc.constantFrom(
        '\r\nBcc: x@example.org',
        '\nX-Evil: 1',
        '"',
        '\\',
        ',',
        '<',
        '>',
        '(',
        ')',
        '@',
        ';',
        '=?utf-8?Q?x?=',
      ),
    ),
    { maxLength: 10 },
  )
  .map((pieces) => oneHeaderLine(pieces.join('')));

const part = fc.oneof({ weight: 2, arbitrary: filled }, { weight: 1, arbitrary: foreign });
const mail = fc.record({ name: header, subject: header, text: part, html: part });

describe('what we compose', () => {
  it('shows text that looks like an encoded word as it is', async () => {
    const name = '=?utf-8?Q?Bank?=';
    const { mailparser, postal } = await asRead(
      ours({
        name,
        subject: `Re: ${name}`,
        text: { fixed: ['x'], values: [] },
        html: { fixed: ['x'], values: [] },
      }),
    );
    expect([mailparser.subject, postal.subject]).toEqual([`Re: ${name}`, `Re: ${name}`]);
    expect([mailparser.from?.[0]?.[0], postal.from?.name]).toEqual([name, name]);
  });

  it('reads in two parsers as what nodemailer composes', async () => {
    await fc.assert(
      fc.asyncProperty(mail, async (one) => {
        fc.pre(!looksEncoded(one));
        expect(squeezed(await asRead(ours(one)))).toEqual(squeezed(await asRead(await nodemailers(one))));
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('is 7-bit, in short lines, without dots to stuff, and in the form that DKIM hashes', () => {
    fc.assert(
      fc.property(mail, (one) => {
        const raw = ours(one);
        expect(raw.every((octet) => octet < 128)).toBe(true);
        const [head = '', ...rest] = raw.toString('latin1').split('\r\n\r\n');
        const body = rest.join('\r\n\r\n');
        expect(Math.max(...head.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
        for (const line of body.split('\r\n')) {
          expect(line.length).toBeLessThanOrEqual(76);
          expect(line).not.toMatch(/^\.|^From |[ \t]$| {2}|[\r\n]/);
        }
        expect(relaxedBody(Buffer.from(body)).toString()).toBe(body);
        expect(head.match(/^[\w-]+(?=:)/gm)).toEqual([
          'From',
          'To',
          'Subject',
          'Message-ID',
          'Date',
          'MIME-Version',
          'Content-Type',
        ]);
      }),
      { numRuns: 400 },
    );
  });

  it('never splits a character between encoded words', () => {
    fc.assert(
      fc.property(header, (name) => {
        const field = `${textField('Subject', name).text}\r\n${folded('To', mailbox(name, 'a@example.com')).text}`;
        for (const [, encoding, payload] of field.matchAll(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi)) {
          const octets =
            encoding!.toUpperCase() === 'B'
              ? Buffer.from(payload!, 'base64')
              : Buffer.from(
                  payload!.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
                    String.fromCharCode(parseInt(hex, 16)),
                  ),
                  'latin1',
                );
          expect(() => new TextDecoder('utf-8', { fatal: true }).decode(octets)).not.toThrow();
        }
      }),
    );
  });
});

it('encodes what stands apart so that it can be put together', () => {
  expect(quotedPrintable('a b  c \r\n.d\r\nFrom e=f\té')).toBe(
    'a b =20c=20\r\n=2Ed\r\n=46rom e=3Df=09=C3=A9',
  );
  expect(quotedPrintable('x'.repeat(80))).toBe(`${'x'.repeat(75)}=\r\nxxxxx`);
  expect(quotedPrintable(`.${'x'.repeat(74)}.z`)).toBe(`=2E${'x'.repeat(72)}=\r\nxx.z`);
  expect(quotedPrintable(`${'x'.repeat(75)}.z`)).toBe(`${'x'.repeat(75)}=\r\n=2Ez`);
  expect(quotedPrintable('あ'.repeat(9))).toBe(`${'=E3=81=82'.repeat(8)}=E3=\r\n=81=82`);
});

it('gives each recipient of a shape their own values, also the ones that the recipient before had', () => {
  const fixed = ['Hello ', ', you are on ', '.\n'];
  const bodyFor = (...values: string[]) =>
    composeMail([], { fixed: ['-'], values: [] }, { fixed, values }).body.toString('latin1');
  for (const [name, plan] of [
    ['Ann', 'gold'],
    ['Bob', 'gold'],
    ['Bob', 'José'],
    ['Ann', ''],
    ['Ann', 'gold'],
  ] as const) {
    expect(bodyFor(name, plan)).toContain(
      `Hello=20=\r\n${name}=\r\n, you are on=20=\r\n${plan ? `${plan.replace('é', '=C3=A9')}=\r\n` : ''}=2E`,
    );
  }
});

/** The content of an HTML part in base64. */
const base64Of = (filledText: FilledText): string =>
  /text\/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n([^-]*)\r\n--/.exec(
    composeMail([], { fixed: ['-'], values: [] }, filledText).body.toString('latin1'),
  )![1]!;

/** Decodes each line on its own, and takes nothing but whole groups in short lines, padded at the end alone. */
function decodedStrictly(encoded: string): string {
  const lines = encoded.split('\r\n');
  for (const [i, line] of lines.entries()) {
    expect(line).toMatch(i < lines.length - 1 ? /^[A-Za-z0-9+/]{4,76}$/ : /^[A-Za-z0-9+/]{2,76}={0,2}$/);
    expect(line.length).toBeLessThanOrEqual(76);
    expect(line.length % 4).toBe(0);
  }
  return Buffer.concat(lines.map((line) => Buffer.from(line, 'base64'))).toString('utf8');
}

describe('base64', () => {
  it('reads line by line as the text, whoever had which values before', () => {
    fc.assert(
      fc.property(foreign, fc.array(fc.infiniteStream(foreignValue), { maxLength: 4 }), (first, others) => {
        expect(decodedStrictly(base64Of(first))).toBe(canonical(join(first)));
        for (const stream of others) {
          const next = { fixed: first.fixed, values: [...stream.take(first.values.length)] };
          expect(decodedStrictly(base64Of(next))).toBe(canonical(join(next)));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('encodes a fixed text once for each of its places in a group of three octets', () => {
    const fixed = ['日本'.repeat(500), 'です。'.repeat(500), '。', 'さようなら'.repeat(500)];
    const shared = new Set<unknown>();
    for (let length = 0; length < 30; length++) {
      const pieces: Piece[] = [];
      const values = ['v'.repeat(length), 'あ', 'w'.repeat(length % 7)];
      expect(encodePart({ fixed, values }, pieces)).toBe('base64');
      const own = pieces.filter((one) => typeof one === 'string');
      expect(own.join('').length).toBeLessThan(200);
      for (const one of pieces) if (typeof one !== 'string') shared.add(one);
    }
    expect(shared.size).toBe(1 + 3 + 3);
  });

  it('takes values of any length', () => {
    const fixed = ['日本'.repeat(50), 'です', 'です。'.repeat(50)];
    for (const length of [1, 21_000, 22_000, 90_000, 2]) {
      const one = { fixed, values: ['あ'.repeat(length), 'é'.repeat(length)] };
      expect(decodedStrictly(base64Of(one))).toBe(join(one));
    }
  });

  it("fills its lines where nothing is one recipient's", () => {
    const text = `${'日本語の本文。'.repeat(40)}OK`;
    expect(base64Of({ fixed: [text], values: [] })).toBe(
      Buffer.from(text)
        .toString('base64')
        .match(/.{1,76}/g)!
        .join('\r\n'),
    );
  });
});
