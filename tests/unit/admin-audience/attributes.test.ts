import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyAttribute,
  fromDeclared,
  fromRows,
  toDeclared,
  toRows,
} from '../../../admin/src/pages/Subscribers/attributes';
import type { AttributeDeclaration, AttributeType } from '../../../shared/contracts';

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

describe('declared attributes of a person in the form', () => {
  const declare = (name: string, type: AttributeType): AttributeDeclaration => ({
    name,
    label: name.toUpperCase(),
    type,
    public: false,
  });
  const declared = [
    declare('city', 'string'),
    declare('age', 'number'),
    declare('vip', 'boolean'),
    declare('born', 'date'),
  ];

  it('have fields of their own, and come back in their types', () => {
    const attributes = { city: 'Kyoto', age: 0, vip: false, born: '1999-01-02', shoe: '42' };
    expect(toRows(attributes, declared).map(({ name }) => name)).toEqual(['shoe']);
    const { shoe, ...rest } = attributes;
    expect(shoe).toBe('42');
    expect(fromDeclared(toDeclared(attributes, declared), declared)).toEqual({ attributes: rest });
  });

  it('are left out when empty, and named when they do not fit', () => {
    expect(fromDeclared({ city: ' ', age: '', vip: '', born: '' }, declared)).toEqual({ attributes: {} });
    const values = { city: 'Kyoto', age: 'forty', vip: 'perhaps', born: '2001-02-30' };
    expect(fromDeclared(values, declared)).toEqual({ wrong: ['age', 'vip', 'born'] });
  });

  it('cannot be entered a second time in a free row', () => {
    expect(errorsOf(fromRows([row('city', 'text', 'Nara')], declared))).toEqual(['declared']);
  });
});
