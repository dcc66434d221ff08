import { describe, expect, it } from 'vitest';
import { parseReport } from '../../../server/src/feedback/report';

/** A mail of a mail system; `fields` replace or add to the usual ones. */
const notice = (body: string, fields: Record<string, string> = {}) => {
  const all = {
    'Return-Path': '<>',
    From: 'Mail Delivery System <MAILER-DAEMON@mx.example.net>',
    To: 'news@sender.example',
    Subject: 'Undelivered Mail Returned to Sender',
    Date: 'Tue, 24 Nov 2026 10:00:00 +0000',
    'Message-ID': '<1@mx.example.net>',
    ...fields,
  };
  return Buffer.from(
    `${Object.entries(all)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\n\n${body}`,
  );
};
const copy = `Received: from mail.sender.example by mx.example.net; Tue, 24 Nov 2026 09:59:00 +0000
Message-ID: <campaign.1@sender.example>
From: Harbour News <news@sender.example>
To: <taro@example.jp>
Subject: The harbour wakes up
List-Unsubscribe: <https://news.example/unsubscribe/abc>, <mailto:u-abc@bounce.sender.example>
Feedback-ID: 7:harbour:newsletter
`;
const short = (report: Awaited<ReturnType<typeof parseReport>>) =>
  report.recipients.map(({ recipient, reason, hard, status, replyCode }) =>
    [recipient, reason, hard, status, replyCode].join(' '),
  );
const read = async (raw: Buffer) => {
  const report = await parseReport(raw);
  return [report.kind, ...short(report)];
};

const dsn = (...groups: string[]) =>
  notice(
    `--b
Content-Type: text/plain

Your message could not be delivered to one or more recipients.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; MX.example.net
Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0000

${groups.join('\n\n')}

--b
Content-Type: text/rfc822-headers

${copy}
--b--
`,
    { 'MIME-Version': '1.0', 'Content-Type': 'multipart/report; report-type=delivery-status; boundary="b"' },
  );

