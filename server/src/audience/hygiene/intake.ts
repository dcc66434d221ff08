import {
  ACTIONS_OF_KIND,
  hygieneActSchema,
  hygieneStartSchema,
  type HygieneRunDto,
  type SunsetDto,
} from '../../../../shared/contracts';
import type { z } from 'zod';
import type { Context } from '../../context';
import { loadSettings } from '../../settings';
import {
  countInactive,
  deleteHygieneRun,
  findHygieneRun,
  findImport,
  hasAddresses,
  hygieneActionsOf,
  inTransaction,
  insertHygieneAction,
  insertHygieneRun,
  moveHygieneRun,
  pageHygieneRuns,
  type HygieneRunRow,
  type HygieneTarget,
} from '../../storage';
import { knownLists } from '../lists';
import { readableSegment } from '../segments';
import { HygieneError } from './errors';
import { segmentFor, sunsetSegment } from './tags';

/**
 * Begins a check; a runner takes it. Nothing is changed by it.
 * @param by who asked; null: the sunset rule by itself
 * @throws HygieneError hygiene-busy, not-tracked, import-forgotten, wrong-state; AudienceError unknown-list, unknown-segment, unreadable-segment
 */
export async function startCheck(
  ctx: Pick<Context, 'knex'>,
  { scope, dns }: z.output<typeof hygieneStartSchema>,
  by: string | null,
): Promise<HygieneRunDto> {
  const target = await targetOf(ctx, scope);
  const fresh = { target, dns: dns && target.kind !== 'sunset', createdBy: by };
  const id = await insertHygieneRun(ctx.knex, fresh);
  if (id === null) throw busy();
  return checkDto(ctx, id);
}

async function targetOf(
  { knex }: Pick<Context, 'knex'>,
  scope: z.output<typeof hygieneStartSchema>['scope'],
): Promise<HygieneTarget> {
  const now = Date.now();
  switch (scope.kind) {
    case 'all':
      return { kind: 'all' };
    case 'list': {
      const [list] = await knownLists(knex, [scope.id]);
      return { kind: 'list', id: scope.id, name: list!.name };
    }
    case 'import':
      return { kind: 'import', id: scope.id, name: await fileOf(knex, scope.id) };
    case 'segment':
      return { kind: 'segment', id: scope.id, now, ...(await readableSegment(knex, scope.id)) };
    case 'sunset': {
      const { sunset, tracking } = await loadSettings(knex);
      if (!tracking.opens) throw notTracked();
      const { months, campaigns, waitDays } = sunset;
      return { kind: 'sunset', now, months, campaigns, waitDays };
    }
  }
}

/** The name of an import's file. */
async function fileOf(knex: Context['knex'], id: string): Promise<string> {
  const row = await findImport(knex, id);
  if (!row) throw forgotten();
  if (row.endedAt === null) throw notImported();
  if (!(await hasAddresses(knex, id))) throw forgotten();
  return row.fileName;
}

/** @throws HygieneError unknown-check */
export async function checkDto(ctx: Pick<Context, 'knex'>, id: string): Promise<HygieneRunDto> {
  const row = await findCheck(ctx, id);
  return toDto(row, await hygieneActionsOf(ctx.knex, [id]));
}

/** Checks, newest first. */
export async function pageChecks(
  ctx: Pick<Context, 'knex'>,
  query: { page: number; pageSize: number },
): Promise<{ results: HygieneRunDto[]; total: number }> {
  const { rows, total } = await pageHygieneRuns(ctx.knex, query);
  const actions = await hygieneActionsOf(
    ctx.knex,
    rows.map(({ id }) => id),
  );
  return { results: rows.map((row) => toDto(row, actions)), total };
}

/** Ends a check that runs; what it found stays. @throws HygieneError unknown-check, wrong-state */
export async function cancelCheck(ctx: Pick<Context, 'knex'>, id: string): Promise<HygieneRunDto> {
  await findCheck(ctx, id);
  if (!(await moveHygieneRun(ctx.knex, id, ['running'], 'cancelled'))) throw notRunning();
  return checkDto(ctx, id);
}

/** Forgets a check with its findings and decisions. @throws HygieneError unknown-check, hygiene-busy */
export async function removeCheck(ctx: Pick<Context, 'knex'>, id: string): Promise<void> {
  await findCheck(ctx, id);
  if (!(await deleteHygieneRun(ctx.knex, id))) throw busy();
}

/**
 * Decides what is done about everybody of one kind who is still open; a runner does it.
 * @param by who decided; null: the sunset rule by itself
 * @param label of the attribute that `tag` sets
 * @throws HygieneError unknown-check, wrong-action, hygiene-busy, count-changed, wrong-state; AudienceError unknown-list;
 *   AttributeConflict
 */
