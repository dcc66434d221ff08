import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createId } from '@paralleldrive/cuid2';
import type { CampaignPriority } from '../../shared/contracts';
import type { NewsletterConfigInput, SmtpTransportConfig } from '../../server/src/config';
import type { CampaignSnapshot } from '../../server/src/compose/types';
import { liveEpochs, TABLE } from '../../server/src/storage';
import { parseIds } from '../../server/src/storage/ledger';
import { createTestContext } from '../helpers/context';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from '../helpers/database';
import { startReceiver, type Receiver } from '../helpers/receiver';
import type { SenderOptions } from '../helpers/sender-process';

/** A database with a campaign that is being sent, a receiver, and sending processes that can be killed. */
export interface Bed {
  db: TestDatabase;
  receiver: Receiver;
  campaignId: string;
  recipients: number;
  config: NewsletterConfigInput;
  /** Of its sending processes. */
  projectDir: string;
  start(options?: StartOptions): Promise<ChildProcess>;
  /** What the sending processes have warned of so far. */
  log(): string;
  /** Notes which intents a killed process left open. Call it before another process has been started. */
  died(child: ChildProcess): Promise<void>;
  /** What `died` noted: the deliveries of each process, over all its epochs. */
  readonly deaths: readonly number[][];
  /** Another campaign in the same database, to people of its own. @returns its id */
  add(options: Pick<BedOptions, 'recipients' | 'name' | 'priority'>): Promise<string>;
  /** @param id another campaign than the bed's own */
  state(id?: string): Promise<string>;
  tally(): Promise<Tally>;
  /** Messages that sending processes have in hand, as their last commit says. */
  inHand(): Promise<number>;
  destroy(): Promise<void>;
}

export interface StartOptions {
  fault?: SenderOptions['fault'];
  /** Another queue than the bed's own, as after a change of the configuration. */
  queue?: NewsletterConfigInput['queue'];
  /** Size that its files may have, in the shell's blocks; what is beyond fails as on a full disk. */
  blocks?: number;
}

/** Our ledger beside the receiver's. */
export interface Tally {
  candidates: number;
  states: Record<string, number>;
  receiver: number;
  /** Messages that it took without a reply: in doubt without any kill. */
  dropped: number;
  /** Addresses that the receiver accepted more than once. */
  twice: string[];
  /** Addresses that the receiver accepted and we hold for something else than accepted or in doubt. */
  denied: string[];
  /** Addresses that got a message with another Message-ID than that of their delivery. */
  misnamed: string[];
  /** Addresses that we hold for accepted and the receiver never accepted. */
  invented: string[];
  unfinished: number;
  /** Of what is in doubt: what the receiver has, and what it never saw. */
  doubt: { arrived: number; notArrived: number };
  /** Of what is in doubt: ids of the deliveries that are so because their process ended. */
  orphaned: number[];
  /** In doubt for another reason, although the receiver replied or cannot have seen the end: address and what was noted. */
  unexplained: string[];
}

export interface BedOptions {
  database?: DatabaseKind;
  /** URL of another database server than the shared one. */
  server?: string;
  recipients: number;
  /** Beginning of the addresses of the nth recipient; default `person`. */
  name?: (n: number) => string;
  /** Domain of the nth recipient; default `inbox.test`. */
  domain?: (n: number) => string;
  config?: NewsletterConfigInput;
  /** The receiver offers CHUNKING: several whole messages are on one connection. */
  chunking?: boolean;
  /** The receiver is the one that can misbehave. */
  sockets?: boolean;
  /** Further settings of the transport. */
  relay?: Partial<SmtpTransportConfig>;
  pacePerHour?: number | null;
  priority?: CampaignPriority;
}

const ORPHANED = { state: 'in_doubt', reason: 'process-died' };

