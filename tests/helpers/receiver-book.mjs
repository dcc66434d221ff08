/**
 * What a receiver writes down about each message, and how its script lets it answer: the same for all receivers. Forked
 * with an IPC channel; see receiver.ts for the messages.
 */

/** @type {import('./receiver').ReceivedMessage[]} */
const ledger = [];
/** @type {import('./receiver').ReceiverScript} */
let script = {};
/** @type {(() => void)[]} */
let stalled = [];
let sequence = 0;

/** @param {number} received */
const stalls = (received) => script.stall || received > (script.stallAfter ?? Infinity);
/** @param {string[] | undefined} list @param {string} address */
const matches = (list, address) => (list ?? []).some((entry) => address.startsWith(entry));

export const current = () => script;

/** The reply to RCPT; null: taken. @param {string} address */
export const refusalOf = (address) =>
  Object.entries(script.refuse ?? {}).find(([start]) => address.startsWith(start))?.[1] ?? null;

/**
 * A message is complete: one of the three is called, at once or later.
 * @param {string} to @param {Buffer} message
 * @param {{ accept: (text: string) => void, refuse: (reply: string) => void, drop: () => void }} answers
 */
export function received(to, message, { accept, refuse, drop }) {
  const messageId = /^message-id:\s*(<[^>]+>)/im.exec(message.toString('latin1'))?.[1] ?? null;
  /** @type {import('./receiver').ReceivedMessage} */
  const entry = { to, messageId, reply: 250, at: Date.now() };
  ledger.push(entry);
  process.send?.({ event: 'received', to, count: ledger.length });
  if (matches(script.dropAfterDot, to)) {
    entry.reply = 'dropped';
    return drop();
  }
  const isFirst = !ledger.slice(0, -1).some((known) => known.to === to);
  if (isFirst && matches(script.deferOnce, to)) {
    entry.reply = 451;
    return refuse('451 4.7.1 try again later');
  }
  const answer = () => accept(`2.0.0 queued as ${++sequence}`);
  if (stalls(ledger.length)) stalled.push(answer);
  else if (script.delayMs) setTimeout(answer, script.delayMs);
  else answer();
}

/** @param {number | undefined} port */
export const listening = (port) => void process.send?.({ event: 'listening', port });

process.on('message', (/** @type {any} */ message) => {
  if (message.call === 'script') {
    script = message.script;
    if (!stalls(ledger.length)) for (const answer of stalled.splice(0)) answer();
  }
  process.send?.({ id: message.id, result: message.call === 'ledger' ? ledger : null });
});
process.on('disconnect', () => process.exit(0));
