import { createTransport } from 'nodemailer';

/** Domain of the demo's return paths. */
export const BOUNCE_DOMAIN = 'bounce.news.example.com';

/**
 * Recipients whose mailbox turns out to be missing only after our relay has said 250: what is refused behind a relay
 * comes back as a mail, to the return path.
 * @param {string} address
 */
export const isRefusedLate = (address) => /@late\./i.test(address);

/**
 * Reports a mail as undeliverable, as a relay does (RFC 3464 within RFC 6522): from nobody, to its return path.
 * @param {number} port of the listener that takes bounces, on 127.0.0.1
 * @param {{from: string, to: string, raw: Buffer}} mail
 */
export async function bounce(port, { from, to, raw }) {
  const sentence = '550 5.1.1 The email account that you tried to reach does not exist';
  const head = raw.toString('latin1').split('\r\n\r\n', 1)[0];
  const report = `From: Mail Delivery System <MAILER-DAEMON@relay.example.net>
To: <${from}>
Subject: Undelivered Mail Returned to Sender
Date: ${new Date().toUTCString().replace('GMT', '+0000')}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain; charset=us-ascii

<${to}>: host mx.late.example said: ${sentence} (in reply to RCPT TO command)

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.net

Final-Recipient: rfc822; ${to}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.late.example
Diagnostic-Code: smtp; ${sentence}

--report
Content-Type: text/rfc822-headers

${head}

--report--
`.replace(/\r?\n/g, '\r\n');
  const relay = createTransport({ host: '127.0.0.1', port, ignoreTLS: true, name: 'relay.example.net' });
  await relay.sendMail({ envelope: { from: '', to: from }, raw: report });
  relay.close();
}
