import { randomBytes } from 'node:crypto';
import type { MailboxConfig } from '../../config';
import type { Context } from '../../context';
import { forgetTry, holdMailbox, releaseMailbox } from '../../storage';
import { createMailboxClient, createMailboxLogin } from './mailbox-client';
import { MailboxSession } from './mailbox-session';
import { SourceNotes } from './notes';
import type { InboundMail, InboundResult } from './types';

/** Milliseconds that a process which died keeps a mailbox for. */
const LEASE = 60_000;
/** Milliseconds between two attempts after failures: doubled each time, up to ten minutes. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 600_000;

export interface MailboxWatcher {
  /** Deals with the mail in hand, then lets another process have the mailbox. */
  stop(): Promise<void>;
}

/**
 * Watches one mailbox for as long as the process runs: of several processes one reads it, the others wait for its lease.
 * @param take what is done with a mail; throws when it cannot be done now
 */
export function watchMailbox(
  ctx: Context,
  config: MailboxConfig,
  take: (mail: InboundMail) => Promise<InboundResult>,
  { leaseMs = LEASE } = {},
): MailboxWatcher {
  const hold = { name: config.name, holder: randomBytes(16).toString('hex') };
  const notes = new SourceNotes(ctx, 'mailbox', config.name);
  const stopping = new AbortController();
  const login = createMailboxLogin(config.auth);
  let refused = false;
  let failures = 0;
  /** The last failure was the database's: the mail in hand was not to blame. */
  let blameless = false;

  async function work(): Promise<void> {
    const client = await createMailboxClient(config, await login(refused));
    const session = new MailboxSession(client, ctx, config, hold, notes, take, stopping.signal);
    const renewing = setInterval(() => {
      holdMailbox(ctx.knex, hold, leaseMs)
        .then((mine) => mine || session.close())
        // Without a database nothing can be committed either; the next mail finds that out.
        .catch((error: Error) => ctx.log.warn(`newsletter: mailbox "${config.name}": ${error.message}`));
    }, leaseMs / 3);
    try {
      await session.run(() => {
        failures = 0;
        refused = false;
      });
    } finally {
      clearInterval(renewing);
      session.close();
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      let pause = FIRST_PAUSE;
      try {
        if (await holdMailbox(ctx.knex, hold, leaseMs)) {
          if (blameless) await forgetTry(ctx.knex, hold);
          blameless = false;
          await work();
        } else pause = leaseMs / 3;
      } catch (error) {
        if (stopping.signal.aborted) break;
        pause = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
        failures += 1;
        blameless ||= await isAway(ctx);
        refused = (error as ImapError).authenticationFailed === true;
        const sentence = sentenceOf(error as ImapError);
        ctx.log.warn(
          `newsletter: mailbox "${config.name}": ${sentence} Next try in ${Math.round(pause / 1000)} s.`,
        );
        notes.error(sentence);
      }
      await sleep(pause, stopping.signal);
    }
    await releaseMailbox(ctx.knex, hold).catch((error: Error) =>
      ctx.log.warn(`newsletter: mailbox "${config.name}" stays taken for a minute: ${error.message}`),
    );
    await notes.close();
  }

  const running = loop();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

const isAway = ({ knex }: Context): Promise<boolean> =>
  knex.raw('SELECT 1').then(
    () => false,
    () => true,
  );

/** What imapflow adds to its errors. */
interface ImapError extends Error {
  authenticationFailed?: boolean;
  responseText?: string;
  code?: string;
}

function sentenceOf({ authenticationFailed, responseText, code, message }: ImapError): string {
  if (authenticationFailed) return `The server refuses the login (${responseText ?? message}).`;
  const said = responseText && responseText !== message ? `${message}: ${responseText}` : message;
  return `${said}${code && !said.includes(code) ? ` (${code})` : ''}.`.replace(/\.\.$/, '.');
}

/** Ends early, without an error, when the signal comes. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
