/**
 * Drivers give a content type's column in different shapes: a datetime is a Date (PostgreSQL, MySQL) or a number
 * (SQLite), a JSON column is parsed (MySQL) or text (SQLite; PostgreSQL under Strapi, which switches parsing off).
 */

/** A datetime as ISO 8601 in UTC, or null. */
export function isoTime(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const date =
    value instanceof Date
      ? value
      : new Date(
          typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : (value as string | number),
        );
  return date.toISOString();
}

/** The value of a JSON column, or the fallback when it is empty. */
export function jsonValue<T>(value: unknown, fallback: T): T {
  if (value === null || value === undefined || value === '') return fallback;
  return (typeof value === 'string' ? JSON.parse(value) : value) as T;
}

/** A LIKE pattern for texts that contain the given one; to be used with `escape '!'`. */
export function containsPattern(text: string): string {
  return `%${text.replace(/[!%_]/g, '!$&')}%`;
}
