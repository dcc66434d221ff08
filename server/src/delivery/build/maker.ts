import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context';
import { STEP_BACK_MS, type Answering } from '../answering';
import type { ReadyCampaign } from '../engine-campaign';
import type { MessageBuilder } from '../message';
import type { Signer } from '../signing';
import type { OutgoingMessage } from '../types';
import { makeMail, type Recipient } from './make';
import { MakerThread, ThreadGone } from './threads';

/** A thread takes some tenths of a second and 40 MB to come up: not for a handful of mails. */
const AFTER = 200;
/** In a process that answers HTTP: the mails before keep others waiting. */
const AFTER_BESIDE_HTTP = 25;
/** Without a mail for so long, threads end, and the counting begins anew. Milliseconds. */
const IDLE_MS = 60_000;
/** How long no thread is tried again after one has failed. Milliseconds. */
const RETRY_MS = 5 * 60_000;

export interface MakerOptions {
  /** The HTTP requests that come before making mails; null: the process answers none. */
  answering: Answering | null;
  /** So many mails are for the event loop to make before threads begin; by default 200, beside HTTP 25. */
  after?: number;
}

/**
 * Makes the mails of campaigns: in worker threads when there are many, so that the event loop is free for sending and for
 * HTTP; here when there are few, until a thread is up, and when threads fail.
 */
export class MailMaker {
  private threads: MakerThread[] = [];
  /** For the event loop to make, since threads were last idle. */
  private askedHere = 0;
  private retryAt = 0;
  /** When the event loop may make the next one. */
  private turn: Promise<void> = Promise.resolve();
  private isClosed = false;
  private lastAt = 0;
  private readonly idle: NodeJS.Timeout;

  constructor(
    private readonly ctx: Pick<Context, 'config' | 'projectDir' | 'publicUrl' | 'tokens' | 'urls' | 'log'>,
    private readonly builder: MessageBuilder,
    private readonly signer: Signer,
    private readonly options: MakerOptions,
  ) {
    this.idle = setInterval(() => void this.rest(), IDLE_MS / 4).unref();
  }

  /** Threads that are up. */
  get ready(): number {
    return this.threads.reduce((count, { isReady }) => count + Number(isReady), 0);
  }

  /** @throws as `makeMail` */
  make(campaign: ReadyCampaign, row: Recipient): Promise<OutgoingMessage> {
    this.lastAt = Date.now();
    const thread = this.leastLoaded();
    if (thread) {
      return thread.make(campaign, row).catch((error: unknown) => {
        if (error instanceof ThreadGone) return this.makeHere(campaign, row);
        throw error;
      });
    }
    // Beside HTTP the mails are better late than made in the event loop.
    const coming = this.options.answering && this.coming;
    if (coming) return coming.up.then(() => this.make(campaign, row));
    return this.makeHere(campaign, row);
  }

  /** No mail waits for a thread that is coming up: the process ends. */
  hurry(): void {
    for (const thread of this.threads) thread.waitNoMore();
  }

  /** Nothing more is made in threads. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.idle);
    await this.endThreads();
  }

  private makeHere(campaign: ReadyCampaign, row: Recipient): Promise<OutgoingMessage> {
    this.askedHere += 1;
    if (this.askedHere > this.startsAfter && this.threads.length === 0) this.startThreads();
    const { answering } = this.options;
    if (!answering) return this.makeNow(campaign, row);
    // One in a turn of the event loop, in which HTTP then has its turn, too. The first ones take longest, and step back.
    const waitMs = this.askedHere <= this.startsAfter ? STEP_BACK_MS : 0;
    // By then more may have been asked for, and threads have begun.
    this.turn = this.turn.then(() => answering.idle(waitMs)).then(() => nextTurn());
    return this.turn.then(() =>
      this.ready > 0 || this.coming ? this.make(campaign, row) : this.makeNow(campaign, row),
    );
  }

  private makeNow({ run, compiled }: ReadyCampaign, row: Recipient): Promise<OutgoingMessage> {
    return makeMail(
      { urls: this.ctx.urls, builder: this.builder },
      { snapshot: run.snapshot, compiled },
      row,
    );
  }

  private get startsAfter(): number {
    const { after, answering } = this.options;
    return after ?? (answering ? AFTER_BESIDE_HTTP : AFTER);
  }

  /** A thread that is worth waiting for. */
  private get coming(): MakerThread | undefined {
    return this.threads.find(({ isReady, isLate }) => !isReady && !isLate);
  }

  private leastLoaded(): MakerThread | null {
    let best: MakerThread | null = null;
    for (const thread of this.threads) {
      if (thread.isReady && (best === null || thread.load < best.load)) best = thread;
    }
    return best;
  }

  private startThreads(): void {
    if (this.isClosed || Date.now() < this.retryAt) return;
    const { config, projectDir, publicUrl, tokens } = this.ctx;
    const { domains, transports, bounce, worker } = config;
    const count = worker.threads ?? threadsFor(availableParallelism());
    if (count === 0) return;
    const hosts = Object.entries(transports).map(
      ([name, one]) => [name, { type: one.type, ...('host' in one && { host: one.host }) }] as const,
    );
    const data = {
      config: {
        domains,
        transports: Object.fromEntries(hosts),
        bounce: {
          domain: bounce.domain,
          listener: bounce.listener && true,
          mailboxes: bounce.mailboxes.map(({ name }) => name),
        },
      },
      keys: this.signer.domains,
      projectDir,
      publicUrl,
      secrets: tokens.secrets,
      answering: this.options.answering?.flag ?? null,
    };
    try {
      for (let nth = 0; nth < count; nth++) {
        const thread: MakerThread = new MakerThread(data, (error) => {
          this.threads = this.threads.filter((one) => one !== thread);
          if (error) this.failed(error);
        });
        this.threads.push(thread);
      }
    } catch (error) {
      this.failed(error as Error);
    }
  }

  private failed(error: Error): void {
    const left = this.threads.length;
    if (left === 0) this.retryAt = Date.now() + RETRY_MS;
    this.ctx.log.warn(
      `newsletter: a thread that makes mails failed: ${error.message}. ${left > 0 ? `They are made in ${left} more.` : 'They are made in the event loop for the next 5 minutes, which slows this process down.'}`,
    );
  }

  private async rest(): Promise<void> {
    if (Date.now() - this.lastAt < IDLE_MS) return;
    this.askedHere = 0;
    if (this.threads.every(({ load }) => load === 0)) await this.endThreads();
  }

  private async endThreads(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}

/** A second one pays where the event loop has a core for itself beside both; a third has nothing to do. */
const threadsFor = (cores: number) => Math.min(2, Math.max(1, cores - 1));
