/**
 * As receiver-process.mjs, with PIPELINING and CHUNKING (RFC 2920, RFC 3030), which smtp-server lacks: a sender has several
 * whole messages on one connection. It obeys one command after the other, as Postfix does: what lies unread behind a
 * message at which it drops the connection never arrived, and what a dead sender had sent before is still taken.
 */
import net from 'node:net';
import { current, listening, received, refusalOf } from './receiver-book.mjs';

const EHLO = ['250-receiver', '250-PIPELINING', '250-CHUNKING', '250 8BITMIME'].join('\r\n');

/** @param {net.Socket} socket */
function serve(socket) {
  /** @type {Buffer} */
  let unread = Buffer.alloc(0);
  let isBusy = false;
  let isDropped = false;
  /** @type {string | null} */
  let to = null;
  /** @type {Buffer[]} */
  let chunks = [];

  /** @param {string} line */
  const say = (line) => {
    if (!socket.destroyed) socket.write(`${line}\r\n`);
  };
  const reset = () => {
    to = null;
    chunks = [];
  };

  /** @param {Buffer} chunk @param {boolean} isLast */
  const take = (chunk, isLast) => {
    if (to === null) return say('503 5.5.1 nobody to send it to');
    chunks.push(chunk);
    if (!isLast) return say('250 2.0.0 go on');
    const [address, message] = [to, Buffer.concat(chunks)];
    reset();
    isBusy = true;
    const goOn = () => {
      isBusy = false;
      read();
    };
    received(address, message, {
      accept: (text) => (say(`250 ${text}`), goOn()),
      refuse: (reply) => (say(reply), goOn()),
      drop: () => {
        isDropped = true;
        socket.destroy();
      },
    });
  };

  /** @param {string} line */
  const obey = (line) => {
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    if (verb === 'EHLO') say(EHLO);
    else if (verb === 'RCPT') {
      const reply = refusalOf(address);
      if (!reply) to = address;
      say(reply ?? '250 2.1.5 ok');
    } else if (verb === 'QUIT') {
      say('221 2.0.0 bye');
      socket.end();
    } else {
      if (verb === 'MAIL' || verb === 'RSET') reset();
      say(verb === 'DATA' ? '502 5.5.1 BDAT, please' : '250 2.0.0 ok');
    }
  };

  const read = () => {
    while (!isBusy && !isDropped) {
      const end = unread.indexOf('\r\n');
      if (end < 0) return;
      const line = unread.toString('latin1', 0, end);
      const chunk = /^BDAT (\d+)( LAST)?$/i.exec(line);
      const next = end + 2 + Number(chunk?.[1] ?? 0);
      if (unread.length < next) return;
      const octets = unread.subarray(end + 2, next);
      unread = unread.subarray(next);
      if (chunk) take(octets, chunk[2] !== undefined);
      else obey(line);
    }
  };

  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    unread = Buffer.concat([unread, data]);
    read();
  });
  if (!current().refuseConnections) return say('220 receiver ESMTP');
  say('421 4.3.2 not now');
  socket.end();
}

const server = net.createServer(serve).listen(0, '127.0.0.1', () => {
  const address = server.address();
  listening(typeof address === 'object' ? address?.port : undefined);
});
