import fc from 'fast-check';
import {
  ACTIVITIES,
  DATE_FIELDS,
  DAY_OPERATORS,
  NUMBER_OPERATORS,
  RELATIVE_OPERATORS,
  SUBSCRIBER_STATUSES,
  TEXT_FIELDS,
  TEXT_OPERATORS,
  type Rule,
  type RuleGroup,
} from '../../../shared/contracts';
import { emailKey } from '../../../shared/address';
import type { SegmentPerson } from '../../../server/src/audience';

/** A Tuesday in UTC, some hours after midnight. */
export const NOW = Date.parse('2026-03-03T05:06:07.089Z');
const DAY = 86_400_000;

export const LISTS = ['list00000001', 'list00000002', 'list00000003'] as const;
export const CAMPAIGNS = ['campaign0001', 'campaign0002'] as const;
export const LINKS = [
  'https://example.com/a',
  'https://example.com/ä?b=%25',
  'https://example.com/c',
] as const;
const ATTRIBUTES = ['city', 'score', 'vip', 'renewal', 'toString'] as const;

const TEXTS = [
  'Tokyo',
  'tokyo ',
  ' tokyo',
  'TOKYO',
  '東京都',
  'ｔｏｋｙｏ',
  'Straße',
  'STRASSE',
  'straẞe',
  'İstanbul',
  'istanbul',
  'ISTANBUL',
  'ıstanbul',
  'é',
  'e\u0301',
  'É',
  '👩‍👩‍👧 x',
  '👩',
  'が',
  'か\u3099',
  '100%',
  '100_',
  '100x',
  'a\\b',
  'a\\\\b',
  '\\',
  '%',
  '_',
  '!',
  '!%',
  "O'Brien",
  '"quoted"',
  '?',
  ':name',
  '$.x',
  'a\nb',
  'a\tb',
  'null',
  'true',
  '42',
  '2026-03-03',
  '2026-03-03\n',
  '{}',
  '[]',
  'ω Ω Ω',
  'ǅ ǆ Ǆ',
  'K k K',
];
const storable = (text: string) => text.length > 0 && text.length <= 100 && !/[\0\p{Surrogate}]/u.test(text);
const anyText = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter(storable) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).filter(storable) },
);
/** Some of them whole, some a piece: by code point, since half a surrogate pair cannot be stored. */
const textValue = fc
  .tuple(anyText, fc.nat(5), fc.option(fc.nat(5), { freq: 2 }))
  .map(([text, from, length]) => {
    const points = [...text];
    const piece = length === null ? text : points.slice(from, from + length).join('');
    return piece === '' ? text : piece;
  });

const NUMBERS = [
  0,
  1,
  -1,
  42,
  0.1,
  0.30000000000000004,
  0.3,
  1e21,
  1e22,
  -1e21,
  1e308,
  5e-324,
  2 ** 53,
  2 ** 53 - 1,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  1.5e-7,
  123456789.12345679,
  1 / 3,
];
const anyNumber = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.integer({ min: -3, max: 3 }),
);

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const SPANS = [0, 1, 2, 7, 30, 365, 20_000];
const days = fc.constantFrom(...SPANS);
const anyDay = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((offset) => iso(NOW + offset * DAY)),
  fc.constantFrom('1900-01-01', '2199-12-31', '2024-02-29', iso(NOW - 365 * DAY), iso(NOW - 20_000 * DAY)),
);
/** Instants on both sides of midnight, where a day begins. */
const anyTime = fc
  .tuple(anyDay, fc.constantFrom(0, 1, 5 * 3_600_000, DAY - 1))
  .map(([day, part]) => Math.max(Date.parse(`${day}T00:00:00Z`) + part, Date.parse('1970-01-02T00:00:00Z')));

const attributeValue = fc.oneof(
  { weight: 4, arbitrary: anyText },
  { weight: 3, arbitrary: anyNumber },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 2, arbitrary: anyDay },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      null,
      '',
      '2026-3-3',
      '2026-03-03T00:00:00Z',
      '9999-99-99',
      [],
      [1],
      {},
      { a: 1 },
      'TRUE',
      '0',
    ),
  },
);

const EMAILS = [
  'Anna@Example.com',
  'ｊｐ@例え.jp',
  '"a@b"@example.org',
  'x%y@sub.example.com',
  'under_score@xn--r8jz45g.jp',
  'münchen@bücher.example',
];

const sparse = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: value });

/** People whose values collide with those of the rules, many of them without most values. */
export const anyPerson: fc.Arbitrary<Omit<SegmentPerson, 'email' | 'emailKey'> & { address: string }> =
  fc.record({
    address: fc.constantFrom(...EMAILS),
    status: fc.constantFrom(...SUBSCRIBER_STATUSES),
    firstName: sparse(fc.oneof(anyText, fc.constant(''))),
    lastName: sparse(anyText),
    language: sparse(fc.constantFrom('en', 'EN', 'en-GB', 'ja', 'zh-Hant', '')),
    timezone: sparse(fc.constantFrom('Asia/Tokyo', 'asia/tokyo', 'Europe/Berlin')),
    source: sparse(fc.constantFrom('admin', 'form', 'import')),
    createdAt: anyTime,
    confirmedAt: sparse(anyTime),
    lastSentAt: sparse(anyTime),
    lastOpenedAt: sparse(anyTime),
    lastClickedAt: sparse(anyTime),
    attributes: fc.dictionary(fc.constantFrom(...ATTRIBUTES), attributeValue, { maxKeys: 5 }),
    subscriptions: fc.uniqueArray(
      fc.record({
        list: fc.constantFrom(...LISTS),
        status: fc.constantFrom('subscribed', 'pending', 'unsubscribed'),
      }),
      { selector: ({ list }) => list, maxLength: 3 },
    ),
    received: fc.uniqueArray(fc.record({ campaign: fc.constantFrom(...CAMPAIGNS), at: anyTime }), {
      selector: ({ campaign }) => campaign,
      maxLength: 2,
    }),
    events: fc.array(
      fc
        .record({
          type: fc.constantFrom('open' as const, 'click' as const),
          campaign: fc.constantFrom(...CAMPAIGNS),
          link: fc.constantFrom(...LINKS),
          machine: fc.boolean(),
          at: anyTime,
        })
        .map((event) => ({ ...event, link: event.type === 'click' ? event.link : null })),
      { maxLength: 3 },
    ),
  });

