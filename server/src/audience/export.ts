import { stringify } from 'csv-stringify/sync';
import type { Context } from '../context';
import { loadSettings } from '../settings';
import { exportPage, type ExportedPerson, type SubscriberFilter } from '../storage';
import { safeCell } from './import/cells';

const PAGE = 500;

/** Columns beside the declared attributes. The import recognises them and takes what it may change. */
const COLUMNS: [string, (person: ExportedPerson) => string | null][] = [
  ['email', ({ email }) => email],
  ['first_name', ({ firstName }) => firstName],
  ['last_name', ({ lastName }) => lastName],
  ['language', ({ language }) => language],
  ['timezone', ({ timezone }) => timezone],
  ['status', ({ status }) => status],
  ['status_reason', ({ statusReason }) => statusReason],
  ['status_campaign', ({ campaign }) => campaign],
  ['leaving_reason', ({ leaving }) => leaving?.reason ?? null],
  ['leaving_note', ({ leaving }) => leaving?.note ?? null],
  ['status_changed_at', ({ statusChangedAt }) => iso(statusChangedAt)],
  ['confirmed_at', ({ confirmedAt }) => iso(confirmedAt)],
  ['created_at', ({ createdAt }) => iso(createdAt)],
  ['source', ({ source }) => source],
  ['lists', ({ lists }) => lists.join(', ')],
];

/**
 * People who match a filter as CSV (RFC 4180, UTF-8 with a byte order mark so that Excel reads it as such), in pieces of
 * 500 rows: memory does not grow with the list. One column per declared attribute; what nobody declared goes into the
 * column `attributes` as JSON. No cell can run as a formula.
 */
export async function exportCsv(
  ctx: Pick<Context, 'knex'>,
  filter: SubscriberFilter,
): Promise<AsyncGenerator<string>> {
  const { attributes } = await loadSettings(ctx.knex);
  return lines(
    ctx,
    filter,
    attributes.map(({ name }) => name),
  );
}

async function* lines(
  ctx: Pick<Context, 'knex'>,
  filter: SubscriberFilter,
  declared: readonly string[],
): AsyncGenerator<string> {
  const heads = [...COLUMNS.map(([name]) => name), ...declared, 'attributes'];
  yield '\uFEFF' + write([heads]);
  let afterId = 0;
  for (;;) {
    const page = await exportPage(ctx.knex, filter, afterId, PAGE);
    const last = page.at(-1);
    if (!last) return;
    yield write(page.map((person) => cells(person, declared)));
    afterId = last.id;
  }
}

function cells(person: ExportedPerson, declared: readonly string[]): (string | number)[] {
  const others = Object.entries(person.attributes).filter(([name]) => !declared.includes(name));
  return [
    ...COLUMNS.map(([, value]) => value(person) ?? ''),
    ...declared.map((name) => {
      const value = person.attributes[name] ?? '';
      // A negative number runs as nothing; a text that looks like one is made safe.
      return typeof value === 'number' ? value : String(value);
    }),
    others.length > 0 ? JSON.stringify(Object.fromEntries(others)) : '',
  ];
}

const write = (rows: readonly (readonly (string | number)[])[]) =>
  stringify(
    rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell : safeCell(cell)))),
    { record_delimiter: 'windows' },
  );

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
