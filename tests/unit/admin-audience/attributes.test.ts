import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyAttribute, fromRows, toRows } from '../../../admin/src/pages/Subscribers/attributes';

const row = (name: string, type: 'text' | 'number' | 'boolean', value: string) => ({
  ...emptyAttribute(),
  name,
  type,
  value,
});

const errorsOf = (result: ReturnType<typeof fromRows>) =>
  'rows' in result ? result.rows.map(({ error }) => error) : null;

describe('attributes of a person in the form', () => {
  it('come back as they were, with their types', () => {
    // The form trims names, and has no text that is only spaces: such a value is no value.
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() === text && text !== '__proto__');
    const value = fc.oneof(
      fc.string().filter((text) => text.trim() !== ''),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (attributes) => {
        expect(fromRows(toRows(attributes))).toEqual({ attributes });
      }),
    );
  });

  it('leave out rows that nobody filled', () => {
    expect(fromRows([emptyAttribute(), row('city', 'text', 'Kyoto')])).toEqual({
      attributes: { city: 'Kyoto' },
    });
  });

  it('name what is wrong in its row', () => {
    expect(errorsOf(fromRows([row('', 'text', 'Kyoto')]))).toEqual(['no-name']);
    expect(errorsOf(fromRows([row('a', 'text', '1'), row(' a ', 'text', '2')]))).toEqual([null, 'twice']);
    expect(errorsOf(fromRows([row('age', 'number', 'forty')]))).toEqual(['not-a-number']);
    expect(errorsOf(fromRows([row('age', 'number', '')]))).toBeNull();
  });
});
