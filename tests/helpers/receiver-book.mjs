/**
 * What a receiver writes down about each message, and how its script lets it answer: the same for all receivers. Forked
 * with an IPC channel; see receiver.ts for the messages.
 */
import { createHash } from 'node:crypto';

/** @typedef {import('./receiver').ReceivedMessage} ReceivedMessage */

/** @type {ReceivedMessage[]} */
const ledger = [];
/** Messages that it took no notice of. @type {ReceivedMessage[]} */
const missed = [];
/** How often it did what wrong. @type {Record<string, number>} */
const misdeeds = {};
/** How often it came by each step. @type {Record<string, number>} */
const visits = {};
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

/** @returns {ReceivedMessage} @param {string} to @param {Buffer} message @param {ReceivedMessage['reply']} reply */
function entryOf(to, message, reply) {
  const messageId = /^message-id:\s*(<[^>]+>)/im.exec(message.toString('latin1'))?.[1] ?? null;
  return { to, messageId, reply, at: Date.now() };
}

/** Writes down a complete message. @param {string} to @param {Buffer} message @param {ReceivedMessage['reply']} reply */
export function note(to, message, reply) {
  const entry = entryOf(to, message, reply);
  ledger.push(entry);
  process.send?.({ event: 'received', to, count: ledger.length });
  return entry;
}

/** Writes down what it never looked at. @param {string} to @param {Buffer} message @param {'unread' | 'cut'} how */
export const miss = (to, message, how) => void missed.push(entryOf(to, message, how));

/**
 * A message is complete: one of the three is called, at once or later.
 * @param {string} to @param {Buffer} message
 * @param {{ accept: (text: string) => void, refuse: (reply: string) => void, drop: () => void }} answers
 */
export function received(to, message, { accept, refuse, drop }) {
  const entry = note(to, message, 250);
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

/**
 * Chosen by the seed: the same again for the same question.
 * @template T @param {readonly T[]} list @param {string} question
 */
export function choose(list, question) {
  const hash = createHash('md5').update(`${script.misbehave?.seed} ${question}`).digest();
  return list[hash.readUInt32BE() % list.length];
}

/**
 * What it does wrong at a step in place of the reply; null: nothing. The seed says at which of so many; what, goes round.
 * @param {import('./receiver').Step} step @returns {import('./receiver').Misdeed | null}
 */
export function misdeedAt(step) {
  const { every = {}, ways = [] } = script.misbehave ?? {};
  const period = every[step];
  if (!period) return null;
  const visit = (visits[step] = (visits[step] ?? -1) + 1);
  const round = Math.floor(visit / period);
  if (visit % period !== choose([...Array(period).keys()], `${step} ${round}`)) return null;
  const way = ways[(choose([...ways.keys()], step) + round) % ways.length];
  misdeeds[`${step} ${way}`] = (misdeeds[`${step} ${way}`] ?? 0) + 1;
  return way;
}

/** @param {number | undefined} port */
export const listening = (port) => void process.send?.({ event: 'listening', port });

/** @type {Record<string, () => unknown>} */
const CALLS = { ledger: () => [...ledger, ...missed], misdeeds: () => misdeeds };

process.on('message', (/** @type {any} */ message) => {
  if (message.call === 'script') {
    script = message.script;
    if (!stalls(ledger.length)) for (const answer of stalled.splice(0)) answer();
  }
  // What has come by now is read first.
  setImmediate(() => process.send?.({ id: message.id, result: CALLS[message.call]?.() ?? null }));
});
process.on('disconnect', () => process.exit(0));
