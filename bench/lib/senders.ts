import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import type { Knex } from 'knex';
import type { NewsletterConfigInput } from '../../server/src/config';
import { services } from '../../tests/helpers/services';
import type { Spent } from './clock';

export const SLOTS = Number(process.env.BENCH_SLOTS ?? 128);
/** Messages over a connection, for both. */
const MAX_MESSAGES = 1_000;
/** A process that takes longer than this is killed. */
const DEADLINE_MS = 20 * 60_000;

export interface EngineJob {
  knexConfig: Knex.Config;
  config: NewsletterConfigInput;
  campaignId: string;
  messages: number;
}

export interface NodemailerJob {
  port: number;
  connections: number;
  maxMessages: number;
  /** Messages that wait or are on their way at once. */
  slots: number;
  messages: number;
  dkim: { domainName: string; keySelector: string; privateKey: string; headerFieldNames: string } | null;
}

export interface Sent extends Spent {
  accepted: number;
  /** Group commits of the ledger. */
  ticks: number;
  /** Resident memory, several times a second. */
  rss: { settled: number; mib: number }[];
}

export interface Line {
  port: number;
  connections: number;
  messages: number;
  /** RSA-2048 in PEM; null: unsigned. */
  key: string | null;
}

export const rsaKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;

/** The configuration of a process that sends over such a line. */
export function configOf(
  { port, connections, key }: Line,
  queue: 'embedded' | 'redis',
): NewsletterConfigInput {
  if (queue === 'redis' && !services.redis) throw new Error('Redis is not available on this machine');
  return {
    queue: queue === 'redis' ? { backend: 'redis', redis: services.redis! } : { backend: 'embedded' },
    worker: { slots: SLOTS },
    transports: {
      sink: { host: '127.0.0.1', port, pool: { maxConnections: connections, maxMessages: MAX_MESSAGES } },
    },
    domains: { 'example.test': { dkim: key ? { selector: 'bench', privateKey: key } : 'relay' } },
  };
}

/** Sends a frozen, paused campaign with the delivery engine in a process of its own. */
export const runEngine = (job: EngineJob): Promise<Sent> => run('engine-process.ts', job, job.messages);

/** Sends as many messages of the same newsletter, with the same headers signed, with nodemailer's pool. */
export function runNodemailer({ port, connections, messages, key }: Line): Promise<Sent> {
  const job: NodemailerJob = {
    port,
    connections,
    messages,
    maxMessages: MAX_MESSAGES,
    slots: SLOTS,
    dkim:
      key === null
        ? null
        : {
            domainName: 'example.test',
            keySelector: 'bench',
            privateKey: key,
            headerFieldNames: SIGNED,
          },
  };
  return run('nodemailer-process.ts', job, messages);
}

const SIGNED =
  'From:To:Subject:Date:Message-ID:MIME-Version:Content-Type:List-Unsubscribe:List-Unsubscribe-Post:List-Id:Feedback-ID:Precedence';

function run(file: string, job: object, messages: number): Promise<Sent> {
  const child = fork(path.join(import.meta.dirname, file), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, BENCH_JOB: JSON.stringify(job) },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  return new Promise<Sent>((resolve, reject) => {
    let sent: Sent | null = null;
    child.once('message', (message: Sent) => (sent = message));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (!sent) reject(new Error(`${file} ended with ${code ?? signal}`));
      else if (sent.accepted !== messages) {
        reject(new Error(`${file}: ${sent.accepted} of ${messages} messages were accepted`));
      } else resolve(sent);
    });
  });
}
