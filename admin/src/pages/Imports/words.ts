import type {
  ColumnTarget,
  ImportDelimiter,
  ImportEncoding,
  ImportLeftOut,
  ImportProduct,
  ImportState,
} from '../../../../shared/contracts';

/** The contract's lists again, since importing those would put its validation library into the panel's bundle. */
export const ENCODINGS = [
  'utf-8',
  'shift_jis',
  'euc-jp',
  'windows-1252',
  'utf-16le',
  'utf-16be',
] as const satisfies readonly ImportEncoding[];

export const ENCODING_NAMES: Record<ImportEncoding, string> = {
  'utf-8': 'UTF-8',
  shift_jis: 'Shift_JIS',
  'euc-jp': 'EUC-JP',
  'windows-1252': 'Windows-1252',
  'utf-16le': 'UTF-16 LE',
  'utf-16be': 'UTF-16 BE',
};

export const DELIMITERS = [',', ';', '\t'] as const satisfies readonly ImportDelimiter[];
export const DELIMITER_KEYS = { ',': 'comma', ';': 'semicolon', '\t': 'tab' } as const satisfies Record<
  ImportDelimiter,
  string
>;

export const PRODUCT_NAMES: Record<Exclude<ImportProduct, 'newsletter'>, string> = {
  mailchimp: 'Mailchimp',
  mailpoet: 'MailPoet',
  ghost: 'Ghost',
  listmonk: 'listmonk',
};

/** For what is said about an address a row can be left out. */
export const LEFT_OUT = [
  'no-mx',
  'syntax',
  'typo',
  'disposable',
  'role',
] as const satisfies readonly ImportLeftOut[];

export const FILE_STATUSES = ['subscribed', 'pending', 'unsubscribed', 'bounced', 'complained'] as const;

export const STATE_TONES: Record<ImportState, 'secondary' | 'primary' | 'success' | 'danger' | 'neutral'> = {
  mapping: 'secondary',
  running: 'primary',
  done: 'success',
  failed: 'danger',
  cancelled: 'neutral',
};

/** Targets that are not attributes, in the order of the menu. */
export const PLAIN_TARGETS = [
  'ignore',
  'email',
  'firstName',
  'lastName',
  'fullName',
  'language',
  'timezone',
  'status',
  'lists',
  'attributesJson',
] as const satisfies readonly ColumnTarget['to'][];

/** A target as the value of a menu's entry, and back. */
export const targetKey = (target: ColumnTarget): string =>
  target.to === 'attribute'
    ? `attribute:${target.name}`
    : target.to === 'newAttribute'
      ? `new:${target.declaration.name}`
      : target.to;

export function targetOf(key: string): ColumnTarget {
  if (key.startsWith('attribute:')) return { to: 'attribute', name: key.slice('attribute:'.length) };
  return { to: key as (typeof PLAIN_TARGETS)[number] };
}

/** What a mapping lacks, as a text key; null when it can start. */
export function mappingProblem(
  columns: readonly ColumnTarget[],
): 'imports.error.no-email' | 'imports.error.twice' | null {
  const keys = columns.filter(({ to }) => to !== 'ignore' && to !== 'status').map(targetKey);
  if (!keys.includes('email')) return 'imports.error.no-email';
  return new Set(keys).size < keys.length ? 'imports.error.twice' : null;
}

/** A name for an attribute, made from the head of a column. */
export function attributeName(head: string): string {
  const name = head
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 40);
  return name;
}
