import { simpleParser } from 'mailparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import PostalMime from 'postal-mime';
import type { FilledText } from '../../../server/src/compose';
import { assembled, composeMail } from '../../../server/src/delivery/mime/compose';
import { folded, mailbox, plain, textField } from '../../../server/src/delivery/mime/header';

/** A mail as both composers take it. */
export interface Letter {
  /** Of the sender and of the recipient; one line, as the subject. */
  name: string;
  subject: string;
  text: FilledText;
  html: FilledText;
}

/** What a part says. */
export const join = ({ fixed, values }: FilledText) =>
  values.reduce((all, value, i) => all + value + fixed[i + 1]!, fixed[0]!);
/** With line ends as in mails. */
export const canonical = (value: string) => value.replace(/\r\n|\r|\n/g, '\r\n');

export function ours(mail: Letter): Buffer {
  const fields = [
    folded('From', mailbox(mail.name, 'editor@example.com')),
    folded('To', mailbox(mail.name, 'reader@example.net')),
    textField('Subject', mail.subject),
    plain('Message-ID', '<one@example.com>'),
    plain('Date', 'Tue, 24 Nov 2026 10:00:00 +0000'),
  ];
  return assembled(composeMail(fields, mail.text, mail.html), '');
}

export const nodemailers = (mail: Letter): Promise<Buffer> =>
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

/** What two parsers make of a mail. */
export async function asRead(raw: Buffer) {
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

/** nodemailer leaves text alone that looks like an encoded word, and readers decode it. */
export const looksEncoded = ({ name, subject }: Letter) => /=\?/.test(name + subject);

/** nodemailer folds in front of a word of hundreds of characters, and readers drop blanks there; we encode it. */
export const squeezed = (read: unknown): unknown => JSON.parse(JSON.stringify(read).replace(/ {2,}/g, ' '));