describe('RFC 3464', () => {
  it('reads one or many recipients, each with its own fate', async () => {
    const report = await parseReport(
      dsn(
        'Final-Recipient: rfc822; taro@example.jp\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <taro@example.jp>:\n Recipient address rejected: User unknown in local\n recipient table',
        'Original-Recipient: rfc822;hanako@example.jp\nFinal-Recipient: rfc822;<h.yamada@example.jp>\nAction: failed (was delayed)\nStatus: 5.2.2 (over quota)',
        'Final-Recipient: rfc822; "a..b"@docomo.ne.jp\nAction: delayed\nStatus: 4.4.1\nWill-Retry-Until: Sun, 29 Nov 2026 10:00:00 +0000',
        'Final-Recipient: rfc822; list@example.com\nAction: expanded\nStatus: 2.1.5',
        'Final-Recipient: rfc822; x@example.com\nAction: relayed\nStatus: 2.0.0\nDiagnostic-Code: smtp; 250 2.0.0 queued',
      ),
    );
    expect(report).toMatchObject({
      kind: 'bounce',
      feedbackType: null,
      reporter: 'mx.example.net',
      from: 'MAILER-DAEMON@mx.example.net',
    });
    expect(short(report)).toEqual([
      'taro@example.jp userunknown true 5.1.1 550',
      'h.yamada@example.jp mailboxfull false 5.2.2 ',
      '"a..b"@docomo.ne.jp expired false 4.4.1 ',
      'list@example.com delivered false 2.1.5 ',
      'x@example.com delivered false 2.0.0 250',
    ]);
    expect(report.recipients.map((row) => row.action)).toEqual([
      'failed',
      'failed',
      'delayed',
      'expanded',
      'relayed',
    ]);
    expect(report.recipients.map((row) => row.severity)).toEqual(['hard', 'soft', 'soft', 'none', 'none']);
    expect(report.ours).toMatchObject({
      addresses: ['news@sender.example'],
      messageIds: ['campaign.1@sender.example'],
      listUnsubscribe: ['https://news.example/unsubscribe/abc', 'mailto:u-abc@bounce.sender.example'],
      feedbackIds: ['7:harbour:newsletter'],
    });
  });

  it('tells delayed and delivered from failed', async () => {
    expect(await read(dsn('Final-Recipient: rfc822; a@example.jp\nAction: delayed\nStatus: 4.4.7'))).toEqual([
      'delayed',
      'a@example.jp expired false 4.4.7 ',
    ]);
    expect(
      await read(dsn('Final-Recipient: rfc822; a@example.jp\nAction: delivered\nStatus: 2.0.0')),
    ).toEqual(['delivered', 'a@example.jp delivered false 2.0.0 ']);
  });

  it('calls nobody dead who is only refused for now', async () => {
    expect(
      await read(
        dsn(
          'Final-Recipient: rfc822; a@example.jp\nAction: failed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 <a@example.jp>: User unknown (in reply to RCPT TO command)',
        ),
      ),
    ).toEqual(['bounce', 'a@example.jp onhold false 4.1.1 450']);
  });

  it('reads addresses of RFC 6533 and fields that a gateway put into plain text', async () => {
    expect(await read(dsn('Final-Recipient: utf-8; 太郎@例え.jp\nAction: failed\nStatus: 5.1.1'))).toEqual([
      'bounce',
      '太郎@例え.jp userunknown true 5.1.1 ',
    ]);
    expect(
      await read(
        notice(
          'Technical report:\n\nAction: failed\nFinal-Recipient: rfc822; a@example.jp\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no\n',
        ),
      ),
    ).toEqual(['bounce', 'a@example.jp userunknown true 5.1.1 550']);
  });

  it('names a recipient once, by an address that others know', async () => {
    const twice =
      'Original-Recipient: rfc822;taro@example.jp\nFinal-Recipient: rfc822;taro@ims-daemon\nAction: failed\nStatus: 5.1.1';
    expect(await read(dsn(twice, twice))).toEqual(['bounce', 'taro@example.jp userunknown true 5.1.1 ']);
  });

  it('is not led astray by fields that a person quotes', async () => {
    const quoted = notice(
      '> Final-Recipient: rfc822; a@example.jp\nFinal-Recipient: rfc822; a@example.jp\nStatus: 5.1.1\nAction: failed\n',
      {
        From: 'Hanako <hanako@example.com>',
        Subject: 'Re: your question',
        'Return-Path': '<hanako@example.com>',
      },
    );
    expect(await read(quoted)).toEqual(['other']);
  });
});

