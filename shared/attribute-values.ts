/**
 * Values of attributes, apart from their declarations: the panel checks values too, without the validation library in its
 * bundle.
 */
export const ATTRIBUTE_TYPES = ['string', 'number', 'boolean', 'date'] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** A date is a string `YYYY-MM-DD`. */
export type AttributeValue = string | number | boolean | null;

/** Characters of a text value. */
const MAX_TEXT = 1000;

/**
 * The value of an attribute from whatever a form, a file or an editor wrote; nothing and blanks are null. Full-width digits
 * count as digits. Dates may be written `2026-05-31`, `2026/5/31`, or as an ISO date and time, whose date counts as written.
 * @returns the problem as the end of a sentence ("is not a number") when it does not fit
 */
export function coerceAttribute(
  declaration: { type: AttributeType },
  raw: unknown,
): { ok: true; value: AttributeValue } | { ok: false; problem: string } {
  if (raw === null || raw === undefined) return { ok: true, value: null };
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean')
    return { ok: false, problem: 'is not a simple value' };
  const text = String(raw).trim();
  if (text === '') return { ok: true, value: null };
  return COERCE[declaration.type](text);
}

type Coerced = ReturnType<typeof coerceAttribute>;

const COERCE: Record<AttributeType, (text: string) => Coerced> = {
  string: (text) =>
    text.length > MAX_TEXT
      ? { ok: false, problem: `is longer than ${MAX_TEXT} characters` }
      : { ok: true, value: text },
  number(text) {
    const plain = text.normalize('NFKC');
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
    return Number.isFinite(value) ? { ok: true, value } : { ok: false, problem: 'is not a number' };
  },
  boolean(text) {
    const word = text.normalize('NFKC').toLowerCase();
    if (YES.has(word)) return { ok: true, value: true };
    return NO.has(word) ? { ok: true, value: false } : { ok: false, problem: 'is neither yes nor no' };
  },
  date(text) {
    const found = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:$|[T ])/.exec(text.normalize('NFKC'));
    const [year = 0, month = 0, day = 0] = found?.slice(1, 4).map(Number) ?? [];
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    const isReal = found && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    return isReal
      ? { ok: true, value: date.toISOString().slice(0, 10) }
      : { ok: false, problem: 'is not a date such as 2026-05-31' };
  },
};

const YES = new Set(['true', 'yes', 'y', '1', 'on', 'はい']);
const NO = new Set(['false', 'no', 'n', '0', 'off', 'いいえ']);