export async function createBed(options: BedOptions): Promise<Bed> {
  const db = await createTestDatabase(options.database ?? 'sqlite', options.server);
  const { chunking, sockets } = options;
  const receiver = await startReceiver({}, { chunking, sockets });
  const projectDir = mkdtempSync(path.join(tmpdir(), 'newsletter-faults-'));
  const config: NewsletterConfigInput = {
    ...options.config,
    transports: {
      relay: { pool: { maxConnections: 5 }, ...options.relay, host: '127.0.0.1', port: receiver.port },
    },
    domains: { 'example.test': { dkim: 'relay' } },
    worker: {
      slots: 8,
      leaseSeconds: 1,
      reconcileSeconds: 0.3,
      ticketSeconds: 2,
      batchSize: 50,
      ...options.config?.worker,
    },
  };
  const campaignId = await seed(db, config, options);
  const children = new Map<ChildProcess, string>();
  const deaths: number[][] = [];
  let log = '';
  return {
    db,
    receiver,
    campaignId,
    recipients: options.recipients,
    config,
    projectDir,
    async start({ fault, queue = config.queue, blocks } = {}) {
      const sender: SenderOptions = {
        knexConfig: db.knexConfig,
        config: { ...config, queue },
        projectDir,
        fault,
      };
      const name = `sender-${createId()}`;
      const script = path.join(import.meta.dirname, '../helpers/sender-process.ts');
      const limit = blocks === undefined ? '' : `trap "" XFSZ; ulimit -f ${blocks}; `;
      const child = spawn('sh', ['-c', `${limit}exec "$0" --import tsx "$1"`, process.execPath, script], {
        env: {
          ...process.env,
          ...(limit && { TSX_DISABLE_CACHE: '1' }),
          SENDER: JSON.stringify(sender),
          PGAPPNAME: name,
        },
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      });
      children.set(child, name);
      let errors = '';
      child.stderr!.on('data', (chunk) => {
        errors += chunk;
        log += chunk;
        if (process.env.FAULTS_VERBOSE) process.stderr.write(chunk);
      });
      const started = once(child, 'message');
      const ended = once(child, 'exit').then(([code, signal]) => {
        if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the sender ended with ${code}: ${errors}`);
      });
      await Promise.race([started, ended]);
      return child;
    },
    log: () => log,
    deaths,
    async died(child) {
      // The server still does what the process had sent it: PostgreSQL's sessions end after that, MariaDB's hold the row.
      if (db.kind === 'postgres') {
        const sessions = db.knex('pg_stat_activity').where({ application_name: children.get(child) });
        await until('PostgreSQL is done with it', async () => (await sessions.clone()).length === 0);
      }
      const rows = await db.knex(TABLE.epochs).where({ pid: child.pid }).forUpdate().select('open_ids');
      // What it had open in an epoch that it lost, and that was buried before it died.
      const buried = await db.knex(TABLE.deliveries).where(ORPHANED).pluck('id');
      const known = new Set(deaths.flat());
      deaths.push([
        ...new Set([
          ...rows.flatMap((row) => parseIds(row.open_ids)),
          ...buried.map(Number).filter((id) => !known.has(id)),
        ]),
      ]);
    },
    add: (more) => seed(db, config, more),
    async state(id = campaignId) {
      const row = await db.knex(TABLE.campaigns).where({ document_id: id }).first('state');
      return String(row.state);
    },
    tally: () => compare(db, receiver, campaignId),
    async inHand() {
      return (await liveEpochs(db.knex)).reduce((sum, { open }) => sum + open, 0);
    },
    async destroy() {
      for (const child of children.keys()) await kill(child);
      await receiver.stop();
      await db.destroy();
      rmSync(projectDir, { recursive: true, force: true });
    },
  };
}

export async function kill(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** Waits for a condition; the deadline is the only clock in these tests. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 120,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function seed(db: TestDatabase, config: NewsletterConfigInput, options: BedOptions): Promise<string> {
  const ctx = await createTestContext(db.knex, config);
  const campaignId = createId();
  const listId = createId();
  const stamps = { created_at: new Date(), updated_at: new Date(), published_at: new Date() };
  const now = Date.now();
  await db.knex(TABLE.lists).insert({ document_id: listId, name: 'News', slug: `news-${listId}`, ...stamps });
  const people = Array.from({ length: options.recipients }, (_, n) => {
    const email = `${options.name?.(n) ?? 'person'}-${n}@${options.domain?.(n) ?? 'inbox.test'}`;
    return {
      document_id: createId(),
      email,
      email_key: email,
      address_hash: ctx.tokens.addressHash(email),
      status: 'subscribed',
      first_name: `Person ${n}`,
      ...stamps,
    };
  });
  await db.knex.batchInsert(TABLE.subscribers, people, 50);
  await db.knex.batchInsert(
    TABLE.subscriptions,
    people.map((person) => ({
      subscriber_id: person.document_id,
      list_id: listId,
      status: 'subscribed',
      created_at: now,
      updated_at: now,
    })),
    50,
  );
  await db
    .knex(TABLE.campaigns)
    .insert({ document_id: campaignId, name: 'Faults', state: 'sending', started_at: new Date(), ...stamps });
  const snapshot: CampaignSnapshot = {
    campaignId,
    name: 'Faults',
    version: 1,
    sender: { id: 'news', name: 'News', email: 'news@example.test' },
    contents: [
      {
        variant: 'a',
        language: 'en',
        subject: 'Hello {{firstName}}',
        preheader: '',
        body: '<p>Hello {{firstName}}, <a href="https://example.test/a">read</a></p>',
      },
    ],
    defaultLanguage: 'en',
    templateHtml: null,
    brand: { name: 'Example', postalAddress: '1 Main Street', contact: '', logoUrl: '', color: '#4945ff' },
    tracking: { opens: true, clicks: true },
    audience: { include: { lists: [listId], segments: [] }, exclude: { lists: [], segments: [] } },
    list: { name: 'News', slug: `news-${listId}` },
    pacePerHour: options.pacePerHour ?? null,
    priority: options.priority,
    publicUrl: 'https://news.example.test',
  };
  await db.knex(TABLE.runs).insert({
    campaign_id: campaignId,
    version: 1,
    snapshot: JSON.stringify(snapshot),
    start_at: now,
    created_at: now,
  });
  return campaignId;
}

function repeated(addresses: string[]): string[] {
  const seen = new Set<string>();
  return addresses.filter((to) => seen.size === seen.add(to).size);
}

export async function compare(db: TestDatabase, receiver: Receiver, campaignId: string): Promise<Tally> {
  const rows: (Record<'id' | 'email' | 'state', string> & Record<'reason' | 'reply_text', string | null>)[] =
    await db
      .knex(TABLE.deliveries)
      .where({ campaign_id: campaignId })
      .select('id', 'email', 'state', 'reason', 'reply_text');
  const { tokens } = await createTestContext(db.knex);
  const ids = new Map(rows.map((row) => [row.email, Number(row.id)]));
  const states: Record<string, number> = {};
  for (const { state } of rows) states[state] = (states[state] ?? 0) + 1;
  const received = await receiver.ledger();
  const taken = received
    .filter((entry) => entry.reply === 250 || entry.reply === 'dropped')
    .map((entry) => entry.to);
  const ours = new Map(rows.map((row) => [row.email, row.state]));
  const arrived = new Set(taken);
  const unanswered = new Set(received.filter(({ reply }) => typeof reply === 'string').map(({ to }) => to));
  const doubtful = rows.filter(({ state }) => state === 'in_doubt');
  return {
    candidates: rows.length,
    states,
    receiver: taken.length,
    dropped: received.filter((entry) => entry.reply === 'dropped').length,
    twice: repeated(taken),
    denied: [...arrived].filter((to) => !['accepted', 'in_doubt'].includes(ours.get(to) ?? '')),
    misnamed: received
      .filter(({ reply }) => reply !== 'cut')
      .filter(({ to, messageId }) => ids.has(to) && tokens.readMessageId(messageId ?? '') !== ids.get(to))
      .map(({ to }) => to),
    invented: [...ours]
      .filter(([email, state]) => state === 'accepted' && !arrived.has(email))
      .map(([email]) => email),
    unfinished: (states.queued ?? 0) + (states.deferred ?? 0),
    doubt: {
      arrived: doubtful.filter(({ email }) => arrived.has(email)).length,
      notArrived: doubtful.filter(({ email }) => !arrived.has(email)).length,
    },
    orphaned: doubtful.filter(({ reason }) => reason === ORPHANED.reason).map(({ id }) => Number(id)),
    unexplained: doubtful
      .filter(({ reason }) => reason !== ORPHANED.reason)
      // Its reply can come after the sender's patience, on a busy machine too.
      .filter(
        ({ email, reply_text: text }) => !(text?.startsWith('The server said nothing') && arrived.has(email)),
      )
      .filter(({ email }) => !unanswered.has(email))
      .map(({ email, reply_text: text }) => `${email}: ${text}`),
  };
}
