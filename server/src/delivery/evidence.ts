import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../context';
import { forgetEvidence } from '../storage';
import { bootId, evidenceFolder, headOf, LOG, removeEvidence, removeOld } from './evidence-folder';
import { holdLock, type EvidenceLock } from './evidence-lock';
import type { Settlement } from './ticker';

/** Told when the last piece of a message may go to the socket; false: it must not go at all. */
type Go = (mayLeave: boolean) => void;

/** Beyond this size the file is written anew with what is still open. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * What a process writes down beside the ledger, in a file of its epoch: which message it is about to hand over, before
 * the last piece of it goes to the socket, and the reply after it. Should it be killed, a process on the same machine
 * knows from it what never left. It is in the kernel by then and survives the process, not a power cut: nobody waits for
 * a disk. What happens in one turn of the event loop is one write.
 *
 * It is never needed: when it cannot be written it makes itself void first, and sending goes on without.
 */
export class Evidence {
  private lines = '';
  private held: Go[] = [];
  private scheduled = false;
  private size = 0;
  /** Of deliveries whose outcome is not committed: what the file must still say. */
  private readonly open = new Map<number, string>();
  private mode: 'on' | 'voiding' | 'off' = 'on';

  private constructor(
    private readonly ctx: Pick<Context, 'knex' | 'log'>,
    /** Name of the file; the row of the epoch names it. */
    readonly token: string,
    private readonly folder: string,
    private readonly lock: EvidenceLock,
    private fd: number,
  ) {
    this.size = writeSync(fd, headOf(token));
  }

  /** @returns null when it is switched off, or cannot be kept here: then there is a warning */
  static async begin(ctx: Context): Promise<Evidence | null> {
    if (!ctx.config.worker.evidence.enabled) return null;
    if (bootId() === null) {
      ctx.log.debug('newsletter: no evidence is kept: this system does not tell when it was started');
      return null;
    }
    const folder = evidenceFolder(ctx);
    const token = randomBytes(12).toString('hex');
    try {
      await removeOld(folder);
      const lock = await holdLock(folder, token);
      try {
        return new Evidence(ctx, token, folder, lock, openSync(path.join(folder, token + LOG), 'wx', 0o600));
      } catch (error) {
        await lock.release();
        removeEvidence(folder, token);
        throw error;
      }
    } catch (error) {
      ctx.log.warn(
        `newsletter: no evidence of what was handed over is kept, since ${folder} cannot be used: ` +
          `${(error as Error).message}. Sending goes on; should this process be killed, more mails stay in doubt.`,
      );
      return null;
    }
  }

  /** Notes that a message is about to be handed over, and lets it go when that is written. */
  hold(deliveryId: number, attempt: number, go: Go): void {
    if (this.mode === 'off') return go(true);
    this.held.push(go);
    if (this.mode === 'on') this.note(deliveryId, `h ${deliveryId} ${attempt}\n`);
  }

  /** Notes what became of it. Nobody waits for that: without the note it is in doubt, no more. */
  replied(settlement: Settlement): void {
    if (this.mode !== 'on') return;
    const { deliveryId, attempt } = settlement;
    this.note(deliveryId, `r ${deliveryId} ${attempt} ${JSON.stringify(settlement)}\n`);
  }

  /** The outcomes of these are committed: the file need not tell any more. */
  settled(deliveryIds: readonly number[]): void {
    for (const id of deliveryIds) this.open.delete(id);
  }

  /** The epoch is over and all is in the tables. */
  async end(): Promise<void> {
    this.flush();
    const wasOpen = this.mode === 'on';
    this.mode = 'off';
    if (wasOpen) closeSync(this.fd);
    this.release();
    removeEvidence(this.folder, this.token);
    await this.lock.release();
  }

  private note(deliveryId: number, line: string): void {
    this.lines += line;
    this.open.set(deliveryId, line[0] === 'r' ? (this.open.get(deliveryId) ?? '') + line : line);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.mode !== 'on') return;
    try {
      const { lines } = this;
      this.lines = '';
      this.size += writeAll(this.fd, lines);
      if (this.size > LIMIT_BYTES) this.renew();
    } catch (error) {
      return this.giveUp(error as Error);
    }
    this.release();
  }

  private release(): void {
    for (const go of this.held.splice(0)) go(true);
  }

  /** A killed process leaves the old file or the new one, each of them complete. */
  private renew(): void {
    const file = path.join(this.folder, this.token + LOG);
    const fd = openSync(`${file}.new`, 'w', 0o600);
    try {
      this.size = writeAll(fd, headOf(this.token) + [...this.open.values()].join(''));
      renameSync(`${file}.new`, file);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(this.fd);
    this.fd = fd;
  }

  /**
   * Nothing may leave unrecorded while the file looks complete: what is not in it would be sent again. Without its head
   * it proves nothing; should even that be impossible, the epoch's row says so.
   */
  private giveUp(error: Error): void {
    this.ctx.log.warn(
      `newsletter: the evidence in ${this.folder} cannot be written any more: ${error.message}. Sending goes on without.`,
    );
    this.open.clear();
    this.mode = 'voiding';
    try {
      ftruncateSync(this.fd, 0);
      this.voided();
    } catch {
      void this.forget().then(() => this.voided());
    }
  }

  private voided(): void {
    this.mode = 'off';
    closeSync(this.fd);
    this.release();
  }

  private async forget(): Promise<void> {
    for (;;) {
      try {
        return await forgetEvidence(this.ctx.knex, this.token);
      } catch (error) {
        this.ctx.log.error(`newsletter: messages wait for the database: ${(error as Error).message}`);
        await sleep(1_000);
      }
    }
  }
}

/** @returns octets written */
function writeAll(fd: number, text: string): number {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length; ) at += writeSync(fd, octets, at);
  return octets.length;
}
