import { describe, expect, it } from 'vitest';
import { parseReport } from '../../../server/src/feedback/report';
import { deliveryReport, mail } from '../feedback/reports';

/** The same refusals, as different programs hand them on. */
const copy = `Received: from mail.sender.example by mx.example.net; Tue, 24 Nov 2026 09:59:00 +0000
Message-ID: <campaign.1@sender.example>
From: Harbour News <news@sender.example>
To: <taro@example.jp>
Subject: The harbour wakes up
MIME-Version: 1.0
`;
const head = (from: string, subject: string, ...more: string[]) =>
  [`Return-Path: <>`, `From: ${from}`, 'To: news@sender.example', `Subject: ${subject}`, ...more].join('\n');
const MTA = 'Mail Delivery System <MAILER-DAEMON@mx.example.net>';

const HANDED_ON: [program: string, (said: string) => string][] = [
  [
    'DragonFly',
    (said) =>
      `${head('MAILER-DAEMON <>', 'Mail delivery failed')}\n\nThis is the DragonFly Mail Agent v0.9 at host.example.\n\nThere was an error delivering your mail to <taro@example.jp>.\n\nmx.example.jp [192.0.2.1] did not like our RCPT TO:\n${said}\n\nOriginal message follows.\n\n${copy}`,
  ],
  [
    'OpenSMTPD',
    (said) =>
      `${head('Mailer Daemon <MAILER-DAEMON@mx.example.net>', 'Delivery status notification: error')}\n\n    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\ntaro@example.jp: ${said}\n\n    Below is a copy of the original message:\n\n${copy}`,
  ],
  [
    'qmail',
    (said) =>
      `${head(MTA, 'failure notice')}\n\nHi. This is the qmail-send program at mx.example.net.\n\n<taro@example.jp>:\n192.0.2.1 does not like recipient.\nRemote host said: ${said}\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\n${copy}`,
  ],
  [
    'Postfix',
    (said) =>
      `${head(MTA, 'Undelivered Mail Returned to Sender', 'Content-Type: multipart/report; report-type=delivery-status; boundary=b')}\n\n--b\nContent-Type: text/plain\n\nThis is the mail system at host mx.example.net.\n\n<taro@example.jp>: host mx.example.jp[192.0.2.1] said: ${said} (in reply to\n    RCPT TO command)\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; taro@example.jp\nAction: failed\nStatus: ${/\d\.\d+\.\d+/.exec(said)?.[0] ?? '5.0.0'}\nRemote-MTA: dns; mx.example.jp\nDiagnostic-Code: smtp; ${said}\n\n--b\nContent-Type: text/rfc822-headers\n\n${copy}\n--b--\n`,
  ],
  [
    'Exim',
    (said) =>
      `${head(MTA, 'Mail delivery failed: returning message to sender')}\n\nThis message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  taro@example.jp\n    host mx.example.jp [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<taro@example.jp>:\n    ${said}\n\n------ This is a copy of the message, including all the headers. ------\n\n${copy}`,
  ],
];

