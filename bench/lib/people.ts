import type { Knex } from 'knex';
import type { DatabaseKind } from '../../tests/helpers/database';
import { TABLE } from '../../server/src/storage';

export const LIST = 'benchlist0000000000000001';
const OTHER_LIST = 'benchlist0000000000000002';

/**
 * Fills a fresh database with subscribers, made in SQL: all subscribed, with a city (skewed: one in four lives in
 * Tokyo), a score from 0 to 99 and, nine times of ten, a plan. Two of three are on LIST, one of three on another; one of
 * a hundred is suppressed.
 */
export async function fillPeople(db: Knex, kind: DatabaseKind, count: number): Promise<void> {
  const sql = DIALECTS[kind];
  await db.raw(sql.setUp);
  await db.raw(
    `insert into ${TABLE.subscribers} (document_id, email, email_key, address_hash, status, first_name, language, attributes, source, created_at, updated_at, published_at, confirmed_at)
     ${sql.numbers(count)}
     select ${sql.text("'person'", 'i')}, ${sql.text("'person'", 'i', "'@bench.example'")}, ${sql.text("'person'", 'i', "'@bench.example'")}, ${sql.text("'hash'", 'i')},
       'subscribed', ${sql.text("'First'", sql.mod('i', 5000))}, case when ${sql.mod('i', 3)} = 0 then 'ja' else 'en' end,
       ${sql.attributes}, 'import', ${sql.time}, ${sql.time}, ${sql.time}, ${sql.time}
     from numbers`,
  );
  for (const [list, where] of [
    [LIST, `${sql.mod('i', 3)} < 2`],
    [OTHER_LIST, `${sql.mod('i', 3)} = 2`],
  ]) {
    await db.raw(
      `insert into ${TABLE.subscriptions} (subscriber_id, list_id, status, created_at, updated_at)
       ${sql.numbers(count)} select ${sql.text("'person'", 'i')}, '${list}', 'subscribed', 0, 0 from numbers where ${where}`,
    );
  }
  await db.raw(
    `insert into ${TABLE.suppressions} (address_hash, scope, reason, since)
     ${sql.numbers(count)} select ${sql.text("'hash'", 'i')}, 'all', 'manual', 0 from numbers where ${sql.mod('i', 100)} = 7`,
  );
  // A database that has been in use has statistics.
  for (const table of [TABLE.subscribers, TABLE.subscriptions, TABLE.suppressions])
    await db.raw(sql.analyze(table));
}

interface Sql {
  setUp: string;
  /** `with numbers(i) as …`: 1 to count. */
  numbers(count: number): string;
  text(...parts: string[]): string;
  mod(value: string, by: number): string;
  attributes: string;
  time: string;
  analyze(table: string): string;
}

const CITY = (mod: (value: string, by: number) => string, text: Sql['text']) =>
  `case when ${mod('i', 4)} = 1 then 'Tokyo' else ${text("'City '", mod('i * 7', 500))} end`;
const modulo = (value: string, by: number) => `((${value}) % ${by})`;
const pipes = (...parts: string[]) => parts.map((part) => `(${part})`).join(' || ');
const concat = (...parts: string[]) => `concat(${parts.join(', ')})`;

const MARIADB: Sql = {
  setUp: 'select 1',
  numbers: (count) => `with numbers(i) as (select seq from seq_1_to_${count})`,
  text: concat,
  mod: modulo,
  attributes: `case when i % 10 = 0 then json_object('city', ${CITY(modulo, concat)}, 'score', (i * 13) % 100)
      else json_object('city', ${CITY(modulo, concat)}, 'score', (i * 13) % 100, 'plan', concat('plan ', i % 4)) end`,
  time: `timestamp '2026-01-01 00:00:00' + interval i second`,
  analyze: (table) => `analyze table ${table}`,
};

const DIALECTS: Record<DatabaseKind, Sql> = {
  sqlite: {
    setUp: 'select 1',
    numbers: (count) =>
      `with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < ${count})`,
    text: pipes,
    mod: modulo,
    attributes: `case when ${modulo('i', 10)} = 0 then json_object('city', ${CITY(modulo, pipes)}, 'score', ${modulo('i * 13', 100)})
      else json_object('city', ${CITY(modulo, pipes)}, 'score', ${modulo('i * 13', 100)}, 'plan', 'plan ' || ${modulo('i', 4)}) end`,
    time: '1767225600000 + i',
    analyze: (table) => `analyze ${table}`,
  },
  postgres: {
    setUp: 'select 1',
    numbers: (count) => `with numbers(i) as (select generate_series(1, ${count}))`,
    text: (...parts) => parts.map((part) => `(${part})::text`).join(' || '),
    mod: modulo,
    attributes: `case when i % 10 = 0 then jsonb_build_object('city', ${CITY(modulo, (...parts) => parts.map((part) => `(${part})::text`).join(' || '))}, 'score', (i::bigint * 13) % 100)
      else jsonb_build_object('city', ${CITY(modulo, (...parts) => parts.map((part) => `(${part})::text`).join(' || '))}, 'score', (i::bigint * 13) % 100, 'plan', 'plan ' || (i % 4)) end`,
    time: `timestamp '2026-01-01' + i * interval '1 second'`,
    analyze: (table) => `vacuum analyze ${table}`,
  },
  mariadb: MARIADB,
  mysql: {
    ...MARIADB,
    setUp: 'set session cte_max_recursion_depth = 10000000',
    numbers: (count) =>
      `with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < ${count})`,
  },
};
