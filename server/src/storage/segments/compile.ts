import type { Knex } from 'knex';
import { isRuleGroup, type Rule, type RuleGroup } from '../../../../shared/contracts';
import { dialectOf } from '../dialect';
import { linkHash } from '../links';
import { TABLE } from '../tables';
import { attributeCondition, dateCondition, textCondition, within } from './compile-values';
import { dayRange, dayStart } from './days';
import { wholeDomain } from './fold';
import { joined, not, sql, type Sql } from './sql';
import { valueSql, type ValueSql } from './values-sql';

/**
 * `page`: each subscriber of a page is probed by itself. PostgreSQL turns EXISTS into a semi-join, and would read a
 * whole table for a page of some hundred people; it leaves a scalar subquery alone.
 * `all`: everybody is looked at, and reading the tables once is the best plan.
 */
export type Reach = 'page' | 'all';

interface Compiler {
  values: ValueSql;
  table: string;
  reach: Reach;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * The condition under which a row of the subscribers' table is in the segment: true or false, never null. Nothing from
 * the rules gets into the text of the statement.
 * @param options.now the instant that relative dates count from, milliseconds since 1970
 * @param options.table name or alias of the table in the statement, `s` by default
 */
export function segmentCondition(
  db: Knex,
  rules: RuleGroup,
  { reach, now, table = 's' }: { reach: Reach; now: number; table?: string },
): Knex.Raw {
  const { sql, bindings } = node({ values: valueSql(dialectOf(db)), table, reach, now }, rules);
  return db.raw(sql, bindings);
}

function node(compiler: Compiler, part: Rule | RuleGroup): Sql {
  if (!isRuleGroup(part)) return rule(compiler, part);
  const inner = joined(
    part.rules.map((child) => node(compiler, child)),
    part.combinator,
  );
  return part.not ? not(inner) : inner;
}

const TEXT_COLUMNS = {
  email: 'email',
  firstName: 'first_name',
  lastName: 'last_name',
  language: 'language',
  timezone: 'timezone',
  source: 'source',
} as const;

const DATE_COLUMNS = {
  createdAt: 'created_at',
  confirmedAt: 'confirmed_at',
  lastSentAt: 'last_sent_at',
  lastOpenedAt: 'last_opened_at',
  lastClickedAt: 'last_clicked_at',
} as const;

function rule(compiler: Compiler, test: Rule): Sql {
  const { values, table, now } = compiler;
  switch (test.field) {
    case 'status': {
      const among = sql(
        `${table}.status is not null and ${table}.status in (${marks(test.value)})`,
        ...test.value,
      );
      return test.operator === 'oneOf' ? joined([among], 'and') : not(among);
    }
    case 'list':
      return listRule(compiler, test);
    case 'activity':
      return activityRule(compiler, test);
    case 'attribute':
      return attributeCondition(values.attribute(`${table}.attributes`, test.name), values, test, now);
    case 'createdAt':
    case 'confirmedAt':
    case 'lastSentAt':
    case 'lastOpenedAt':
    case 'lastClickedAt': {
      const column = `${table}.${DATE_COLUMNS[test.field]}`;
      return dateCondition(test, sql(`${column} is not null`), sql(column), now, (day) =>
        sql('?', new Date(dayStart(day))),
      );
    }
    case 'emailDomain': {
      const key = `coalesce(${table}.email_key, '')`;
      return textCondition(values, test, sql(values.domain(key)), wholeDomain);
    }
    default: {
      const column = `${table}.${TEXT_COLUMNS[test.field]}`;
      return textCondition(values, test, sql(`coalesce(${column}, '')`));
    }
  }
}

function listRule(compiler: Compiler, test: Extract<Rule, { field: 'list' }>): Sql {
  const where = [sql('a.status = ?', test.status)];
  if (test.list !== null) where.push(sql('a.list_id = ?', test.list));
  const on = exists(compiler, TABLE.subscriptions, where);
  return test.operator === 'on' ? on : not(on);
}

function activityRule(compiler: Compiler, test: Extract<Rule, { field: 'activity' }>): Sql {
  const received = test.action === 'received';
  const where = received
    ? [sql('a.state = ?', 'accepted')]
    : [sql('a.type = ?', test.action === 'opened' ? 'open' : 'click'), sql('a.machine = ?', false)];
  if (test.campaign !== null) where.push(sql('a.campaign_id = ?', test.campaign));
  if (test.campaign !== null && test.link !== null) {
    where.push(
      sql(
        `a.link_id in (select l.id from ${TABLE.links} l where l.campaign_id = ? and l.url_hash = ?)`,
        test.campaign,
        linkHash(test.link),
      ),
    );
  }
  if (test.days !== null) {
    const range = dayRange({ operator: 'inLast', value: test.days }, compiler.now);
    where.push(...within(sql(received ? 'a.settled_at' : 'a.at'), range, (day) => sql('?', dayStart(day))));
  }
  const did = exists(compiler, received ? TABLE.deliveries : TABLE.events, where);
  return test.operator === 'did' ? did : not(did);
}

/** Whether the person has a row `a` in the table. */
function exists({ reach, table }: Compiler, where: string, having: Sql[]): Sql {
  const conditions = joined([sql(`a.subscriber_id = ${table}.document_id`), ...having], 'and');
  const rows = `select a.id from ${where} a where ${conditions.sql}`;
  return {
    sql: reach === 'all' ? `exists (${rows})` : `(${rows} limit 1) is not null`,
    bindings: conditions.bindings,
  };
}

const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ');
