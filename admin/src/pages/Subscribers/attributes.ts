import type { SubscriberDto } from '../../../../shared/contracts';

export type AttributeType = 'text' | 'number' | 'boolean';

export interface AttributeRow {
  /** React's key: rows have no other identity while their names are typed. */
  key: number;
  name: string;
  type: AttributeType;
  value: string;
  error: 'no-name' | 'twice' | 'not-a-number' | null;
}

let nextKey = 0;

export const emptyAttribute = (): AttributeRow => ({
  key: nextKey++,
  name: '',
  type: 'text',
  value: '',
  error: null,
});

export function toRows(attributes: SubscriberDto['attributes']): AttributeRow[] {
  return Object.entries(attributes).map(([name, value]) => ({
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
): { attributes: SubscriberDto['attributes'] } | { rows: AttributeRow[] } {
  const filled = rows.filter((row) => row.name.trim() !== '' || row.value.trim() !== '');
  const seen = new Set<string>();
  const checked = filled.map((row): AttributeRow => {
    const name = row.name.trim();
    const error =
      name === ''
        ? 'no-name'
        : seen.has(name)
          ? 'twice'
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
