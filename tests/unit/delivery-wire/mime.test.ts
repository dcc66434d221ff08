import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import type { FilledText } from '../../../server/src/compose';
import { relaxedBody } from '../../../server/src/delivery/dkim/canon';
import { oneHeaderLine } from '../../../server/src/delivery/headers';
import { assembled, composeMail } from '../../../server/src/delivery/mime/compose';
import { folded, mailbox, plain, textField } from '../../../server/src/delivery/mime/header';
import { quotedPrintable } from '../../../server/src/delivery/mime/quoted-printable';

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

const join = ({ fixed, values }: FilledText) =>
  values.reduce((all, value, i) => all + value + fixed[i + 1]!, fixed[0]!);
const canonical = (value: string) => value.replace(/\r\n|\r|\n/g, '\r\n');

function ours(mail: { name: string; subject: string; text: FilledText; html: FilledText }): Buffer {
  const fields = [
    folded('From', mailbox(mail.name, 'editor@example.com')),
    folded('To', mailbox(mail.name, 'reader@example.net')),
    textField('Subject', mail.subject),
    plain('Message-ID', '<one@example.com>'),
    plain('Date', 'Tue, 24 Nov 2026 10:00:00 +0000'),
  ];
  return assembled(composeMail(fields, mail.text, mail.html), '');
}

const nodemailers = (mail: {
  name: string;
  subject: string;
  text: FilledText;
  html: FilledText;
}): Promise<Buffer> =>
  new MailComposer({
    from: { name: mail.name, address: 'editor@example.com' },
    to: { name: mail.name, address: 'reader@example.net' },
    subject: mail.subject,
    messageId: '<one@example.com>',
    date: new Date('2026-11-24T10:00:00Z'),
    text: canonical(join(mail.text)),
    html: canonical(join(mail.html)),
    newline: 'windows',
  })
    .compile()
    .build();

async function asRead(raw: Buffer) {
  const one = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
  const two = await PostalMime.parse(raw);
  const addresses = (list: typeof one.from) => list?.value.map(({ name, address }) => [name, address]);
  return {
    mailparser: {
      subject: one.subject,
      from: addresses(one.from),
      to: addresses(Array.isArray(one.to) ? one.to[0] : one.to),
      messageId: one.messageId,
      date: one.date,
      text: one.text,
      html: one.html,
    },
    postal: {
      subject: two.subject,
      from: two.from,
      to: two.to,
      messageId: two.messageId,
      // How it ends lines, and whether it adds one at the end, depends on the part's encoding.
      text: two.text?.replace(/\r\n/g, '\n').trimEnd(),
      html: two.html?.replace(/\r\n/g, '\n').trimEnd(),
      attachments: two.attachments.length,
    },
  };
}

const mail = fc.record({ name: header, subject: header, text: filled, html: filled });

/** nodemailer leaves text alone that looks like an encoded word, and readers decode it. */
const looksEncoded = ({ name, subject }: { name: string; subject: string }) => /=\?/.test(name + subject);

/** nodemailer folds in front of a word of hundreds of characters, and readers drop blanks there; we encode it. */
const squeezed = (read: unknown): unknown => JSON.parse(JSON.stringify(read).replace(/ {2,}/g, ' '));

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
