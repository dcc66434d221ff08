import type { Knex } from 'knex';

/** A piece of a statement with the values of its `?`. */
export interface Sql {
  sql: string;
  bindings: Knex.RawBinding[];
}

export const sql = (text: string, ...bindings: Knex.RawBinding[]): Sql => ({ sql: text, bindings });

export const not = (inner: Sql): Sql => ({ sql: `not (${inner.sql})`, bindings: inner.bindings });

/** The pieces joined by `and`, `or` or a comma, in parentheses. */
export function joined(pieces: readonly Sql[], word: 'and' | 'or' | ','): Sql {
  return {
    sql: `(${pieces.map((piece) => piece.sql).join(` ${word} `)})`,
    bindings: pieces.flatMap((piece) => piece.bindings),
  };
}