describe('notices in their own words', () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    [
      'qmail',
      `Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<taro@example.jp>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 sorry, no mailbox here by that name. (#5.1.1)\nGiving up on 192.0.2.1.\n\n<hanako@example.jp>:\nuser is over quota\n\n--- Below this line is a copy of the message.\n\n${copy}`,
      { Subject: 'failure notice' },
      ['taro@example.jp userunknown true 5.1.1 550', 'hanako@example.jp mailboxfull false  '],
    ],
    [
      'Exim, two addresses',
      `This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n  taro@example.jp\n    host mx.example.jp [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<taro@example.jp>:\n    550 5.1.1 <taro@example.jp>... User unknown\n  hanako@example.com\n    all hosts for 'example.com' have been failing for a long time (and retry time not reached)\n\n------ This is a copy of the message, including all the headers. ------\n\n${copy}`,
      { 'X-Failed-Recipients': 'taro@example.jp, hanako@example.com' },
      ['taro@example.jp userunknown true 5.1.1 550', 'hanako@example.com expired false  '],
    ],
    [
      'Domino',
      'Your message\n\n  Subject: The harbour wakes up\n\nwas not delivered to:\n\n  taro@example.jp\n\nbecause:\n\n  User taro (taro@example.jp) not listed in Domino Directory\n',
      {
        Subject: 'DELIVERY FAILURE: User taro not listed in Domino Directory',
        From: 'Postmaster@example.jp',
      },
      ['taro@example.jp userunknown true  '],
    ],
    [
      'Notes, in Japanese',
      `------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\ntaro@example.jp\n\n------- Returned Message --------\n\n${copy}`,
      { Subject: 'Undeliverable message', From: 'postmaster@example.jp' },
      ['taro@example.jp userunknown true  '],
    ],
    [
      'Exchange 2007',
      'Delivery has failed to these recipients or distribution lists:\n\ntaro@example.jp\nThe e-mail address you entered could not be found.\n\nDiagnostic information for administrators:\n\nGenerating server: ex.example.jp\n\ntaro@example.jp\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n\n' +
        copy,
      { Subject: 'Undeliverable: The harbour wakes up', From: 'postmaster@example.jp' },
      ['taro@example.jp userunknown true 5.1.1 550'],
    ],
    [
      'a gateway of X.400',
      'Your message\n\n  To:      news@sender.example\n  Subject: The harbour wakes up\n\ndid not reach the following recipient(s):\n\nc=JP;a= ;p=Example;o=Tokyo;dda:SMTP=taro@example.jp; on Tue, 24 Nov 2026 10:00:00 +0900\n    The recipient name is not recognized\n    MSEXCH:IMS:EXAMPLE:TOKYO 0 (000C05A6) Unknown Recipient\n',
      {
        Subject: 'Undeliverable: The harbour wakes up',
        From: 'System Administrator <postmaster@example.jp>',
      },
      ['taro@example.jp userunknown true  '],
    ],
    [
      'au (KDDI)',
      `Could not be delivered to: <taro@ezweb.ne.jp>\n   As their mailbox is full.\n\n${copy}`,
      { Subject: 'Mail System Error - Returned Mail', From: 'Postmaster <no-reply@au.com>' },
      ['taro@ezweb.ne.jp mailboxfull false  '],
    ],
    [
      'Biglobe',
      "   ----- The following addresses had delivery problems -----\ntaro@example.biglobe.ne.jp\n\n   ----- Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded the local limit.\n",
      { Subject: 'Returned mail: Service unavailable', From: 'postmaster@biglobe.ne.jp' },
      ['taro@example.biglobe.ne.jp mailboxfull false  '],
    ],
    [
      'MailMarshal',
      'Your message:\n   From:    news@sender.example\n   Subject: The harbour wakes up\n\nCould not be delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected: \n    taro@example.jp\n\nAdditional Information\n',
      { Subject: 'Undeliverable Mail: "The harbour wakes up"', From: 'postmaster@mm.example.jp' },
      ['taro@example.jp userunknown true 5.1.1 550'],
    ],
    [
      'IMail',
      `Unknown user: taro@example.jp\n\n\nOriginal message follows.\n\n${copy}`,
      { Subject: 'Undeliverable Mail', From: '"Postmaster" <postmaster@example.jp>' },
      ['taro@example.jp userunknown true  '],
    ],
    [
      'GMX',
      `This message was created automatically by mail delivery software.\n\nThe following addresses failed:\n\n"taro@example.jp"\n\nSMTP error from remote server after RCPT command:\nhost: mx.example.jp\n5.1.1 <taro@example.jp>... User Unknown\n\n--- The header of the original message is following. ---\n\n${copy}`,
      { Subject: 'Mail delivery failed: returning message to sender' },
      ['taro@example.jp userunknown true 5.1.1 '],
    ],
    [
      'Sendmail, the reason in the transcript only',
      `The original message was received at Tue, 24 Nov 2026 10:00:00 +0900\n\n   ----- The following addresses had permanent fatal errors -----\n<taro@example.jp>\n    (reason: 553 5.3.0 <taro@example.jp>... No such user)\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.jp.:\n>>> RCPT To:<taro@example.jp>\n<<< 553 5.3.0 <taro@example.jp>... No such user\n550 5.1.1 <taro@example.jp>... User unknown\n\n   ----- Original message follows -----\n\n${copy}`,
      { Subject: 'Returned mail: see transcript for details' },
      ['taro@example.jp userunknown true 5.3.0 553'],
    ],
    [
      'Courier',
      `This is a delivery status notification from mx.example.net.\n\nYour message could not be delivered to the following recipients:\n\n<taro@example.jp>:\n     mx.example.jp [192.0.2.1]:\n >>> RCPT TO:<taro@example.jp>\n <<< 550 5.7.1 Message rejected due to spam content\n\n---------------------------------------------------------------------------\n\n${copy}`,
      { Subject: 'NOTICE: mail delivery status.' },
      ['taro@example.jp spamdetected false 5.7.1 550'],
    ],
    [
      'OpenSMTPD',
      `    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\ntaro@example.jp: 550 5.2.2 <taro@example.jp>... Mailbox Full\n\n    Below is a copy of the original message:\n\n${copy}`,
      { Subject: 'Delivery status notification: error' },
      ['taro@example.jp mailboxfull false 5.2.2 550'],
    ],
    [
      'Gmail, a group in another language',
      'Bonjour,\n\nLe groupe que vous avez essayé de contacter n’existe peut-être pas. https://support.google.com/groups Google Groups\n',
      {
        'X-Failed-Recipients': 'harbour@googlegroups.com',
        Subject: 'Delivery Status Notification (Failure)',
        From: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
      },
      ['harbour@googlegroups.com rejected false  '],
    ],
  ])('%s', async (_, body, fields, expected) => {
    expect(await read(notice(body, fields))).toEqual(['bounce', ...expected]);
  });

  it('reads ISO-2022-JP, quoted-printable and HTML', async () => {
    const jis = Buffer.concat([
      notice('', {
        'Content-Type': 'text/plain; charset=ISO-2022-JP',
        Subject: '=?ISO-2022-JP?B?GyRCRWNDI0bePD4bKEI=?= Undelivered Mail',
      }),
      Buffer.from(
        '\x1b$B0J2<$N08@h$KG[?.$G$-$^$;$s\x1b(B\n\n<taro@example.jp>:\n550 5.1.1 User unknown\n',
        'latin1',
      ),
    ]);
    expect(await read(jis)).toEqual(['bounce', 'taro@example.jp userunknown true 5.1.1 550']);
    const html = notice(
      '<html><head><style>p{}</style></head><body><p>Delivery has failed to these recipients:</p><p><a href=3D"mailto:taro@example.jp">taro@example.jp</a></p><p>550 5.1.1 User un=\nknown</p></body></html>',
      {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Transfer-Encoding': 'quoted-printable',
        'MIME-Version': '1.0',
      },
    );
    expect(await read(html)).toEqual(['bounce', 'taro@example.jp userunknown true 5.1.1 550']);
  });
});

