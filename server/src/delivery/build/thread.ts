/** Renders, composes and signs mails beside the event loop that serves and sends: the worker thread of `threads.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { compileCampaign, type CampaignSnapshot, type CompiledCampaign } from '../../compose';
import { createTokens, createUrls } from '../../tokens';
import { STEP_BACK_MS } from '../answering';
import { signHere, signInPool } from '../dkim/sign';
import { createMessageBuilder } from '../message';
import { giveRoom, shareRooms } from '../mime/rooms';
import { createSigner, SigningError } from '../signing';
import { makeMail, type Recipient } from './make';
import type { Answer, Order, Report, ThreadData } from './protocol';

/** So many answers go in one report at most. */
const REPORTED_AT_ONCE = 8;

const { config, keys, projectDir, publicUrl, secrets, answering } = workerData as ThreadData;
shareRooms();
const tokens = createTokens(secrets);
const urls = createUrls(publicUrl, tokens);
// libuv's threads do not share the priority of a thread that yields.
const signer = createSigner({ config, projectDir }, answering ? signHere : signInPool, keys);
const builder = createMessageBuilder({ config, tokens, urls }, signer);
const campaigns = new Map<string, { snapshot: CampaignSnapshot; compiled: CompiledCampaign }>();

const report = (what: Report) => parentPort!.postMessage(what);

parentPort!.on('message', (order: Order) => {
  if (order.kind === 'campaign') {
    const { key, snapshot, links } = order;
    campaigns.set(key, { snapshot, compiled: compileCampaign(snapshot, links) });
  } else if (order.kind === 'forget') {
    campaigns.delete(order.key);
  } else {
    for (const room of order.rooms) giveRoom(Buffer.from(room));
    void makeAll(order.recipients);
  }
});
report({ kind: 'ready' });

async function makeAll(recipients: (Order & { kind: 'make' })['recipients']): Promise<void> {
  for (const { call, key, row } of recipients) {
    if (answering) stepBack(answering);
    const since = performance.now();
    const made = answerTo(call, key, row).then(add);
    if (!answering) continue;
    await made; // it is signed here: all of them would be done before the first one is told
    waited = Math.max(0, waited - 2 * (performance.now() - since));
  }
}

/** Milliseconds for which it stepped back, less twice those for which it has worked since. */
let waited = 0;
let isItsTurn = false;

/** Blocks this thread while the process answers somebody. Having waited for long it works for half of that, whoever waits. */
function stepBack(flag: Int32Array): void {
  if (waited === 0) isItsTurn = false;
  if (isItsTurn || Atomics.load(flag, 0) === 0) return;
  reportAnswers();
  const since = performance.now();
  Atomics.wait(flag, 0, 1, STEP_BACK_MS - waited);
  waited += performance.now() - since;
  if (waited >= STEP_BACK_MS) isItsTurn = true;
}

let answers: Answer[] = [];
let isReporting = false;

function add(answer: Answer): void {
  answers.push(answer);
  if (answers.length >= REPORTED_AT_ONCE) {
    reportAnswers();
  } else if (!isReporting) {
    isReporting = true;
    setImmediate(() => {
      isReporting = false;
      reportAnswers();
    });
  }
}

function reportAnswers(): void {
  if (answers.length > 0) report({ kind: 'made', answers });
  answers = [];
}

async function answerTo(call: number, key: string, row: Recipient): Promise<Answer> {
  try {
    const { raw, envelope, utf8Header = false } = await makeMail({ urls, builder }, campaigns.get(key)!, row);
    const { buffer, byteOffset: at, length } = raw;
    if (buffer instanceof SharedArrayBuffer) return { call, room: buffer, at, length, envelope, utf8Header };
    const room = new SharedArrayBuffer(length);
    Buffer.from(room).set(raw);
    return { call, room, at: 0, length, envelope, utf8Header };
  } catch (error) {
    return { call, failure: (error as Error).message, isSigning: error instanceof SigningError };
  }
}
