import type { Knex } from 'knex';
import type { HygieneKind, RuleGroup } from '../../../../shared/contracts';
import { declareAttribute } from '../../settings';
import {
  findSegment,
  insertSegment,
  readSetting,
  writeProfiles,
  writeSetting,
  type Subscriber,
} from '../../storage';

/** documentId of the segment of those whom the sunset rule marked. */
const SUNSET_SEGMENT = 'sunset-segment';

/** The attribute, a day, that says when a person was tagged for a kind of finding. */
export const tagOf = (kind: HygieneKind): string =>
  kind === 'inactive' ? 'inactive_since' : `found_${kind.replaceAll('-', '_')}`;

/** A day in UTC, as date attributes have it. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/**
 * Makes the segment that people are about to be tagged for. Those of the sunset rule share one, so that a campaign to it
 * always reaches who is marked; any other kind gets a segment of the day.
 * @param label what the attribute is called where people are edited
 * @throws AttributeConflict when the attribute is declared with another type
 */
export async function segmentFor(
  db: Knex,
  kind: HygieneKind,
  { name, label }: { name: string; label: string },
): Promise<{ documentId: string; name: string }> {
  const attribute = tagOf(kind);
  await declareAttribute(db, { name: attribute, label, type: 'date' });
  if (kind !== 'inactive') {
    const today = dayOf(Date.now());
    const rules = only({ field: 'attribute', name: attribute, type: 'date', operator: 'on', value: today });
    return { documentId: await insertSegment(db, { name, description: null, rules }), name };
  }
  const known = await sunsetSegment(db);
  if (known) return known;
  const rules = only({ field: 'attribute', name: attribute, type: 'date', operator: 'isSet' });
  const documentId = await insertSegment(db, { name, description: null, rules });
  await writeSetting(db, SUNSET_SEGMENT, documentId);
  return { documentId, name };
}

/** The segment of those whom the sunset rule marked; null: none was made yet, or it was deleted. */
export async function sunsetSegment(db: Knex): Promise<{ documentId: string; name: string } | null> {
  const id = await readSetting(db, SUNSET_SEGMENT);
  const segment = typeof id === 'string' ? await findSegment(db, id) : null;
  return segment && { documentId: segment.documentId, name: segment.name };
}

const only = (rule: RuleGroup['rules'][number]): RuleGroup => ({
  combinator: 'and',
  not: false,
  rules: [rule],
});

/**
 * Sets, or with null removes, an attribute of people.
 * @param trx holds the people's rows locked
 */
export async function tag(
  trx: Knex.Transaction,
  people: readonly Subscriber[],
  attribute: string,
  value: string | null,
): Promise<void> {
  const changed = people.flatMap((person) => {
    const { [attribute]: before, ...rest } = person.attributes;
    if ((before ?? null) === value) return [];
    return { ...person, attributes: value === null ? rest : { ...rest, [attribute]: value } };
  });
  await writeProfiles(trx, changed);
}
