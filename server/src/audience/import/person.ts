import {
  coerceAttribute,
  isTimezone,
  languageTagSchema,
  type AttributeDeclaration,
  type ColumnTarget,
  type FileStatus,
} from '../../../../shared/contracts';
import { emailKey } from '../../../../shared/address';
import type { ListFacts, StoredProblem, Subscriber } from '../../storage';
import type { Tokens } from '../../tokens';
import { plainCell } from './cells';
import type { FileRow } from './csv';
import { normalise } from './products';
import { readStatus, strictest } from './status-words';

/** What the run knows beside the rows: how columns are meant, and what names stand for. */
export interface Mapping {
  /** Names of the columns, for the report. */
  header: readonly string[];
  columns: readonly ColumnTarget[];
  /** For rows that say nothing about it. */
  status: FileStatus;
  attributes: readonly AttributeDeclaration[];
  lists: readonly ListFacts[];
}

type Profile = Pick<Subscriber, 'firstName' | 'lastName' | 'language' | 'timezone' | 'attributes'>;

/** A row that is about a person. Of the profile only what the file has: no empty values. */
export interface ImportedPerson {
  line: number;
  email: string;
  emailKey: string;
  addressHash: string;
  profile: Partial<Profile>;
  status: FileStatus;
  /** documentIds of the lists that the row names. */
  lists: string[];
}

/** `problems` of a row with a person are about cells that were left out; without a person, why there is none. */
export interface ReadRow {
  line: number;
  bytes: number;
  person: ImportedPerson | null;
  problems: StoredProblem[];
}

/** Reads one row by the mapping. */
export function readRow(tokens: Pick<Tokens, 'addressHash'>, mapping: Mapping, row: FileRow): ReadRow {
  const problems: StoredProblem[] = [];
  const refuse = (code: string, column: string | null, value: string | null): ReadRow => ({
    line: row.line,
    bytes: row.bytes,
    person: null,
    problems: [{ line: row.line, column, value, code }],
  });
  if (row.cells.slice(mapping.columns.length).some((cell) => cell.trim() !== ''))
    return refuse('too-many-cells', null, String(row.cells.length));

  const found: Found = { profile: {}, attributes: {}, lists: [], statuses: [] };
  let email = '';
  let emailColumn: string | null = null;
  for (const [at, target] of mapping.columns.entries()) {
    const cell = plainCell(storable(row.cells[at] ?? '').trim());
    const column = mapping.header[at] ?? null;
    if (target.to === 'email') [email, emailColumn] = [cell, column];
    if (cell === '' || target.to === 'email' || target.to === 'ignore') continue;
    const problem = takeCell(found, target, cell, mapping);
    if (problem === 'unknown-status') return refuse(problem, column, cell);
    if (problem) problems.push({ line: row.line, column, value: cell, code: problem });
  }

  if (email === '') return refuse('no-address', emailColumn, null);
  const key = email.includes('\uFFFD') ? null : emailKey(email);
  if (key === null) return refuse('bad-address', emailColumn, email);
  const attributes = Object.keys(found.attributes).length > 0 ? { attributes: found.attributes } : {};
  const person: ImportedPerson = {
    line: row.line,
    email,
    emailKey: key,
    addressHash: tokens.addressHash(key),
    profile: { ...found.profile, ...attributes },
    status: strictest(found.statuses) ?? mapping.status,
    lists: [...new Set(found.lists)],
  };
  return { line: row.line, bytes: row.bytes, person, problems };
}

/** PostgreSQL takes neither NUL nor half of a surrogate pair; one such cell would stop the whole import. */
function storable(text: string): string {
  // eslint-disable-next-line no-control-regex -- NUL is what it must find
  return text.replace(/\u0000/g, '').replace(/\p{Surrogate}/gu, '\uFFFD');
}

interface Found {
  profile: Partial<Profile>;
  attributes: Profile['attributes'];
  lists: string[];
  statuses: FileStatus[];
}

/** @returns the code of what is wrong with the cell; it is left out then */
function takeCell(found: Found, target: ColumnTarget, cell: string, mapping: Mapping): string | null {
  switch (target.to) {
    case 'firstName':
    case 'lastName':
      if (cell.length > 200) return 'too-long';
      found.profile[target.to] = cell;
      return null;
    case 'fullName':
      if (cell.length > 200) return 'too-long';
      Object.assign(found.profile, splitName(cell), found.profile);
      return null;
    case 'language': {
      const tag = cell.replace(/_/g, '-');
      if (!languageTagSchema.safeParse(tag).success) return 'bad-language';
      found.profile.language = tag;
      return null;
    }
    case 'timezone':
      if (cell.length > 64 || !isTimezone(cell)) return 'bad-timezone';
      found.profile.timezone = cell;
      return null;
    case 'status': {
      const status = readStatus(cell);
      if (!status) return 'unknown-status';
      found.statuses.push(status);
      return null;
    }
    case 'lists':
      return takeLists(found, cell, mapping.lists);
    case 'attribute':
      return takeAttribute(found, target.name, cell, mapping.attributes);
    case 'newAttribute':
      return takeAttribute(found, target.declaration.name, cell, mapping.attributes);
    case 'attributesJson':
      return takeJson(found, cell, mapping.attributes);
    default:
      return null;
  }
}

function takeLists(found: Found, cell: string, known: readonly ListFacts[]): string | null {
  let problem: string | null = null;
  for (const name of cell.split(/[,;、]/).map(normalise)) {
    if (name === '') continue;
    const list = known.find((one) => normalise(one.slug) === name || normalise(one.name) === name);
    if (list) found.lists.push(list.documentId);
    else problem = 'unknown-list';
  }
  return problem;
}

function takeAttribute(
  found: Found,
  name: string,
  value: unknown,
  declared: readonly AttributeDeclaration[],
): string | null {
  const declaration = declared.find((one) => one.name === name);
  if (!declaration) return 'unknown-attribute';
  const result = coerceAttribute(declaration, value);
  if (!result.ok) return `bad-${declaration.type}`;
  if (result.value !== null) found.attributes[name] = result.value;
  return null;
}

/** Names that nobody declared keep their simple values, as everywhere else. */
function takeJson(found: Found, cell: string, declared: readonly AttributeDeclaration[]): string | null {
  const object = parseObject(cell);
  if (!object) return 'bad-json';
  let problem: string | null = null;
  for (const [name, value] of Object.entries(object)) {
    if (value === null || value === '') continue;
    if (declared.some((one) => one.name === name)) {
      const plain = typeof value === 'string' ? storable(value) : value;
      problem = takeAttribute(found, name, plain, declared) ?? problem;
    } else if (
      /^[a-z][a-z0-9_]{0,39}$/i.test(name) &&
      (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    ) {
      found.attributes[name] = typeof value === 'string' ? storable(value) : value;
    } else {
      problem = 'bad-json';
    }
  }
  return problem;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Family names come first in Chinese, Japanese and Korean writing, last elsewhere. */
function splitName(name: string): Partial<Profile> {
  const [first = '', ...rest] = name.split(/\s+/u);
  const others = rest.join(' ');
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(name))
    return others === '' ? { lastName: first } : { lastName: first, firstName: others };
  return others === '' ? { firstName: first } : { firstName: first, lastName: others };
}