/** What a server says at RCPT, in the words of RFC 3463, RFC 5248 and RFC 7372. */
const SAID: [said: string, reason: string, hard: boolean][] = [
  ['550 5.1.1 <taro@example.jp>: Recipient address rejected: User unknown', 'userunknown', true],
  ['550 5.1.2 <taro@example.jp>: Recipient address rejected: Host unknown', 'hostunknown', true],
  ['550 5.1.6 <taro@example.jp>: Recipient address rejected: Mailbox has moved', 'hasmoved', true],
  ['550 5.2.0 <taro@example.jp>: Recipient address rejected: Filtered', 'filtered', false],
  ['552 5.2.2 <taro@example.jp>: Recipient address rejected: Mailbox full', 'mailboxfull', false],
  [
    '552 5.2.3 <taro@example.jp>: Recipient address rejected: Message length exceeds administrative limit',
    'exceedlimit',
    false,
  ],
  [
    '552 5.3.4 <taro@example.jp>: Recipient address rejected: Message too big for system',
    'mesgtoobig',
    false,
  ],
  ['452 4.3.1 <taro@example.jp>: Recipient address rejected: Mail system full', 'systemfull', false],
  [
    '521 5.3.2 <taro@example.jp>: Recipient address rejected: System not accepting network messages',
    'notaccept',
    true,
  ],
  [
    '556 5.1.10 <taro@example.jp>: Recipient address rejected: Recipient address has null MX',
    'notaccept',
    true,
  ],
  [
    '550 5.7.26 <taro@example.jp>: Recipient address rejected: Multiple authentication checks failed',
    'authfailure',
    false,
  ],
  [
    '550 5.7.25 <taro@example.jp>: Recipient address rejected: Reverse DNS validation failed',
    'requireptr',
    false,
  ],
  ['550 5.7.1 <taro@example.jp>: Recipient address rejected: Spam detected', 'spamdetected', false],
  ['525 5.7.13 <taro@example.jp>: Recipient address rejected: Disabled recipient address', 'suspend', false],
  ['554 5.4.6 <taro@example.jp>: Recipient address rejected: Routing loop detected', 'networkerror', false],
  [
    '550 5.1.8 <taro@example.jp>: Recipient address rejected: Rejected, sender domain not found',
    'rejected',
    false,
  ],
  ['421 4.7.0 <taro@example.jp>: Too many connections from your host', 'toomanyconn', false],
  ['450 4.2.1 <taro@example.jp>: The user is receiving mail too quickly', 'speeding', false],
  ['554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using bl.example', 'blocked', false],
  ['550 5.7.1 message is not RFC 5322 compliant', 'notcompliantrfc', false],
  ['550 relay not permitted', 'norelaying', false],
  ['550 user not found', 'userunknown', true],
  ['553 sorry, badrcptto', 'userunknown', true],
  ['550 This address no longer accepts mail', 'suspend', false],
];

describe.each(HANDED_ON)('what %s hands on', (_, mail) => {
  it.each(SAID)('%s', async (said, reason, hard) => {
    // OpenSMTPD does not tell at which command it was said: without a status nobody is called dead
    const open = mail('').includes('OpenSMTPD') || mail('').includes('list of recipients');
    const found = await parseReport(Buffer.from(mail(said)));
    const expected = open && hard && !/ 5\.\d/.test(said) ? ['filtered', false] : [reason, hard];
    expect(found.recipients.map((row) => [row.recipient, row.reason, row.hard])).toEqual([
      ['taro@example.jp', ...expected],
    ]);
  });
});

const PERSON = 'Hanako <hanako@example.com>';
describe('automatic replies in many languages', () => {
  it.each([
    ['German', 'Automatische Antwort: The harbour wakes up'],
    ['German, away', 'Abwesenheitsnotiz: The harbour wakes up'],
    ['French', 'Réponse automatique : The harbour wakes up'],
    ['French, away', "Message d'absence"],
    ['Spanish', 'Respuesta automática: The harbour wakes up'],
    ['Italian', 'Risposta automatica: The harbour wakes up'],
    ['Portuguese', 'Resposta automática: The harbour wakes up'],
    ['Dutch', 'Automatisch antwoord: The harbour wakes up'],
    ['Swedish', 'Autosvar: The harbour wakes up'],
    ['Danish', 'Automatisk svar: The harbour wakes up'],
    ['Polish', 'Odpowiedź automatyczna: The harbour wakes up'],
    ['Russian', 'Автоматический ответ: The harbour wakes up'],
    ['Chinese', '自动回复：The harbour wakes up'],
    ['Chinese, traditional', '自動回覆: The harbour wakes up'],
    ['Korean', '자동 회신: The harbour wakes up'],
    ['Japanese', '自動返信: The harbour wakes up'],
    ['Japanese, away', '【不在のお知らせ】Re: The harbour wakes up'],
    ['Japanese, received', 'お問い合わせを受け付けました（自動送信）'],
    ['English', 'Auto Response: The harbour wakes up'],
    ['English, away', 'Out of the office: Re: The harbour wakes up'],
  ])('%s', async (_, subject) => {
    const mail = `From: ${PERSON}\nTo: news@sender.example\nSubject: ${subject}\nContent-Type: text/plain; charset=utf-8\n\nI am away until Monday. My mailbox is full.\n`;
    expect(await parseReport(Buffer.from(mail))).toMatchObject({
      kind: 'auto-reply',
      recipients: [{ recipient: 'hanako@example.com', reason: 'vacation', hard: false }],
    });
  });

  it.each([
    'X-Apple-Action: vacation',
    'Auto-Submitted: auto-generated',
    'Auto-Submitted: auto-notified',
    'X-Auto-Response-Suppress: All\nAuto-Submitted: auto-replied',
  ])('marked by %s', async (mark) => {
    const mail = `From: ${PERSON}\nTo: news@sender.example\nSubject: Re: The harbour wakes up\n${mark}\n\nI am away.\n`;
    expect(await parseReport(Buffer.from(mail))).toMatchObject({ kind: 'auto-reply' });
  });
});

