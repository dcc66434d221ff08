/**
 * A recording SMTP receiver in a process of its own: what it wrote down is evidence that the sender cannot touch.
 * Forked with an IPC channel; see receiver.ts for the messages.
 */
import { SMTPServer } from 'smtp-server';

/** @type {import('./receiver').ReceivedMessage[]} */
const ledger = [];
/** @type {import('./receiver').ReceiverScript} */
let script = {};
let stalled = [];
let sequence = 0;

const stalls = (received) => script.stall || received > (script.stallAfter ?? Infinity);
const matches = (list, address) => (list ?? []).some((entry) => address.startsWith(entry));
const failure = (reply) =>
  Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });

function socketOf(session) {
  for (const connection of server.connections)
    if (connection.session?.id === session.id) return connection._socket;
  return null;
}

const server = new SMTPServer({
  disabledCommands: ['STARTTLS'],
  authOptional: true,
  logger: false,
  onAuth(auth, _session, callback) {
    if (script.refuseAuth) return callback(failure('535 5.7.8 bad credentials'));
    callback(null, { user: auth.username });
  },
  onConnect(_session, callback) {
    callback(script.refuseConnections ? failure('421 4.3.2 not now') : null);
  },
  onRcptTo({ address }, _session, callback) {
    const rule = Object.entries(script.refuse ?? {}).find(([start]) => address.startsWith(start));
    callback(rule ? failure(rule[1]) : null);
  },
  onData(stream, session, callback) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () => {
      const raw = Buffer.concat(chunks).toString('latin1');
      const to = session.envelope.rcptTo[0].address;
      const messageId = /^message-id:\s*(<[^>]+>)/im.exec(raw)?.[1] ?? null;
      const entry = { to, messageId, reply: 250, at: Date.now() };
      ledger.push(entry);
      process.send?.({ event: 'received', to, count: ledger.length });
      if (matches(script.dropAfterDot, to)) {
        entry.reply = 'dropped';
        socketOf(session)?.destroy();
        return;
      }
      const temporary =
        matches(script.deferOnce, to) && !ledger.slice(0, -1).some((known) => known.to === to);
      if (temporary) {
        entry.reply = 451;
        return callback(failure('451 4.7.1 try again later'));
      }
      const answer = () => callback(null, `2.0.0 queued as ${++sequence}`);
      if (stalls(ledger.length)) stalled.push(answer);
      else if (script.delayMs) setTimeout(answer, script.delayMs);
      else answer();
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ event: 'listening', port: server.server.address().port }),
);

process.on('message', (message) => {
  if (message.call === 'script') {
    script = message.script;
    if (!stalls(ledger.length)) for (const answer of stalled.splice(0)) answer();
  }
  process.send?.({ id: message.id, result: message.call === 'ledger' ? ledger : null });
});
process.on('disconnect', () => process.exit(0));
