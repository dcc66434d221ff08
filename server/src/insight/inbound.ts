import type { HealthDto } from '../../../shared/contracts';
import type { Context } from '../context';
import { readSources, type SourceState } from '../storage';

/** Milliseconds without a sign of life after which nobody reads a mailbox, or four polls when that is longer. */
const SILENT_MS = 10 * 60_000;

/** State of the configured listener and mailboxes, over all processes: what they last noted about themselves. */
export async function inboundStates({
  knex,
  config,
}: Pick<Context, 'knex' | 'config'>): Promise<HealthDto['inbound']> {
  const { listener, mailboxes } = config.bounce;
  if (!listener && mailboxes.length === 0) return [];
  const sources = await readSources(knex);
  const find = (way: string, name: string) =>
    sources.find((source) => source.way === way && source.name === name);
  const now = Date.now();
  return [
    // Nothing comes for days when all is well, so that silence says nothing.
    ...(listener ? [stateOf('listener', 'smtp', find('listener', 'smtp'), Infinity, now)] : []),
    ...mailboxes.map(({ name, pollSeconds }) =>
      stateOf('mailbox', name, find('mailbox', name), Math.max(SILENT_MS, 4 * pollSeconds * 1000), now),
    ),
  ];
}

function stateOf(
  way: 'listener' | 'mailbox',
  name: string,
  source: SourceState | undefined,
  silentMs: number,
  now: number,
): HealthDto['inbound'][number] {
  const seen = source?.lastSeenAt ?? null;
  const lastSeenAt = seen === null ? null : new Date(seen).toISOString();
  if (source?.lastError && (source.lastErrorAt ?? 0) > (seen ?? 0))
    return { way, name, ok: false, message: source.lastError, lastSeenAt };
  if (seen === null) return { way, name, ok: null, message: null, lastSeenAt };
  const silent = now - seen > silentMs;
  const message = silent ? `nobody has looked for ${Math.round((now - seen) / 60_000)} minutes` : null;
  return { way, name, ok: !silent, message, lastSeenAt };
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