describe('feedback loops', () => {
  const arf = (type: string, more = '') =>
    `From: feedback@isp.example\nTo: abuse@sender.example\nSubject: FW: The harbour wakes up\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: text/plain\n\nThis is an authentication failure report.\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: ${type}\nUser-Agent: x/1\nVersion: 1\nOriginal-Rcpt-To: <taro@example.jp>\n${more}\n\n--b\nContent-Type: text/rfc822-headers\n\n${copy}\n--b--\n`;
  it.each(['abuse', 'fraud', 'opt-out', 'opt-out-list', 'virus', 'other', 'not-spam', 'auth-failure'])(
    '%s',
    async (type) => {
      expect(
        await parseReport(Buffer.from(arf(type, 'Auth-Failure: dmarc\nIdentity-Alignment: none'))),
      ).toMatchObject({
        kind: 'complaint',
        feedbackType: type,
        recipients: [{ recipient: 'taro@example.jp', reason: 'feedback' }],
      });
    },
  );

  it('a request of Apple Mail to unsubscribe', async () => {
    const mail = `From: ${PERSON}\nTo: u-abc@bounce.sender.example\nSubject: please\nX-Apple-Unsubscribe: true\n\n.\n`;
    expect(await parseReport(Buffer.from(mail))).toMatchObject({
      kind: 'unsubscribe',
      feedbackType: 'opt-out',
    });
  });

  it("Amazon's complaint by mail", async () => {
    const mail = `From: complaints@email-abuse.amazonses.com\nTo: news@sender.example\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n${copy}\nHello\n--b--\n`;
    expect(await parseReport(Buffer.from(mail))).toMatchObject({
      kind: 'complaint',
      recipients: [{ recipient: 'taro@example.jp' }],
    });
  });
});

it('a report that a gateway sent on is read with the mail that brought it', async () => {
  const original = 'Message-ID: <ours@sender.example>';
  const inner = deliveryReport({
    about: [{ recipient: 'taro@example.jp' }],
    original,
    head: 'Received: by a',
  });
  const outer = mail(
    [
      ...Array.from({ length: 31 }, (_, n) => `Received: by mx${n}.example.net`),
      'From: postmaster@gateway.example',
      'To: <b-path@bounce.sender.example>',
      'Subject: Undeliverable mail',
      'Content-Type: multipart/mixed; boundary="outer"',
    ],
    `--outer\nContent-Type: message/rfc822\n\n${inner.toString()}\n--outer--\n`,
  );
  const report = await parseReport(outer);
  expect(report).toMatchObject({
    kind: 'bounce',
    recipients: [{ recipient: 'taro@example.jp', hard: true }],
    from: 'postmaster@gateway.example',
    received: 31,
    autoSubmitted: false,
  });
  expect(report.ours.addresses).toContain('b-path@bounce.sender.example');
  expect(report.ours.messageIds).toContain('ours@sender.example');
});
