import type { HealthDto, ProcessDto } from '../../../shared/contracts';
import { checkDomains } from '../config';
import type { Context } from '../context';
import { queueKind, warmUpStates, type DeliveryHealth } from '../delivery';
import { dueSince, listProcesses, liveEpochs, type DueSince, type ProcessRecord } from '../storage';
import { inboundProblems, inboundStates } from './inbound';

type Problem = HealthDto['problems'][number];

const MINUTE_MS = 60_000;
/** Single mails and starts are due at once: this late, something is wrong. */
const LATE_MS = 5 * MINUTE_MS;
/** With the slowest usual pace a recipient is mailed more often than this. */
const STALLED_MS = 30 * MINUTE_MS;

/**
 * How delivery does, over all processes, from the database and from what this process knows. Connects to nothing itself.
 * @param local null: delivery has not started in this process
 */
export async function health(ctx: Context, local: DeliveryHealth | null): Promise<HealthDto> {
  const now = Date.now();
  const [records, epochs, due, inbound, warmUps] = await Promise.all([
    listProcesses(ctx.knex),
    liveEpochs(ctx.knex),
    dueSince(ctx.knex, now),
    inboundStates(ctx),
    warmUpStates(ctx, now),
  ]);
  const keys = checkDomains(ctx);
  const queue = local?.queue ?? { backend: queueKind(ctx), ok: false, message: 'not started' };
  const transports = (local?.transports ?? []).map((transport) => {
    const warmUp = warmUps.get(transport.name);
    return warmUp ? { ...transport, warmUp } : transport;
  });
  // Recipients wait for the next day then, as they should.
  const isUsedUp = [...warmUps.values()].some(({ used, quota }) => used >= quota);
  const problems: Problem[] = [
    ...(local?.opening ? [] : queueProblems(queue)),
    ...processProblems(records, due, now),
    ...lateProblems(records, isUsedUp ? { ...due, deliveries: null } : due, now),
    ...reconcilerProblems(records, ctx.config.worker.reconcileSeconds * 1000, now),
    ...transports.filter(({ ok }) => ok === false).map(transportProblem),
    ...inboundProblems(inbound),
    ...keys.map(({ domain, path, message }) => ({
      id: 'dkim-key',
      values: { domain, path, detail: message },
      message: `The DKIM key of ${domain} cannot be used, so that nothing from there can be signed: ${path}: ${message}.`,
    })),
  ];
  const oldest = Math.min(...Object.values(due).map((at: number | null) => at ?? Infinity));
  return {
    ok: problems.length === 0,
    problems,
    queue,
    processes: records.filter((record) => record.alive || !record.stopped).map(processDto),
    workers: epochs.map((row) => ({
      epoch: row.epoch,
      host: row.host,
      pid: row.pid,
      leaseUntil: iso(row.leaseUntil),
      open: row.open,
    })),
    oldestDue: Number.isFinite(oldest) ? iso(oldest) : null,
    due: {
      deliveries: isoOrNull(due.deliveries),
      mails: isoOrNull(due.mails),
      starts: isoOrNull(due.starts),
    },
    lastReconciliation: isoOrNull(newest(records.map((record) => record.reconciledAt))),
    transports,
    keys: keys.map(({ domain, path, message }) => ({ domain, message: `${path}: ${message}` })),
    inbound,
  };
}

/** Something is due and no process that sends is alive; null: nothing is due, or somebody sends. */
export async function nobodySends(ctx: Pick<Context, 'knex'>): Promise<Problem | null> {
  const now = Date.now();
  const [records, due] = await Promise.all([listProcesses(ctx.knex), dueSince(ctx.knex, now)]);
  return noWorker(records, due, now);
}

function noWorker(records: ProcessRecord[], due: DueSince, now: number): Problem | null {
  if (records.some(isSending)) return null;
  const since = Math.min(...[due.deliveries, due.mails, due.starts].map((at) => at ?? Infinity));
  // A process that begins has its first beat within a moment.
  if (!Number.isFinite(since) || since > now - MINUTE_MS) return null;
  const minutes = minutesSince(since, now);
  return {
    id: 'no-worker',
    values: { minutes },
    message: `Nobody sends: mail has been due for ${minutes} minutes and no process that sends is alive. Start a worker (strapi-newsletter worker), or set worker.enabled to true.`,
  };
}

const isSending = (record: ProcessRecord) => record.alive && record.role !== 'web';

function queueProblems({ backend, ok, message }: HealthDto['queue']): Problem[] {
  if (ok) return [];
  const reason = message ?? 'no reason given';
  return [{ id: 'queue', values: { backend, reason }, message: `The queue (${backend}): ${reason}` }];
}

function processProblems(records: ProcessRecord[], due: DueSince, now: number): Problem[] {
  const nobody = noWorker(records, due, now);
  const kinds = [...new Set(records.filter((record) => record.alive).map((record) => record.queue))];
  const list = kinds.join(', ');
  return [
    ...(nobody ? [nobody] : []),
    ...(kinds.length > 1
      ? [
          {
            id: 'queues-differ',
            values: { list },
            message: `Processes use different queues (${list}), so that they do not hear of each other. Give all of them the same newsletter.config.queue.`,
          },
        ]
      : []),
  ];
}

/** What waits although somebody sends. A campaign with a slow pace waits long, but something of it moves. */
function lateProblems(records: ProcessRecord[], due: DueSince, now: number): Problem[] {
  if (!records.some(isSending)) return [];
  const moved = newest(records.map((record) => record.settledAt)) ?? 0;
  const late = [due.mails, due.starts].filter((at) => at !== null && at < now - LATE_MS);
  const stalled = due.deliveries !== null && Math.max(due.deliveries, moved) < now - STALLED_MS;
  const since = Math.min(...late.map(Number), ...(stalled ? [Math.max(due.deliveries!, moved)] : []));
  if (!Number.isFinite(since)) return [];
  const minutes = minutesSince(since, now);
  return [
    {
      id: 'late',
      values: { minutes },
      message: `Mail has been due for ${minutes} minutes and nothing of it was sent. Look at the log of the worker and at the transports.`,
    },
  ];
}

function reconcilerProblems(records: ProcessRecord[], everyMs: number, now: number): Problem[] {
  const patience = Math.max(2 * MINUTE_MS, 4 * everyMs);
  const senders = records.filter((record) => isSending(record) && record.startedAt < now - patience);
  if (senders.length === 0) return [];
  const last = newest(records.map((record) => record.reconciledAt));
  if (last !== null && last > now - patience) return [];
  const minutes = minutesSince(last ?? senders[0]!.startedAt, now);
  return [
    {
      id: 'no-reconciliation',
      values: { minutes },
      message: `No process has looked for unfinished work for ${minutes} minutes, although one is alive. Look at its log.`,
    },
  ];
}

function transportProblem({ name, message }: HealthDto['transports'][number]): Problem {
  const reason = message ?? 'no reason given';
  return {
    id: 'transport-failed',
    values: { name, reason },
    message: `The transport "${name}" does not work: ${reason}. Check its configuration.`,
  };
}

function processDto(record: ProcessRecord): ProcessDto {
  const { host, pid, role, version, queue, startedAt, seenAt, alive } = record;
  return { host, pid, role, version, queue, startedAt: iso(startedAt), seenAt: iso(seenAt), alive };
}

const iso = (ms: number) => new Date(ms).toISOString();
const isoOrNull = (ms: number | null) => (ms === null ? null : iso(ms));
const minutesSince = (since: number, now: number) => Math.max(1, Math.floor((now - since) / MINUTE_MS));

function newest(times: (number | null)[]): number | null {
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}