/** Each its own address: a tag before the domain's @ keeps the kind of address. */
export const named = (
  { address, ...person }: typeof anyPerson extends fc.Arbitrary<infer T> ? T : never,
  index: number,
): SegmentPerson => {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  const tagged = local.endsWith('"') ? `${local.slice(0, -1)}${index}"` : `${local}${index}`;
  const email = tagged + address.slice(at);
  const key = emailKey(email);
  if (key === null) throw new Error(`${email} is no address`);
  return { ...person, email, emailKey: key };
};

const setTests = <S extends object>(shape: fc.Arbitrary<S>) =>
  fc.tuple(shape, fc.constantFrom('isSet', 'isNotSet')).map(([rest, operator]) => ({ ...rest, operator }));
const withValue = <S extends object>(
  shape: fc.Arbitrary<S>,
  operators: readonly string[],
  value: fc.Arbitrary<unknown>,
) =>
  fc
    .tuple(shape, fc.constantFrom(...operators), value)
    .map(([rest, operator, one]) => ({ ...rest, operator, value: one }));

const textTests = <S extends object>(shape: fc.Arbitrary<S>, value: fc.Arbitrary<string> = textValue) =>
  fc.oneof(
    { weight: 4, arbitrary: withValue(shape, TEXT_OPERATORS, value) },
    {
      weight: 2,
      arbitrary: withValue(shape, ['oneOf', 'noneOf'], fc.array(value, { minLength: 1, maxLength: 4 })),
    },
    { weight: 1, arbitrary: setTests(shape) },
  );
const dateTests = <S extends object>(shape: fc.Arbitrary<S>) =>
  fc.oneof(
    { weight: 3, arbitrary: withValue(shape, DAY_OPERATORS, anyDay) },
    { weight: 2, arbitrary: withValue(shape, ['between'], fc.tuple(anyDay, anyDay)) },
    { weight: 4, arbitrary: withValue(shape, RELATIVE_OPERATORS, days) },
    { weight: 1, arbitrary: setTests(shape) },
  );
const attribute = (type: string) =>
  fc.constantFrom(...ATTRIBUTES).map((name) => ({ field: 'attribute', name, type }));
const domains = fc.constantFrom(
  'example.com',
  'EXAMPLE.com',
  '@例え.jp',
  'xn--r8jz45g.jp',
  '.com',
  'ex',
  'bücher.example',
);

const anyRule = fc.oneof(
  withValue(
    fc.constant({ field: 'status' }),
    ['oneOf', 'noneOf'],
    fc.uniqueArray(fc.constantFrom(...SUBSCRIBER_STATUSES), { minLength: 1 }),
  ),
  fc.record({
    field: fc.constant('list'),
    operator: fc.constantFrom('on', 'notOn'),
    list: sparse(fc.constantFrom(...LISTS, 'listgone0000')),
    status: fc.constantFrom('subscribed', 'pending', 'unsubscribed'),
  }),
  textTests(fc.constantFrom(...TEXT_FIELDS).map((field) => ({ field }))),
  textTests(fc.constant({ field: 'emailDomain' }), domains),
  textTests(fc.constant({ field: 'email' }), fc.constantFrom('anna', '@', '"', '_', 'ｊ', 'MÜN', 'mün')),
  textTests(
    fc.constantFrom({ field: 'language' }, { field: 'timezone' }, { field: 'source' }),
    fc.constantFrom('en', 'ja', 'asia/TOKYO', 'admin', 'e', '-'),
  ),
  dateTests(fc.constantFrom(...DATE_FIELDS).map((field) => ({ field }))),
  textTests(attribute('string')),
  withValue(attribute('number'), NUMBER_OPERATORS, anyNumber),
  withValue(attribute('number'), ['between'], fc.tuple(anyNumber, anyNumber)),
  setTests(attribute('number')),
  fc
    .tuple(attribute('boolean'), fc.constantFrom('isTrue', 'isFalse', 'isSet', 'isNotSet'))
    .map(([shape, operator]) => ({ ...shape, operator })),
  dateTests(attribute('date')),
  fc
    .record({
      field: fc.constant('activity'),
      operator: fc.constantFrom('did', 'didNot'),
      action: fc.constantFrom(...ACTIVITIES),
      campaign: sparse(fc.constantFrom(...CAMPAIGNS, 'campaigngone')),
      link: sparse(fc.constantFrom(...LINKS, 'https://gone.example')),
      days: sparse(days),
    })
    .map((rule) => ({
      ...rule,
      link: rule.action === 'clicked' && rule.campaign !== null ? rule.link : null,
    })),
) as fc.Arbitrary<Rule>;

export const anyTree: fc.Arbitrary<RuleGroup> = fc.letrec<{ group: RuleGroup; node: Rule | RuleGroup }>(
  (tie) => ({
    group: fc.record({
      combinator: fc.constantFrom('and', 'or'),
      not: fc.boolean(),
      rules: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
    }),
    node: fc.oneof(
      { maxDepth: 3 },
      { weight: 4, arbitrary: anyRule },
      { weight: 1, arbitrary: tie('group') },
    ),
  }),
).group;
