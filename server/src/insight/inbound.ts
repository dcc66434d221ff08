import type { FeedbackSourceDto, HealthDto } from '../../../shared/contracts';
import type { Context } from '../context';
import { LISTENER } from '../feedback';
import { readSources, type SourceState } from '../storage';

/** Milliseconds without a sign of life after which nobody listens or reads a mailbox, or four polls when that is longer. */
const SILENT_MS = 10 * 60_000;
const DAY = 24 * 60 * 60_000;

/** How long a listener or a mailbox may say nothing while somebody works on it. @param name of the mailbox */
export function silentAfter(
  { bounce }: Pick<Context['config'], 'bounce'>,
  way: string,
  name: string,
): number {
  const mailbox = way === 'mailbox' ? bounce.mailboxes.find((one) => one.name === name) : undefined;
  return Math.max(SILENT_MS, 4 * 1000 * (mailbox?.pollSeconds ?? 0));
}

/**
 * How a way in does by what was noted of it last: `silent` when it never showed a sign of life, `stopped` when that was
 * too long ago. Requests that were refused say something only of a webhook that never took one, whose key may be wrong
 * (`failing`), or took none for a day before (`refusing`): a stranger can send them as well.
 * @param silentMs Infinity for what shows none while all is well
 */
export function stateOfSource(
  source: SourceState | undefined,
  silentMs: number,
  now: number,
): FeedbackSourceDto['state'] {
  const seen = source?.lastSeenAt ?? 0;
  if ((source?.lastErrorAt ?? 0) > seen) return 'failing';
  const refused = source?.lastRefusalAt ?? 0;
  if (seen === 0) return refused > 0 ? 'failing' : 'silent';
  if (refused - seen > DAY) return 'refusing';
  return now - seen > silentMs ? 'stopped' : 'ok';
}

/** State of the configured listener and mailboxes, over all processes: what they last noted about themselves. */
export async function inboundStates({
  knex,
  config,
}: Pick<Context, 'knex' | 'config'>): Promise<HealthDto['inbound']> {
  const { listener, mailboxes } = config.bounce;
  if (!listener && mailboxes.length === 0) return [];
  const sources = await readSources(knex);
  const now = Date.now();
  const ways = [
    ...(listener ? [{ way: 'listener' as const, name: LISTENER }] : []),
    ...mailboxes.map(({ name }) => ({ way: 'mailbox' as const, name })),
  ];
  return ways.map(({ way, name }) => {
    const source = sources.find((one) => one.way === way && one.name === name);
    return healthOf(way, name, source, silentAfter(config, way, name), now);
  });
}

function healthOf(
  way: 'listener' | 'mailbox',
  name: string,
  source: SourceState | undefined,
  silentMs: number,
  now: number,
): HealthDto['inbound'][number] {
  const seen = source?.lastSeenAt ?? null;
  const lastSeenAt = seen === null ? null : new Date(seen).toISOString();
  switch (stateOfSource(source, silentMs, now)) {
    case 'failing':
      return { way, name, ok: false, message: source!.lastError, lastSeenAt };
    case 'silent':
      return { way, name, ok: null, message: null, lastSeenAt };
    case 'ok':
    case 'refusing':
      return { way, name, ok: true, message: null, lastSeenAt };
    case 'stopped': {
      const minutes = Math.round((now - seen!) / 60_000);
      const message = `nobody has ${way === 'listener' ? 'listened' : 'looked'} for ${minutes} minutes`;
      return { way, name, ok: false, message, lastSeenAt };
    }
  }
}

/** What is wrong with the ways in, as problems that somebody should act on. */
export const inboundProblems = (states: HealthDto['inbound']): HealthDto['problems'] =>
  states
    .filter(({ ok }) => ok === false)
    .map(({ way, name, message }) => {
      const reason = message ?? 'no reason given';
      const what = way === 'listener' ? 'The SMTP listener' : `The mailbox "${name}"`;
      return {
        id: `${way}-failed`,
        values: { name, reason },
        message: `${what} takes no bounces in: ${reason} Check newsletter.config.bounce.`,
      };
    });
