import { createServer } from 'node:http';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { bounce, isRefusedLate } from './bounces.mjs';
import { inboxPage, messagePage } from './inbox-pages.mjs';

/**
 * @typedef {object} StoredMail
 * @property {number} id
 * @property {string} from envelope sender
 * @property {string} to envelope recipient
 * @property {string} subject
 * @property {Date} at
 * @property {Buffer} raw
 */

/** How recipients of the demo behave: what stands in the address decides. The rest is accepted. */
const REFUSALS = [
  { test: /@gone\./, code: 550, message: '5.1.1 The email account that you tried to reach does not exist' },
  { test: /@full\./, code: 452, message: '4.2.2 The recipient’s mailbox is over its quota' },
  { test: /@strict\./, code: 550, message: '5.7.1 Message content rejected by local policy' },
];

/** Raw mails that are kept: older ones are forgotten, so that a large demo campaign does not fill the memory. */
const KEPT = 5_000;

/**
 * A mail server for the demo: accepts by SMTP (refusing some recipients, so that bounces can be seen) and shows what
 * arrived on a web page. With `bouncePort` it sends a bounce there for mail to recipients at `late.…`. Loopback only.
 * @param {{smtpPort?: number, httpPort?: number, bouncePort?: number}} [options] default: free ports, no bounces
 */
export async function startInbox({ smtpPort = 0, httpPort = 0, bouncePort } = {}) {
  /** @type {StoredMail[]} */
  const mails = [];
  let nextId = 1;

  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      const refusal = REFUSALS.find(({ test }) => test.test(address.toLowerCase()));
      if (!refusal) return callback();
      callback(Object.assign(new Error(refusal.message), { responseCode: refusal.code }));
    },
    onData(stream, session, callback) {
      /** @type {Buffer[]} */
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        for (const { address } of session.envelope.rcptTo) {
          const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
          mails.push({ id: nextId++, from, to: address, subject: subjectOf(raw), at: new Date(), raw });
          if (bouncePort && from.startsWith('b-') && isRefusedLate(address))
            bounce(bouncePort, { from, to: address, raw }).catch((error) =>
              console.error(`The demo's bounce for ${address}:`, error),
            );
        }
        if (mails.length > KEPT) mails.splice(0, mails.length - KEPT);
        callback(null, `2.0.0 taken as ${nextId - 1}`);
      });
    },
  });
  smtp.on('error', () => undefined); // a client that hangs up is its own problem
  await new Promise((resolve, reject) => {
    smtp.server.once('error', reject);
    smtp.listen(smtpPort, '127.0.0.1', () => resolve(undefined));
  });

  const web = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function answer(request, response) {
    const url = new URL(request.url ?? '/', 'http://inbox');
    const [, first = '', second = ''] = url.pathname.split('/');
    const send = (/** @type {string} */ type, /** @type {string | Buffer} */ body, headers = {}) =>
      response.writeHead(200, { 'content-type': type, ...headers }).end(body);

    if (first === '')
      return send('text/html; charset=utf-8', inboxPage(mails, url.searchParams.get('to') ?? ''));
    const mail = mails.find(({ id }) => id === Number(second));
    if (first === 'api') {
      const to = url.searchParams.get('to');
      const found = to ? mails.filter((entry) => entry.to === to) : mails;
      return send(
        'application/json',
        JSON.stringify(found.map(({ id, from, to, subject, at }) => ({ id, from, to, subject, at }))),
      );
    }
    if (!mail) return response.writeHead(404).end('no such mail');
    if (first === 'raw') return send('text/plain; charset=utf-8', mail.raw);
    const parsed = await simpleParser(mail.raw);
    if (first === 'html') {
      // Mails are foreign content: no scripts, and links open in a new tab.
      const csp = "sandbox allow-popups; default-src * data:; script-src 'none'; style-src * 'unsafe-inline'";
      const html = `<base target="_blank">${parsed.html || '<p>This mail has no HTML part.</p>'}`;
      return send('text/html; charset=utf-8', html, { 'content-security-policy': csp });
    }
    if (first === 'mail') return send('text/html; charset=utf-8', messagePage(mail, parsed));
    response.writeHead(404).end('not found');
  }

  await new Promise((resolve, reject) => {
    web.once('error', reject);
    web.listen(httpPort, '127.0.0.1', () => resolve(undefined));
  });

  const portOf = (/** @type {any} */ server) => server.address().port;
  return {
    smtpPort: portOf(smtp.server),
    url: `http://127.0.0.1:${portOf(web)}`,
    /** @param {string} to */
    mailsTo: (to) => mails.filter((mail) => mail.to === to),
    all: () => [...mails],
    async close() {
      await new Promise((resolve) => smtp.close(() => resolve(undefined)));
      web.closeAllConnections();
      await new Promise((resolve) => web.close(() => resolve(undefined)));
    },
  };
}

/**
 * The subject for the list, without parsing the whole mail.
 * @param {Buffer} raw
 */
function subjectOf(raw) {
  const head =
    raw
      .subarray(0, 16_384)
      .toString('latin1')
      .split(/\r?\n\r?\n/, 1)[0] ?? '';
  const value = /^Subject:((?:.*)(?:\r?\n[ \t].*)*)/im.exec(head)?.[1] ?? '';
  const unfolded = value.replace(/\r?\n[ \t]+/g, ' ').trim();
  return unfolded.replace(/\?=\s+=\?/g, '?==?').replace(/=\?([^?]+)\?([BQ])\?([^?]*)\?=/gi, decodeWord);
}

/**
 * RFC 2047 encoded word.
 * @param {string} _whole
 * @param {string} charset
 * @param {string} encoding
 * @param {string} text
 */
function decodeWord(_whole, charset, encoding, text) {
  const bytes =
    encoding.toUpperCase() === 'B'
      ? Buffer.from(text, 'base64')
      : Buffer.from(
          text
            .replace(/_/g, ' ')
            .replace(/=([0-9A-F]{2})/gi, (_m, hex) => String.fromCharCode(parseInt(hex, 16))),
          'latin1',
        );
  return new TextDecoder(charset).decode(bytes);
}