export async function actOn(
  ctx: Pick<Context, 'knex'>,
  id: string,
  { kind, count, action }: z.output<typeof hygieneActSchema>,
  by: string | null,
): Promise<HygieneRunDto> {
  const row = await findCheck(ctx, id);
  if (!ACTIONS_OF_KIND[kind].includes(action.do)) throw wrongAction();
  if (row.state === 'running' || row.state === 'acting') throw busy();
  refuseOtherCount(row.counts[kind].open, count);
  const target = await targetOfAction(ctx, kind, action);
  await inTransaction(ctx.knex, async (trx) => {
    if (!(await moveHygieneRun(trx, id, ['done', 'cancelled'], 'acting'))) throw notDone();
    const now = await findHygieneRun(trx, id);
    refuseOtherCount(now?.counts[kind].open ?? 0, count);
    await insertHygieneAction(trx, { runId: id, kind, action: action.do, target, confirmed: count, by });
  });
  return checkDto(ctx, id);
}

async function targetOfAction(
  { knex }: Pick<Context, 'knex'>,
  kind: z.output<typeof hygieneActSchema>['kind'],
  action: z.output<typeof hygieneActSchema>['action'],
): Promise<{ documentId: string; name: string } | null> {
  if (action.do === 'tag') return segmentFor(knex, kind, action);
  if (action.do !== 'remove-from-list') return null;
  const [list] = await knownLists(knex, [action.list]);
  return { documentId: action.list, name: list!.name };
}

/** The sunset rule as it is set, and what it has come to. */
export async function sunsetDto({ knex }: Pick<Context, 'knex'>): Promise<SunsetDto> {
  const { sunset, tracking } = await loadSettings(knex);
  return {
    ...sunset,
    marked: await countInactive(knex),
    segment: await sunsetSegment(knex),
    tracked: tracking.opens,
  };
}

/** @throws HygieneError unknown-check */
export async function findCheck({ knex }: Pick<Context, 'knex'>, id: string): Promise<HygieneRunRow> {
  const row = await findHygieneRun(knex, id);
  if (row) return row;
  throw new HygieneError(
    'unknown-check',
    404,
    `There is no check with the id "${id}". It may have been deleted.`,
  );
}

function toDto(row: HygieneRunRow, actions: Awaited<ReturnType<typeof hygieneActionsOf>>): HygieneRunDto {
  const all = actions.get(row.id) ?? [];
  const scope =
    row.target.kind === 'all' || row.target.kind === 'sunset'
      ? { kind: row.target.kind, name: null }
      : { kind: row.target.kind, id: row.target.id, name: row.target.name };
  const time = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  return {
    id: row.id,
    state: row.state,
    scope,
    dns: row.dns,
    createdBy: row.createdBy,
    createdAt: new Date(row.createdAt).toISOString(),
    endedAt: time(row.endedAt),
    people: row.people,
    progress: progressOf(row, all),
    counts: row.counts,
    domains: { asked: row.domainsAsked, unknown: row.domainsUnknown },
    error: row.error,
    actions: all,
  };
}

function progressOf(row: HygieneRunRow, actions: readonly HygieneRunDto['actions'][number][]): number {
  const open = actions.find(({ endedAt }) => endedAt === null);
  if (row.state === 'acting' && open)
    return open.confirmed === 0 ? 1 : Math.min(1, (open.changed + open.skipped) / open.confirmed);
  if (row.state === 'done') return 1;
  return row.lastRow === 0 ? 1 : Math.min(1, row.cursor / row.lastRow);
}

function refuseOtherCount(open: number, confirmed: number): void {
  if (open === confirmed) return;
  throw new HygieneError(
    'count-changed',
    409,
    `You confirmed ${confirmed} people, but ${open} are open now. Look at the report again, then decide.`,
  );
}

const busy = () =>
  new HygieneError(
    'hygiene-busy',
    409,
    'A check runs, or what was decided about one is being done. Wait until it has ended, or cancel it.',
  );
const notRunning = () => new HygieneError('wrong-state', 409, 'The check has ended already.');
const notDone = () =>
  new HygieneError('wrong-state', 409, 'Only what a check has found to its end can be acted on.');
const wrongAction = () => new HygieneError('wrong-action', 400, 'This cannot be done with such findings.');
const notImported = () =>
  new HygieneError('wrong-state', 409, 'The import has not ended yet. Check its people afterwards.');
const forgotten = () =>
  new HygieneError(
    'import-forgotten',
    409,
    'Who was in this file is not known any more: it is forgotten when the import is deleted, or 30 days after it ended. Check a list or a segment instead.',
  );
const notTracked = () =>
  new HygieneError(
    'not-tracked',
    409,
    'Opens are not tracked (Settings › Newsletter › Tracking & limits), so that nobody can be told to be inactive.',
  );
