import type { ImapFlow } from 'imapflow';
import type { MailboxConfig } from '../../config';
import type { Context } from '../../context';
import { beginMessage, type MailboxHold } from '../../storage';
import type { SourceNotes } from './notes';
import type { InboundMail, InboundResult } from './types';

/** Mails that are listed at a time: what is done with leaves the folder, so that the first page is always the next. */
const PAGE = 50;
/** A mail is begun so often before it is put aside. */
const TRIES = 3;

/** One connection to a mailbox: empties the watched folder, then waits for more, until the connection ends. */
export class MailboxSession {
  /** Ends a wait: new mail, or the end. */
  private wake: () => void = () => {};
  private connected = false;

  constructor(
    private readonly client: ImapFlow,
    private readonly ctx: Context,
    private readonly config: MailboxConfig,
    private readonly hold: MailboxHold,
    private readonly notes: SourceNotes,
    private readonly take: (mail: InboundMail) => Promise<InboundResult>,
    private readonly stopping: AbortSignal,
  ) {
    client.on('exists', () => this.wake());
    client.on('close', () => this.wake());
    // Comes together with 'close'; the command that is under way rejects with it.
    client.on('error', (error) => ctx.log.debug(`newsletter: mailbox "${config.name}": ${error.message}`));
    stopping.addEventListener('abort', this.onStop);
  }

  /** A connection that is being made may take half a minute; one that works ends after the mail in hand. */
  private readonly onStop = () => {
    if (this.connected) this.wake();
    else this.client.close();
  };

  /**
   * @param connected called once the folder is open
   * @throws when the connection, the folder or the database fails, or another process took the mailbox over
   */
  async run(connected: () => void): Promise<void> {
    const { client, config } = this;
    await client.connect();
    await client.mailboxOpen(config.folder);
    this.connected = true;
    this.notes.seen();
    connected();
    while (!this.stopping.aborted) {
      if (await this.page()) continue;
      await this.wait();
      if (!client.usable && !this.stopping.aborted) throw new Error('The server closed the connection');
      this.notes.seen();
    }
    await client.logout();
  }

  close(): void {
    this.stopping.removeEventListener('abort', this.onStop);
    this.client.close();
  }

  /** @returns whether there was any mail */
  private async page(): Promise<boolean> {
    const { client } = this;
    const open = client.mailbox;
    if (!open) throw new Error(`The folder "${this.config.folder}" is not open any more`);
    if (open.exists === 0) return false;
    const listed = await client.fetchAll(`1:${Math.min(PAGE, open.exists)}`, { uid: true });
    for (const { uid } of listed) {
      if (this.stopping.aborted) return true;
      await this.deal(`${open.uidValidity}:${uid}`, String(uid));
    }
    return listed.length > 0;
  }

  /** The mail leaves the folder only after its effect is committed; should that fail, it comes again and has no second one. */
  private async deal(message: string, uid: string): Promise<void> {
    const { config, ctx, hold, notes } = this;
    const tries = await beginMessage(ctx.knex, hold, message);
    if (tries === null) throw new Error('Another process has taken the mailbox over');
    if (tries > TRIES) {
      const sentence = `A mail could not be dealt with in ${TRIES} tries and was moved to "${config.failedTo}".`;
      await this.moveTo(uid, config.failedTo);
      ctx.log.error(`newsletter: mailbox "${config.name}": ${sentence}`);
      notes.error(sentence);
      return;
    }
    const raw = await this.read(uid);
    if (!raw) return; // gone meanwhile: somebody else deletes here, too
    const { outcome } = await this.take({
      raw,
      envelope: null,
      source: { way: 'mailbox', name: config.name },
      receivedAt: Date.now(),
    });
    if (config.after === 'delete' && outcome !== 'strange') await this.remove(uid);
    else await this.moveTo(uid, config.moveTo);
    notes.seen(outcome === 'strange' ? 'ignored' : outcome);
  }

  private async read(uid: string): Promise<Buffer | null> {
    const source = { start: 0, maxLength: this.config.maxSizeKib * 1024 };
    const found = await this.client.fetchOne(uid, { source }, { uid: true });
    return (found && found.source) || null;
  }

  private async remove(uid: string): Promise<void> {
    if (!(await this.client.messageDelete(uid, { uid: true })))
      throw new Error('The server does not let us delete a mail');
  }

  private async moveTo(uid: string, folder: string): Promise<void> {
    const { client } = this;
    if (await client.messageMove(uid, folder, { uid: true })) return;
    // Most likely the folder is missing.
    await client.mailboxCreate(folder);
    if (!(await client.messageMove(uid, folder, { uid: true })))
      throw new Error(`The server does not let us move a mail to "${folder}"`);
  }

  /** Until the server tells of new mail, `pollSeconds` have passed, the connection ends or we are to stop. */
  private async wait(): Promise<void> {
    const { client, stopping } = this;
    const woken = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.config.pollSeconds * 1000);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (stopping.aborted || !client.usable) this.wake();
    });
    // It ends with an error when the connection does, which `run` finds out.
    const idling = client.idle().catch(() => {});
    await woken;
    // Ends IDLE, and lets servers without it tell what is new.
    if (client.usable) await client.noop();
    await idling;
  }
}