describe('complaints', () => {
  const arf = (fields: string, head = copy) =>
    notice(
      `--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n--b\nContent-Type: message/feedback-report\n\n${fields}\n\n--b\nContent-Type: message/rfc822\n\n${head}\nHello\n--b--\n`,
      {
        From: 'feedback@isp.example',
        Subject: 'FW: The harbour wakes up',
        'Content-Type': 'multipart/report; report-type=feedback-report; boundary=b',
      },
    );

  it('RFC 5965: who, and all in which something of ours may be', async () => {
    const report = await parseReport(
      arf(
        'Feedback-Type: abuse\nUser-Agent: Feedback/1.0\nVersion: 1\nOriginal-Mail-From: <b-abc@bounce.sender.example>\nOriginal-Rcpt-To: <taro@example.jp>\nReporting-MTA: dns; isp.example',
      ),
    );
    expect(report).toMatchObject({ kind: 'complaint', feedbackType: 'abuse', reporter: 'isp.example' });
    expect(report.recipients).toMatchObject([
      { recipient: 'taro@example.jp', reason: 'feedback', severity: 'none', hard: false },
    ]);
    expect(report.ours.addresses).toContain('b-abc@bounce.sender.example');
    expect(report.ours.messageIds).toEqual(['campaign.1@sender.example']);
  });

  it('redacted: nobody is named, our marks are there nevertheless', async () => {
    const report = await parseReport(
      arf('Feedback-Type: abuse\nVersion: 1', copy.replace('To: <taro@example.jp>', 'To: undisclosed')),
    );
    expect(report).toMatchObject({
      kind: 'complaint',
      feedbackType: 'abuse',
      recipients: [{ recipient: null }],
    });
    expect(report.ours.listUnsubscribe).toHaveLength(2);
  });

  it('RFC 9477 and other types of feedback', async () => {
    const report = await parseReport(
      arf(
        'Feedback-Type: not-spam\nVersion: 1\nCFBL-Feedback-ID: 111:222\nOriginal-Rcpt-To: taro@example.jp',
      ),
    );
    expect(report).toMatchObject({ kind: 'complaint', feedbackType: 'not-spam' });
    expect(report.ours.feedbackIds).toContain('111:222');
  });

  it("Outlook.com's old form", async () => {
    const raw = notice(
      `--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: taro@hotmail.com\n${copy}\n--b--\n`,
      {
        From: 'staff@hotmail.com',
        Subject: 'complaint about message from 192.0.2.1',
        'Content-Type': 'multipart/mixed; boundary=b',
      },
    );
    expect(await read(raw)).toEqual(['complaint', 'taro@hotmail.com feedback false  ']);
  });
});

