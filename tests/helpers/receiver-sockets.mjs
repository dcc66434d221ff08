/**
 * As receiver-process.mjs, over plain sockets, for what smtp-server lacks: CHUNKING (RFC 3030, with `chunking` on the
 * command line), which puts several whole messages on one connection, and misbehaviour at every step. It obeys one
 * command after the other, as Postfix does: what a dead sender had sent before is still taken. When it closes a connection
 * itself it takes nothing more, but reads to the end and writes down whose message came.
 */
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import tls from 'node:tls';
import tlsOptions from 'smtp-server/lib/tls-options.js';
import { choose, current, listening, misdeedAt, miss, note, received, refusalOf } from './receiver-book.mjs';

const CHUNKING = process.argv.includes('chunking');
const OK = '250 2.0.0 ok';
const GOING_AWAY = '421 4.3.2 Service not available, closing transmission channel';
/** No reply, or two of them. */
const MALFORMED = ['what', '25x ok', '199 ok', '999 ok', '\xff\xfe\x00', '250-2.0.0 ok\r\n554 5.7.1 or not'];
/** @type {import('./receiver').Step[]} */
const HANDSHAKE = ['greeting', 'ehlo', 'starttls', 'auth'];
/** @type {import('./receiver').Step[]} */
const MESSAGE = ['body', 'dot'];
const IDLE_MS = 20;

const secureContext = tls.createSecureContext(tlsOptions());
let connections = 0;

