/** Reports as mail servers write them, about a mail of ours. */
export interface ReportParts {
  /** Recipients, with what became of each. */
  about: { recipient: string; action?: string; status?: string; diagnostic?: string }[];
  /** Header of the returned copy. */
  original?: string;
  /** Further fields of the report's own header. */
  head?: string;
  from?: string;
  to?: string;
  text?: string;
}

const NO_USER = { status: '5.1.1', diagnostic: 'smtp; 550 5.1.1 No such user here' };

/** RFC 3464 within RFC 6522. */
export function deliveryReport({ about, original = '', head = '', from, to, text }: ReportParts): Buffer {
  const blocks = about.map(({ recipient, action = 'failed', status, diagnostic }) =>
    [
      `Final-Recipient: rfc822; ${recipient}`,
      `Original-Recipient: rfc822;${recipient}`,
      `Action: ${action}`,
      `Status: ${status ?? NO_USER.status}`,
      'Remote-MTA: dns; mx.example.net',
      `Diagnostic-Code: ${diagnostic ?? NO_USER.diagnostic}`,
    ].join('\n'),
  );
  return mail(
    [
      `From: ${from ?? 'MAILER-DAEMON@relay.example.org (Mail Delivery System)'}`,
      `To: ${to ?? 'undisclosed-recipients:;'}`,
      'Subject: Undelivered Mail Returned to Sender',
      'Auto-Submitted: auto-replied',
      head,
      'Content-Type: multipart/report; report-type=delivery-status; boundary="B"',
    ],
    `--B
Content-Type: text/plain; charset=us-ascii

${text ?? `This is the mail system at host relay.example.org.\n\n<${about[0]?.recipient}>: host mx.example.net said: 550 5.1.1 No such user here`}

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org
Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0000

${blocks.join('\n\n')}

--B
Content-Type: text/rfc822-headers

${original}
Subject: Winter news

--B--`,
  );
}

/** RFC 5965, with the recipient redacted as providers do. */
export const complaint = ({
  original = '',
  head = '',
  type = 'abuse',
}: {
  original?: string;
  head?: string;
  type?: string;
}): Buffer =>
  mail(
    [
      'From: feedback@provider.example',
      'To: fbl@bounce.example.com',
      'Subject: FW: Winter news',
      head,
      'Content-Type: multipart/report; report-type=feedback-report; boundary="B"',
    ],
    `--B
Content-Type: text/plain

This is an email abuse report.

--B
Content-Type: message/feedback-report

Feedback-Type: ${type}
User-Agent: Provider/1.0
Version: 1
Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0000

--B
Content-Type: message/rfc822

From: editor@example.com
To: redacted@provider.example
${original}
Subject: Winter news

Hello

--B--`,
  );

/** A mail of a few fields and a text. */
export function mail(fields: readonly string[], body: string): Buffer {
  const head = fields.filter((field) => field !== '').join('\n');
  return Buffer.from(`${head}\nMIME-Version: 1.0\n\n${body}\n`.replace(/\r?\n/g, '\r\n'));
}
