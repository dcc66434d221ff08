/**
 * A mail server that throws everything away, in a process of its own and cheap enough to be no part of what is measured:
 * it looks for the ends of messages and nothing else. Forked with an IPC channel by sink.ts; options are JSON in argv.
 */
import net from 'node:net';

/** @type {import('./sink').SinkOptions} */
const { rttMs = 0, chunking = false } = JSON.parse(process.argv[2] ?? '{}');
const EHLO = ['sink', 'PIPELINING', ...(chunking ? ['CHUNKING'] : []), '8BITMIME', 'SIZE 50000000'];
const GREETING = EHLO.map((line, i) => `250${i === EHLO.length - 1 ? ' ' : '-'}${line}\r\n`).join('');
const END = Buffer.from('\r\n.\r\n');
const NOTHING = Buffer.alloc(0);

let accepted = 0;
let octets = 0;

/** @param {net.Socket} socket */
function serve(socket) {
  let line = '';
  /** Octets of the chunk that are still to come. */
  let left = 0;
  let inData = false;
  /** The last octets of a message so far: its end may lie across two reads. */
  let tail = NOTHING;
  let said = '';

  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  /** @param {string} text */
  const write = (text) => {
    if (!socket.destroyed) socket.write(text);
  };
  const flush = () => {
    if (said === '') return;
    const text = said;
    said = '';
    // Of equal length, timers fire in their order.
    if (rttMs > 0) setTimeout(write, rttMs, text);
    else write(text);
  };
  const accept = () => {
    accepted += 1;
    said += '250 2.0.0 thrown away\r\n';
  };

  /** @param {string} command */
  const obey = (command) => {
    const verb = command.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') said += GREETING;
    else if (verb === 'DATA') {
      inData = true;
      tail = NOTHING;
      said += '354 go ahead\r\n';
    } else if (verb === 'BDAT') {
      left = Number(command.split(' ')[1]);
      octets += left;
    } else if (verb === 'QUIT') {
      said += '221 2.0.0 bye\r\n';
      flush();
      socket.end();
    } else said += '250 2.0.0 ok\r\n';
  };

  /** @param {Buffer} chunk @param {number} at @returns {number} where the next command begins, or the chunk ends */
  const swallow = (chunk, at) => {
    if (tail.length > 0) {
      const seam = Buffer.concat([tail, chunk.subarray(at, at + END.length - 1)]);
      const found = seam.indexOf(END);
      if (found >= 0) return ended(at + found + END.length - tail.length, at);
    }
    const found = chunk.indexOf(END, at);
    if (found >= 0) return ended(found + END.length, at);
    octets += chunk.length - at;
    tail = Buffer.concat([tail, chunk.subarray(Math.max(at, chunk.length - END.length + 1))]).subarray(
      1 - END.length,
    );
    return chunk.length;
  };
  /** @param {number} end @param {number} at */
  const ended = (end, at) => {
    octets += end - at;
    inData = false;
    accept();
    return end;
  };

  socket.on('data', (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const taken = Math.min(left, chunk.length - at);
        left -= taken;
        at += taken;
        if (left === 0) accept();
      } else if (inData) {
        at = swallow(chunk, at);
      } else {
        const end = chunk.indexOf(10, at);
        line += chunk.toString('latin1', at, end < 0 ? chunk.length : end);
        at = end < 0 ? chunk.length : end + 1;
        if (end < 0) break;
        obey(line);
        line = '';
      }
    }
    flush();
  });
  said = '220 sink ESMTP\r\n';
  flush();
}

const server = net.createServer(serve).listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : null });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ accepted, octets, cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit(0));
