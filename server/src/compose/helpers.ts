import { DateTime } from 'luxon';

interface HelperOptions {
  hash: Record<string, unknown>;
  data?: { root?: { language?: unknown } };
}

export interface HelperSpec {
  /** Number of parameters it takes. */
  min: number;
  max: number;
  /** Only as a block, only inline, or both. */
  block: 'only' | 'never';
}

/** Every helper a source may use, with what it takes. None of them does I/O: Handlebars' `log` is left out. */
export const HELPERS: Record<string, HelperSpec> = {
  if: { min: 1, max: 1, block: 'only' },
  unless: { min: 1, max: 1, block: 'only' },
  each: { min: 1, max: 1, block: 'only' },
  with: { min: 1, max: 1, block: 'only' },
  lookup: { min: 2, max: 2, block: 'never' },
  default: { min: 2, max: 2, block: 'never' },
  eq: { min: 2, max: 2, block: 'never' },
  formatDate: { min: 1, max: 2, block: 'never' },
};

const isBlank = (value: unknown) =>
  value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

const isScalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

/** The helpers that we add to Handlebars' `if`, `unless`, `each`, `with` and `lookup`. */
export const ownHelpers = {
  /** `{{default firstName "friend"}}`: the second when the first is missing or blank. */
  default: (value: unknown, fallback: unknown) => (isBlank(value) ? fallback : value),

  /** `{{#if (eq attributes.plan "pro")}}`: compares as text, so that 5 and "5" are equal. */
  eq: (a: unknown, b: unknown) =>
    isScalar(a) && isScalar(b) ? String(a) === String(b) : (a ?? null) === (b ?? null),

  /**
   * `{{formatDate attributes.renewal "long"}}`. The value is an ISO 8601 text or milliseconds since 1970; the format is
   * short, medium, long, full or Luxon tokens such as "yyyy-MM-dd"; `zone=` is an IANA zone (UTC by default), `locale=`
   * the language (the mail's by default). Nothing for a value that is not a date.
   * @throws Error for a zone that does not exist
   */
  formatDate(value: unknown, ...rest: unknown[]): string {
    const options = rest[rest.length - 1] as HelperOptions;
    const format = rest.length > 1 ? String(rest[0]) : 'medium';
    const zone = String(options.hash.zone ?? 'utc');
    const locale = String(options.hash.locale ?? options.data?.root?.language ?? 'en');
    if (!DateTime.utc().setZone(zone).isValid) {
      throw new Error(
        `formatDate does not know the time zone “${zone}”. Use an IANA name such as Asia/Tokyo.`,
      );
    }
    const date =
      typeof value === 'number'
        ? DateTime.fromMillis(value, { zone })
        : value instanceof Date
          ? DateTime.fromJSDate(value, { zone })
          : DateTime.fromISO(String(value ?? ''), { zone });
    if (!date.isValid) return '';
    const preset = PRESETS.get(format);
    return preset ? date.setLocale(locale).toLocaleString(preset) : date.setLocale(locale).toFormat(format);
  },
};

const PRESETS = new Map<string, Intl.DateTimeFormatOptions>(
  Object.entries({
    short: { dateStyle: 'short' },
    medium: { dateStyle: 'medium' },
    long: { dateStyle: 'long' },
    full: { dateStyle: 'full' },
  }),
);
