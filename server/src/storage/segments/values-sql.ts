import type { Dialect } from '../dialect';
import { sql, type Sql } from './sql';

/**
 * What differs between the databases when a value is looked at. Texts are never null, but empty when there is none;
 * conditions are true or false, never null.
 */
export interface ValueSql {
  /** A text expression in a form that is compared byte for byte, A–Z folded to a–z. */
  fold: (text: Sql) => Sql;
  /** The other side of a comparison with `fold` or `bytes`. */
  literal: (text: string) => Sql;
  /** A text expression that is compared byte for byte. */
  bytes: (text: Sql) => Sql;
  /** What stands after the last @. */
  domain: (column: string) => string;
  /** A key of a JSON column. */
  attribute: (column: string, name: string) => AttributeSql;
  /** A text of the shape YYYY-MM-DD. */
  isDay: (text: Sql) => Sql;
}

/** One key of the JSON column. */
export interface AttributeSql {
  isBoolean: Sql;
  isTrue: Sql;
  isNumber: Sql;
  /** Its text, empty when it is none: one condition on it is better estimated than two. */
  text: Sql;
  /** Condition on its number, false when it is none. `operator` is SQL. */
  number: (operator: string, value: number) => Sql;
}

export function valueSql(dialect: Dialect): ValueSql {
  switch (dialect) {
    case 'sqlite':
      return sqlite;
    case 'postgres':
      return postgres;
    case 'mysql':
      return mysql;
  }
}

/** `lower` folds ASCII only, and texts are compared byte for byte. */
const sqlite: ValueSql = {
  fold: (text) => wrap('lower(', text, ')'),
  literal: (text) => sql('?', text),
  bytes: (text) => text,
  domain: (column) => `substr(${column}, length(rtrim(${column}, replace(${column}, '@', ''))) + 1)`,
  attribute(column, name) {
    const path = `$."${name}"`;
    const type = sql(`coalesce(json_type(${column}, ?), '')`, path);
    const value = sql(`json_extract(${column}, ?)`, path);
    return {
      isBoolean: wrap('', type, " in ('true', 'false')"),
      isTrue: wrap('', type, " = 'true'"),
      isNumber: wrap('', type, " in ('integer', 'real')"),
      text: sql(`(case when json_type(${column}, ?) = 'text' then ${value.sql} else '' end)`, path, path),
      // Both sides are read by the same parser, which rounds the last digit in a way of its own.
      number: (operator, number) =>
        sql(
          `(${type.sql} in ('integer', 'real') and cast(${value.sql} as real) ${operator} cast(? as real))`,
          path,
          path,
          String(number),
        ),
    };
  },
  isDay: (text) => wrap('', text, " glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"),
};

/** Under the collation C, `lower` folds ASCII only and texts are compared byte for byte. */
const postgres: ValueSql = {
  fold: (text) => wrap('lower((', text, ') collate "C")'),
  literal: (text) => sql('?::text', text),
  bytes: (text) => wrap('(', text, ') collate "C"'),
  domain: (column) => `substring(${column} from '[^@]*$')`,
  attribute(column, name) {
    const value = sql(`(${column} -> ?::text)`, name);
    const type = wrap('coalesce(jsonb_typeof', value, ", '')");
    return {
      isBoolean: wrap('', type, " = 'boolean'"),
      isTrue: wrap('coalesce(', value, " = 'true'::jsonb, false)"),
      isNumber: wrap('', type, " = 'number'"),
      text: sql(
        `(case when jsonb_typeof${value.sql} = 'string' then ${column} ->> ?::text else '' end)`,
        name,
        name,
      ),
      // CASE, since the order of AND is not kept and the cast of another type is an error.
      number: (operator, number) =>
        sql(
          `(case when jsonb_typeof${value.sql} = 'number' then ${value.sql}::numeric ${operator} ?::numeric else false end)`,
          name,
          name,
          String(number),
        ),
    };
  },
  isDay: (text) => wrap('(', text, ") ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'"),
};

/**
 * Collations ignore case, accents and trailing blanks: everything is compared as bytes. Of the character sets,
 * tis620 has no letters with case beyond ASCII and takes every byte, so that its `lower` folds ASCII and leaves UTF-8
 * alone. JSON_VALUE and ->> differ between MySQL and MariaDB; JSON_UNQUOTE(JSON_EXTRACT()) is the same on both.
 */
const mysql: ValueSql = {
  fold: (text) => wrap('cast(lower(convert(cast(', text, ' as binary) using tis620)) as binary)'),
  literal: (text) => sql('?', Buffer.from(text)),
  bytes: (text) => wrap('cast(', text, ' as binary)'),
  domain: (column) => `substring_index(${column}, '@', -1)`,
  attribute(column, name) {
    const value = sql(`json_extract(${column}, ?)`, `$."${name}"`);
    const type = wrap('coalesce(json_type(', value, "), '')");
    const unquoted = wrap('json_unquote(', value, ')');
    const isNumber = wrap('', type, " in ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER')");
    return {
      isBoolean: wrap('', type, " = 'BOOLEAN'"),
      isTrue: {
        sql: `(${type.sql} = 'BOOLEAN' and ${unquoted.sql} = 'true')`,
        bindings: [...type.bindings, ...unquoted.bindings],
      },
      isNumber,
      text: {
        sql: `(case when json_type(${value.sql}) = 'STRING' then ${unquoted.sql} else '' end)`,
        bindings: [...value.bindings, ...unquoted.bindings],
      },
      number: (operator, number) => ({
        sql: `(${isNumber.sql} and cast(${unquoted.sql} as double) ${operator} cast(? as double))`,
        bindings: [...isNumber.bindings, ...unquoted.bindings, String(number)],
      }),
    };
  },
  // The anchor $ also stands before a line feed at the end.
  isDay: (text) => ({
    sql: `(length(${text.sql}) = 10 and ${text.sql} regexp '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')`,
    bindings: [...text.bindings, ...text.bindings],
  }),
};

const wrap = (before: string, inner: Sql, after: string): Sql => ({
  sql: before + inner.sql + after,
  bindings: inner.bindings,
});
