import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ReadyCampaign } from '../engine-campaign';
import { SigningError } from '../signing';
import type { OutgoingMessage } from '../types';
import type { Recipient } from './make';
import type { Answer, Order, Report, ThreadData } from './protocol';

/** Campaigns that a thread keeps compiled. */
const KEPT = 16;
/** It comes up in some tenths of a second, on a busy machine in seconds. Milliseconds. */
const LATE_MS = 10_000;

/** The thread has ended, and with it what was asked of it: nothing is known to be wrong with the mail. */
export class ThreadGone extends Error {
  override name = 'ThreadGone';
}

interface Call {
  resolve(message: OutgoingMessage): void;
  reject(error: Error): void;
}

/** A worker thread that makes mails. */
export class MakerThread {
  /** It has come up: what is asked of it before would wait for that. */
  isReady = false;
  /** Nobody waits until it comes up any more. */
  isLate = false;
  /** Resolves when it has come up or has ended instead, or when nobody is to wait for it any more. */
  readonly up: Promise<void>;
  private tellUp!: () => void;
  private readonly worker: Worker;
  private readonly calls = new Map<number, Call>();
  private readonly known = new Set<string>();
  private nextCall = 1;
  private recipients: (Order & { kind: 'make' })['recipients'] = [];
  private rooms: SharedArrayBuffer[] = [];
  private isFlushing = false;
  private isGone = false;

  /**
   * @param onEnd called once, with what it died of, or null when it was closed
   * @throws Error when a thread cannot be made
   */
  constructor(
    data: ThreadData,
    private readonly onEnd: (error: Error | null) => void,
  ) {
    this.up = new Promise((resolve) => (this.tellUp = resolve));
    this.worker = startWorker(data);
    setTimeout(() => this.waitNoMore(), LATE_MS).unref();
    this.worker.unref();
    this.worker.on('message', (report: Report) => this.onReport(report));
    this.worker.on('error', (error) => this.end(error));
    this.worker.on('messageerror', (error) => this.end(error));
    this.worker.on('exit', (code) => this.end(new Error(`it ended with code ${code}`)));
  }

  /** Mails that it was asked for and has not made. */
  get load(): number {
    return this.calls.size;
  }

  /** @throws as `makeMail`, though only SigningError keeps its class; ThreadGone */
  make({ key, run, links }: ReadyCampaign, row: Recipient): Promise<OutgoingMessage> {
    if (this.isGone) return Promise.reject(new ThreadGone('the thread has ended'));
    if (!this.known.has(key)) this.introduce({ kind: 'campaign', key, snapshot: run.snapshot, links });
    const call = this.nextCall++;
    const { id, subscriberId, addressHash, email, variant, language, person } = row;
    this.recipients.push({
      call,
      key,
      row: { id, subscriberId, addressHash, email, variant, language, person },
    });
    // What is asked for in one turn of the event loop goes over together.
    if (!this.isFlushing) {
      this.isFlushing = true;
      setImmediate(() => this.flush());
    }
    return new Promise((resolve, reject) => this.calls.set(call, { resolve, reject }));
  }

  waitNoMore(): void {
    this.isLate = true;
    this.tellUp();
  }

  async close(): Promise<void> {
    this.end(null);
    await this.worker.terminate();
  }

  private introduce(campaign: Order & { kind: 'campaign' }): void {
    const [oldest] = this.known;
    if (this.known.size >= KEPT && oldest !== undefined) {
      this.flush(); // it may have recipients of that one
      this.known.delete(oldest);
      this.tell({ kind: 'forget', key: oldest });
    }
    this.known.add(campaign.key);
    this.tell(campaign);
  }

  private flush(): void {
    this.isFlushing = false;
    if (this.isGone || this.recipients.length === 0) return;
    const { recipients, rooms } = this;
    this.recipients = [];
    this.rooms = [];
    this.tell({ kind: 'make', recipients, rooms });
  }

  private tell(order: Order): void {
    this.worker.postMessage(order);
  }

  private onReport(report: Report): void {
    if (report.kind === 'ready') {
      this.isReady = true;
      this.tellUp();
      return;
    }
    for (const answer of report.answers) {
      const call = this.calls.get(answer.call);
      this.calls.delete(answer.call);
      if (!call) continue;
      if ('failure' in answer) {
        call.reject(answer.isSigning ? new SigningError(answer.failure) : new Error(answer.failure));
      } else {
        call.resolve(this.messageOf(answer));
      }
    }
  }

  private messageOf({ room, at, length, envelope, utf8Header }: Exclude<Answer, { failure: string }>) {
    let isFree = false;
    const message: OutgoingMessage = {
      envelope,
      raw: Buffer.from(room, at, length),
      free: () => {
        if (isFree || this.isGone) return;
        isFree = true;
        this.rooms.push(room);
      },
    };
    if (utf8Header) message.utf8Header = true;
    return message;
  }

  private end(error: Error | null): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isReady = false;
    this.onEnd(error);
    this.tellUp();
    for (const call of this.calls.values()) call.reject(new ThreadGone('the thread has ended'));
    this.calls.clear();
    this.recipients = [];
    this.rooms = [];
  }
}

/** In the built package a bundle beside the server's; from source, for our tests and benchmarks, the file beside this one. */
function startWorker(workerData: ThreadData): Worker {
  const here = typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url);
  const isSource = here.endsWith('.ts');
  const file = path.join(path.dirname(here), isSource ? 'thread.ts' : '../message-thread/index.js');
  const execArgv = isSource ? ['--require', createRequire(here).resolve('tsx/cjs')] : [];
  // On Linux a priority belongs to a thread; elsewhere it would be the whole process's. Before the file is loaded, which is
  // the most work at once.
  const yields = workerData.answering && process.platform === 'linux';
  // Where a sandbox forbids it, the thread is as good as any other.
  const lower = yields ? `try { require('node:os').setPriority(0, 10); } catch {}` : '';
  const script = `${lower} require(${JSON.stringify(file)});`;
  return new Worker(script, { eval: true, workerData, execArgv });
}
