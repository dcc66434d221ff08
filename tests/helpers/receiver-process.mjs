/**
 * A recording SMTP receiver in a process of its own: what it wrote down is evidence that the sender cannot touch.
 */
import { SMTPServer } from 'smtp-server';
import { current, listening, received, refusalOf } from './receiver-book.mjs';

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
    if (current().refuseAuth) return callback(failure('535 5.7.8 bad credentials'));
    callback(null, { user: auth.username });
  },
  onConnect(_session, callback) {
    callback(current().refuseConnections ? failure('421 4.3.2 not now') : null);
  },
  onRcptTo({ address }, _session, callback) {
    const reply = refusalOf(address);
    callback(reply ? failure(reply) : null);
  },
  onData(stream, session, callback) {
    const chunks = [];
    stream.on('data', (chunk) => chunks.push(chunk));
    stream.on('end', () =>
      received(session.envelope.rcptTo[0].address, Buffer.concat(chunks), {
        accept: (text) => callback(null, text),
        refuse: (reply) => callback(failure(reply)),
        drop: () => socketOf(session)?.destroy(),
      }),
    );
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => listening(server.server.address().port));
