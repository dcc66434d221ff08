import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { HygieneActionDto } from '../../../../shared/contracts';
import type { Context } from '../../context';
import {
  addToHygieneAction,
  endHygieneAction,
  holdHygieneRun,
  hygieneActionsOf,
  inTransaction,
  lockSubscribers,
  markActed,
  markInactive,
  moveHygieneRun,
  openFindings,
  readSuppressions,
  saveHygieneProgress,
  suppress,
  unmarkInactive,
  withdrawMails,
  type HygieneRunRow,
  type Subscriber,
} from '../../storage';
import type { Hold } from '../import/run';
import { takeFromList } from '../people-lists';
import { dayOf, tag, tagOf } from './tags';

/** People per transaction: some 20 ms on SQLite. */
const SET = 200;

/**
 * Does what somebody decided about one kind of finding, set by set, from behind the last committed one.
 * @returns as `runCheck`
 */
export async function runAction(
  ctx: Context,
  row: HygieneRunRow,
  hold: Hold,
): Promise<'done' | 'stopped' | 'lost'> {
  const action = (await hygieneActionsOf(ctx.knex, [row.id])).get(row.id)?.find(({ endedAt }) => !endedAt);
  if (action) {
    const counts = structuredClone(row.counts);
    for (;;) {
      const left = await inTransaction(ctx.knex, async (trx) => {
        if (!(await holdHygieneRun(trx, row.id, hold.runner, hold.leaseMs))) return 'lost';
        const found = await openFindings(trx, row.id, action.kind, SET);
        if (found.length === 0) return 'none';
        const people = await lockSubscribers(
          trx,
          found.map(({ subscriberId }) => subscriberId),
        );
        const changed = await apply(trx, action, await stillThere(trx, people, row));
        await markActed(
          trx,
          found.map(({ id }) => id),
          action.id,
        );
        await addToHygieneAction(trx, action.id, { changed, skipped: found.length - changed });
        const next = { ...counts[action.kind], open: counts[action.kind].open - found.length };
        await saveHygieneProgress(trx, row.id, { ...row, counts: { ...counts, [action.kind]: next } });
        return next;
      });
      if (left === 'lost') return 'lost';
      if (left === 'none') break;
      counts[action.kind] = left;
      if (hold.isStopping()) return 'stopped';
      await nextTurn();
    }
    await endHygieneAction(ctx.knex, action.id);
  }
  return (await moveHygieneRun(ctx.knex, row.id, ['acting'], 'done', { runner: hold.runner }))
    ? 'done'
    : 'lost';
}

/**
 * @param trx holds the people's rows locked
 * @returns for how many something changed
 */
async function apply(
  trx: Knex.Transaction,
  action: HygieneActionDto,
  people: readonly Subscriber[],
): Promise<number> {
  switch (action.action) {
    case 'remove-from-list': {
      const documentId = action.target?.documentId ?? '';
      return takeFromList(trx, people, { documentId }, { source: 'hygiene' });
    }
    case 'tag': {
      const at = Date.now();
      await tag(trx, people, tagOf(action.kind), dayOf(at));
      if (action.kind === 'inactive') await markInactive(trx, idsOf(people), at);
      return people.length;
    }
    case 'suppress':
      await suppressThem(trx, action, people);
      return people.length;
  }
}

async function suppressThem(
  trx: Knex.Transaction,
  { kind, by }: HygieneActionDto,
  people: readonly Subscriber[],
): Promise<void> {
  const isSunset = kind === 'inactive-due';
  const detail = isSunset ? null : kind;
  const entries = people.map(({ addressHash }) => ({ addressHash, detail, addedBy: by }));
  await suppress(trx, isSunset ? 'sunset' : 'hygiene', entries, Date.now());
  // Nobody is asked to confirm an address that gets nothing.
  await withdrawMails(trx, 'confirm', idsOf(people));
  if (!isSunset) return;
  await tag(trx, people, tagOf('inactive'), null);
  await unmarkInactive(trx, idsOf(people));
}

const idsOf = (people: readonly Subscriber[]) => people.map(({ documentId }) => documentId);

/** People who left, bounced, were suppressed, or opened or clicked since the check began are passed over. */
async function stillThere(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  { target, createdAt }: HygieneRunRow,
): Promise<Subscriber[]> {
  const suppressed = await readSuppressions(
    trx,
    people.map(({ addressHash }) => addressHash),
  );
  const reacted = ({ lastOpenedAt, lastClickedAt }: Subscriber) =>
    target.kind === 'sunset' && Math.max(lastOpenedAt ?? 0, lastClickedAt ?? 0) >= createdAt;
  return people.filter(
    (person) =>
      (person.status === 'pending' || person.status === 'subscribed') &&
      !suppressed.has(person.addressHash) &&
      !reacted(person),
  );
}