describe('what is no failure', () => {
  it.each<[string, Record<string, string>]>([
    ['RFC 3834', { 'Auto-Submitted': 'auto-replied (vacation)', Subject: 'Re: The harbour wakes up' }],
    ['a subject', { Subject: 'Out of office: back on Monday' }],
    ['a subject in Japanese', { Subject: '【自動返信】お問い合わせありがとうございます' }],
    ['a mark of a program', { 'X-Autoreply': 'yes', Subject: 'Thanks' }],
    ['a challenge', { Subject: 'Please confirm your message to hanako@example.com' }],
    ['Precedence', { Precedence: 'auto_reply', Subject: 'Thanks' }],
  ])('automatic reply: %s', async (_, fields) => {
    const raw = notice('I am away. Our old mailbox does not exist; user unknown at hanako2@example.com.', {
      From: 'Hanako <hanako@example.com>',
      ...fields,
    });
    const report = await parseReport(raw);
    expect(report).toMatchObject({
      kind: 'auto-reply',
      recipients: [{ recipient: 'hanako@example.com', reason: 'vacation', severity: 'none' }],
    });
  });

  it('a person, a newsletter, a receipt of a shop: nothing', async () => {
    for (const fields of [
      {
        From: 'Hanako <hanako@example.com>',
        Subject: 'Re: The harbour wakes up',
        'Return-Path': '<hanako@example.com>',
      },
      {
        From: 'Shop <orders@example.com>',
        Subject: 'Your delivery status',
        'Return-Path': '<orders@example.com>',
      },
      {
        From: 'Shop <orders@example.com>',
        Subject: 'Delivery problem with your parcel',
        'Return-Path': '<orders@example.com>',
      },
    ]) {
      expect(
        await read(
          notice(
            'Hello,\n\nmy old address taro@example.jp does not exist any more: 550 user unknown.\n',
            fields,
          ),
        ),
      ).toEqual(['other']);
    }
  });

  it('an unsubscribe mail', async () => {
    const raw = notice('', {
      From: 'Taro <taro@example.jp>',
      Subject: 'unsubscribe',
      To: 'u-abc@bounce.sender.example',
      'Return-Path': '<taro@example.jp>',
    });
    const report = await parseReport(raw);
    expect(report).toMatchObject({ kind: 'unsubscribe', feedbackType: 'opt-out' });
    expect(report.ours.addresses).toContain('u-abc@bounce.sender.example');
  });

  it('counts Received fields and sees who writes by a program', async () => {
    const raw = Buffer.concat([
      Buffer.from('Received: a\nReceived: b\n'),
      notice('x', { 'Auto-Submitted': 'auto-generated' }),
    ]);
    expect(await parseReport(raw)).toMatchObject({ received: 2, autoSubmitted: true });
    expect(await parseReport(notice('x', { 'Auto-Submitted': 'no' }))).toMatchObject({
      autoSubmitted: false,
    });
  });
});
