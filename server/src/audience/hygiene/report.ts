import { stringify } from 'csv-stringify/sync';
import type { HygieneKind } from '../../../../shared/contracts';
import type { Context } from '../../context';
import { readFindings } from '../../storage';
import { safeCell } from '../import/cells';

const PAGE = 500;

/**
 * All findings of a kind as CSV, in pieces of 500 rows: memory does not grow with them. No cell runs as a formula.
 */
export async function* findingLines(
  { knex }: Pick<Context, 'knex'>,
  runId: string,
  kind: HygieneKind,
): AsyncGenerator<string> {
  yield '\uFEFF' + write([['email', 'finding', 'detail', 'status', 'acted']]);
  let after: number | null = 0;
  while (after !== null) {
    const { results, last } = await readFindings(knex, runId, { kind, after, limit: PAGE });
    if (results.length > 0)
      yield write(
        results.map(({ subscriber, detail, acted }) => [
          subscriber.email,
          kind,
          detail ?? '',
          subscriber.status,
          acted ? 'yes' : 'no',
        ]),
      );
    after = last;
  }
}

const write = (rows: readonly (readonly string[])[]) =>
  stringify(
    rows.map((row) => row.map(safeCell)),
    { record_delimiter: 'windows' },
  );