/** @param {net.Socket} raw */
function serve(raw) {
  const connection = ++connections;
  const isSlow = misdeedAt('slow') !== null;
  /** @type {net.Socket} */
  let socket = raw;
  /** @type {Buffer} */
  let unread = Buffer.alloc(0);
  /** A message waits for its reply. */
  let isBusy = false;
  /** Nothing is said any more. */
  let isSilent = false;
  /** The connection is over: what is still read is only written down. */
  let isOver = false;
  /** It said what no sender can make sense of, and none listens any more. */
  let isOdd = false;
  /** @type {string | null} */
  let to = null;
  /** @type {Buffer[]} */
  let chunks = [];
  /**
   * The message that is to come: so many octets, or up to the final dot.
   * @type {{ octets: number | null, isLast: boolean, isBegun: boolean } | null}
   */
  let body = null;
  /** @type {Promise<unknown>} */
  let said = Promise.resolve();

  /** @param {Buffer} octets */
  const write = (octets) => void (socket.writable && socket.write(octets));
  /** @param {string} line */
  const say = (line) => {
    if (isOver || isOdd) return;
    const octets = Buffer.from(`${line}\r\n`, 'latin1');
    if (!isSlow) return write(octets);
    said = said.then(async () => {
      for (const octet of octets) {
        write(Buffer.of(octet));
        await nextTurn();
      }
    });
  };
  const leave = () => {
    isOver = true;
    void said.then(() => socket.end());
  };
  const reset = () => {
    to = null;
    chunks = [];
  };

  /** @param {import('./receiver').Step} step */
  const misdeed = (step) => (isOver || isOdd ? null : misdeedAt(step));
  /** @param {import('./receiver').Step} step @param {import('./receiver').Misdeed} way */
  const misbehave = (step, way) => {
    if (way === 'malformed') {
      say(choose(MALFORMED, `${step} ${connection}`));
      isOdd = !HANDSHAKE.includes(step);
      return;
    }
    if (way === 'stall') return void (isSilent = true);
    if (way === '421') say(GOING_AWAY);
    leave();
    // At once where no other message can be on its way, nor a reply to one.
    if (way === 'drop' && !CHUNKING && MESSAGE.includes(step)) socket.destroy();
  };
  /**
   * Replies, or misbehaves.
   * @param {import('./receiver').Step} step @param {string} reply
   * @returns whether the command is obeyed: a malformed reply changes nothing about that
   */
  const answer = (step, reply) => {
    const way = misdeed(step);
    if (way) misbehave(step, way);
    else say(reply);
    return way === null || way === 'malformed';
  };

  /** @param {Buffer} octets @param {boolean} isLast */
  const take = (octets, isLast) => {
    if (to === null) return say('503 5.5.1 nobody to send it to');
    chunks.push(octets);
    if (!isLast) return say('250 2.0.0 go on');
    const [address, message] = [to, Buffer.concat(chunks)];
    reset();
    if (isOver) return miss(address, message, 'unread');
    const way = misdeed('dot');
    if (way || isOdd) {
      note(address, message, 'dropped');
      return way ? misbehave('dot', way) : undefined;
    }
    isBusy = true;
    const goOn = () => {
      isBusy = false;
      if (current().misbehave) socket.setTimeout(IDLE_MS);
      read();
    };
    received(address, message, {
      accept: (text) => (say(`250 ${text}`), goOn()),
      refuse: (reply) => (say(reply), goOn()),
      drop: () => ((isBusy = false), leave()),
    });
  };

  const extensions = () => {
    const words = ['receiver', 'PIPELINING', '8BITMIME'];
    if (CHUNKING) words.push('CHUNKING');
    if (current().misbehave) words.push('AUTH PLAIN', ...(socket === raw ? ['STARTTLS'] : []));
    return words.map((word, i) => `250${i < words.length - 1 ? '-' : ' '}${word}`).join('\r\n');
  };

  const encrypt = () => {
    if (isOver || raw.destroyed) return;
    raw.off('data', hear).off('close', close);
    socket = new tls.TLSSocket(raw, { isServer: true, secureContext });
    listen();
  };

  /** @param {string} line */
  const obey = (line) => {
    const [, size, last] = /^BDAT (\d+)( LAST)?$/i.exec(line) ?? [];
    if (size !== undefined) {
      body = { octets: Number(size), isLast: last !== undefined, isBegun: false };
      return;
    }
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        return answer('ehlo', extensions());
      case 'HELO':
        return answer('ehlo', '250 receiver');
      case 'STAR':
        if (answer('starttls', '220 2.0.0 go ahead')) void said.then(encrypt);
        return;
      case 'AUTH':
        return answer('auth', '235 2.7.0 ok');
      case 'MAIL':
        reset();
        return answer('mail', OK);
      case 'RCPT': {
        const refusal = refusalOf(address);
        answer('rcpt', refusal ?? '250 2.1.5 ok');
        // Where nothing is taken any more it is written down whose message came.
        if (!refusal || isOver || isSilent) to = address;
        return;
      }
      case 'DATA':
        if (isOver) return;
        if (to === null) return say('503 5.5.1 nobody to send it to');
        if (answer('data', '354 go ahead')) body = { octets: null, isLast: true, isBegun: false };
        return;
      case 'RSET':
        reset();
        return answer('rset', OK);
      case 'QUIT':
        say('221 2.0.0 bye');
        return leave();
      default:
        return say(OK);
    }
  };

  /** @returns whether it goes on reading */
  const readBody = () => {
    const { octets, isLast, isBegun } = body;
    if (!isBegun) {
      if (octets !== 0 && unread.length === 0) return false;
      body.isBegun = true;
      const way = misdeed('body');
      if (way) misbehave('body', way);
      return true;
    }
    const length = octets ?? unread.indexOf('\r\n.\r\n') + 2;
    const next = octets ?? length + 3;
    if (unread.length < next || length === 1) return false;
    const message = unread.subarray(0, length);
    unread = unread.subarray(next);
    body = null;
    take(message, isLast);
    return true;
  };

  const readLine = () => {
    const end = unread.indexOf('\r\n');
    if (end < 0) return false;
    const line = unread.toString('latin1', 0, end);
    unread = unread.subarray(end + 2);
    obey(line);
    return true;
  };

  const read = () => {
    while (!isBusy && !isSilent && (body ? readBody() : readLine()));
  };

  /** @param {Buffer} data */
  const hear = (data) => {
    unread = Buffer.concat([unread, data]);
    // First all that has come: a reply to a sender that is gone ends the socket with what it still holds.
    setImmediate(read);
  };
  const close = () => {
    if (isSilent) [isSilent, isOver] = [false, true];
    read();
    if (body && to !== null) miss(to, unread, 'cut');
  };
  const rest = () => {
    if (isBusy || isSilent || isOver || to !== null) return;
    const way = misdeed('idle');
    if (!way || way === 'stall') return;
    misbehave('idle', way);
    if (!isOver) leave();
  };
  const listen = () => {
    socket.on('error', () => {});
    socket.on('data', hear).on('close', close).on('timeout', rest);
  };

  raw.setNoDelay(true);
  listen();
  if (!current().refuseConnections) return void answer('greeting', '220 receiver ESMTP');
  say('421 4.3.2 not now');
  leave();
}

const server = net.createServer(serve).listen(0, '127.0.0.1', () => {
  const address = server.address();
  listening(typeof address === 'object' ? address?.port : undefined);
});
