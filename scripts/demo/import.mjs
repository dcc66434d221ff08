import { eventually } from './client.mjs';

/** Of the demo's readers; segments, templates and imports know them by these names. */
export const ATTRIBUTES = [
  { name: 'plan', label: 'Plan', type: 'string', public: false },
  { name: 'purchases', label: 'Purchases', type: 'number', public: false },
  { name: 'birthday', label: 'Birthday', type: 'date', public: true },
  { name: 'beta', label: 'Beta tester', type: 'boolean', public: false },
];

const COLUMNS = [
  ['Email', { to: 'email' }],
  ['First name', { to: 'firstName' }],
  ['Last name', { to: 'lastName' }],
  ['Language', { to: 'language' }],
  ['Time zone', { to: 'timezone' }],
  ['Lists', { to: 'lists' }],
  ...ATTRIBUTES.map(({ name, label }) => [label, { to: 'attribute', name }]),
];

/**
 * Imports people from a CSV file of the kind that Excel writes (semicolons, a byte order mark), with two rows as real
 * files have them: one person twice, and an address that is none.
 * @param {ReturnType<typeof import('./client.mjs').createClient>} client
 * @param {Iterable<ReturnType<typeof import('./people.mjs').inventPeople> extends Generator<infer P> ? P & {lists: string[]} : never>} people
 * @returns {Promise<{counts: Record<string, number>, problems: {line: number, sentence: string}[]}>}
 */
export async function importPeople(client, people) {
  const rows = [...people].map((person) => [
    person.email,
    person.firstName,
    person.lastName,
    person.language,
    person.timezone,
    person.lists.join(','),
    ...ATTRIBUTES.map(({ name }) => person.attributes[name] ?? null),
  ]);
  const [first] = rows;
  rows.push(
    [String(first?.[0]).toUpperCase(), ...(first ?? []).slice(1)],
    ['nobody at nowhere', 'No', 'Body'],
  );
  const lines = [COLUMNS.map(([title]) => title), ...rows].map((cells) => cells.map(quoted).join(';'));
  const uploaded = await client.upload('/imports', 'readers.csv', `\uFEFF${lines.join('\r\n')}\r\n`);
  await client.admin('POST', `/imports/${uploaded.id}/start`, {
    columns: COLUMNS.map(([, target]) => target),
    consent: { kind: 'agreed', source: 'Invented for the demo' },
  });
  const done = await eventually(
    'the import',
    async () => {
      const now = await client.admin('GET', `/imports/${uploaded.id}`);
      if (now.state === 'failed') throw new Error(`the import failed: ${now.error}`);
      return now.state === 'done' && now;
    },
    120_000,
  );
  const { results } = await client.admin('GET', `/imports/${uploaded.id}/errors`);
  return { counts: done.counts, problems: results };
}

const quoted = (/** @type {unknown} */ cell) => `"${String(cell ?? '').replaceAll('"', '""')}"`;
