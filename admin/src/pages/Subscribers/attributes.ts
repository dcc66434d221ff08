import { coerceAttribute } from '../../../../shared/attribute-values';
import type { AttributeDeclaration, SubscriberDto } from '../../../../shared/contracts';

export type AttributeType = 'text' | 'number' | 'boolean';

export interface AttributeRow {
  /** React's key: rows have no other identity while their names are typed. */
  key: number;
  name: string;
  type: AttributeType;
  value: string;
  error: 'no-name' | 'twice' | 'declared' | 'not-a-number' | null;
}

let nextKey = 0;

export const emptyAttribute = (): AttributeRow => ({
  key: nextKey++,
  name: '',
  type: 'text',
  value: '',
  error: null,
});

type Attributes = SubscriberDto['attributes'];

/** A row for each attribute that is not declared. */
export function toRows(
  attributes: Attributes,
  declared: readonly AttributeDeclaration[] = [],
): AttributeRow[] {
  const others = Object.entries(attributes).filter(([key]) => !declared.some(({ name }) => name === key));
  return others.map(([name, value]) => ({
    key: nextKey++,
    name,
    type: typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'text',
    value: value === null ? '' : String(value),
    error: null,
  }));
}

/**
 * The attributes that the rows describe, or the rows with their errors marked. Rows that are wholly empty are left
 * out; an empty value of a named text or number is null.
 */
export function fromRows(
  rows: AttributeRow[],
  declared: readonly AttributeDeclaration[] = [],
): { attributes: Attributes } | { rows: AttributeRow[] } {
  const filled = rows.filter((row) => row.name.trim() !== '' || row.value.trim() !== '');
  const seen = new Set<string>();
  const checked = filled.map((row): AttributeRow => {
    const name = row.name.trim();
    const error =
      name === ''
        ? 'no-name'
        : seen.has(name)
          ? 'twice'
          : declared.some((one) => one.name === name)
            ? 'declared'
            : row.type === 'number' && row.value.trim() !== '' && !Number.isFinite(Number(row.value))
              ? 'not-a-number'
              : null;
    seen.add(name);
    return { ...row, name, error };
  });
  if (checked.some((row) => row.error !== null)) return { rows: checked };
  return { attributes: Object.fromEntries(checked.map((row) => [row.name, valueOf(row)])) };
}

function valueOf(row: AttributeRow): string | number | boolean | null {
  if (row.type === 'boolean') return row.value === 'true';
  if (row.value.trim() === '') return null;
  return row.type === 'number' ? Number(row.value) : row.value;
}

/** What stands in the fields of the declared attributes, by name; yes is `true`, no is `false`, nothing is empty. */
export type DeclaredValues = Record<string, string>;

export const toDeclared = (
  attributes: Attributes,
  declared: readonly AttributeDeclaration[],
): DeclaredValues => Object.fromEntries(declared.map(({ name }) => [name, String(attributes[name] ?? '')]));

/** The attributes that the fields say, without those that are empty, or the names whose values do not fit. */
export function fromDeclared(
  values: DeclaredValues,
  declared: readonly AttributeDeclaration[],
): { attributes: Attributes } | { wrong: string[] } {
  const results = declared.map((one) => ({ name: one.name, result: coerceAttribute(one, values[one.name]) }));
  const wrong = results.filter(({ result }) => !result.ok).map(({ name }) => name);
  if (wrong.length > 0) return { wrong };
  const said = results.flatMap(({ name, result }) =>
    result.ok && result.value !== null ? [[name, result.value] as const] : [],
  );
  return { attributes: Object.fromEntries(said) };
}

/** Whether a value that is stored fits the declaration: it may be older. */
export const fits = (declaration: AttributeDeclaration, value: string): boolean =>
  coerceAttribute(declaration, value).ok;
