import type { ColumnTarget, FileStatus, ImportProduct } from '../../../../shared/contracts';
import { emailKey } from '../../../../shared/address';

type Plain = Exclude<ColumnTarget['to'], 'attribute' | 'newAttribute'>;

/** Header cells in the form in which they are compared: lower case, one blank for `_`, `-` and runs of blanks. */
export const normalise = (cell: string): string =>
  cell
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();

const GENERIC = new Map<string, Plain>(
  Object.entries({
    email: 'email',
    'e mail': 'email',
    mail: 'email',
    'email address': 'email',
    'e mail address': 'email',
    'mail address': 'email',
    emailaddress: 'email',
    メールアドレス: 'email',
    メール: 'email',
    eメール: 'email',
    'first name': 'firstName',
    firstname: 'firstName',
    'given name': 'firstName',
    fname: 'firstName',
    名: 'firstName',
    'last name': 'lastName',
    lastname: 'lastName',
    surname: 'lastName',
    'family name': 'lastName',
    lname: 'lastName',
    姓: 'lastName',
    苗字: 'lastName',
    名字: 'lastName',
    name: 'fullName',
    'full name': 'fullName',
    氏名: 'fullName',
    名前: 'fullName',
    お名前: 'fullName',
    language: 'language',
    lang: 'language',
    locale: 'language',
    言語: 'language',
    timezone: 'timezone',
    'time zone': 'timezone',
    タイムゾーン: 'timezone',
    status: 'status',
    'subscription status': 'status',
    ステータス: 'status',
    状態: 'status',
  } as const),
);

interface Product {
  name: ImportProduct;
  /** Whether a file with these (normalised) columns comes from it. */
  matches(has: (...columns: string[]) => boolean): boolean;
  /** What its columns mean beyond the generic names. */
  columns: ReadonlyMap<string, Plain>;
}

/**
 * Headers as the products write them: Mailchimp's audience export, MailPoet's ImportExportFactory, Ghost's members CSV,
 * listmonk's handleExportSubscribers; and our own export.
 */
const PRODUCTS: readonly Product[] = [
  {
    name: 'newsletter',
    matches: (has) => has('email', 'status', 'status changed at', 'confirmed at', 'lists'),
    columns: new Map([
      ['lists', 'lists'],
      ['attributes', 'attributesJson'],
    ]),
  },
  {
    name: 'mailchimp',
    matches: (has) => has('leid', 'euid') || has('member rating', 'optin time'),
    columns: new Map(),
  },
  {
    name: 'mailpoet',
    matches: (has) => has('email', 'global status') || has('email', 'list status'),
    // Either of the two keeps somebody out.
    columns: new Map([
      ['global status', 'status'],
      ['list status', 'status'],
    ]),
  },
  {
    name: 'ghost',
    matches: (has) => has('email', 'subscribed to emails'),
    columns: new Map([['subscribed to emails', 'status']]),
  },
  {
    name: 'listmonk',
    matches: (has) => has('uuid', 'email', 'attributes', 'status'),
    columns: new Map([['attributes', 'attributesJson']]),
  },
];

/** The product whose export has this header row, or null. */
export function recognise(header: readonly string[]): ImportProduct | null {
  const names = new Set(header.map(normalise));
  const has = (...columns: string[]) => columns.every((column) => names.has(column));
  return PRODUCTS.find((product) => product.matches(has))?.name ?? null;
}

/**
 * What the columns of a file most likely are. A target that can be only once goes to the first column that fits; without a
 * known name for the address, the column with the most addresses is it.
 * @param attributes declared attributes, found by their name or label
 */
export function suggestColumns(
  header: readonly string[],
  rows: readonly string[][],
  attributes: readonly { name: string; label: string }[],
): ColumnTarget[] {
  const product = PRODUCTS.find(({ name }) => name === recognise(header));
  const taken = new Set<string>();
  const suggest = (cell: string): ColumnTarget => {
    const name = normalise(cell);
    const to = product?.columns.get(name) ?? GENERIC.get(name);
    if (to) return to === 'status' || !taken.has(to) ? (taken.add(to), { to }) : { to: 'ignore' };
    const declared = attributes.find(
      (attribute) => normalise(attribute.name) === name || normalise(attribute.label) === name,
    );
    if (!declared || taken.has(`attribute ${declared.name}`)) return { to: 'ignore' };
    taken.add(`attribute ${declared.name}`);
    return { to: 'attribute', name: declared.name };
  };
  const columns = header.map(suggest);
  if (!taken.has('email')) {
    const best = mostAddresses(rows, columns);
    if (best !== null) columns[best] = { to: 'email' };
  }
  return columns;
}

function mostAddresses(rows: readonly string[][], columns: readonly ColumnTarget[]): number | null {
  const counts = columns.map((_, at) => rows.filter((row) => emailKey(row[at] ?? '') !== null).length);
  const most = Math.max(0, ...counts);
  return most === 0 ? null : counts.indexOf(most);
}

/**
 * What the rows of a file are when no column says so. Mailchimp exports one file per status, named after it, and gives
 * those who left further columns.
 */
export function suggestStatus(
  product: ImportProduct | null,
  header: readonly string[],
  fileName: string,
): FileStatus {
  if (product !== 'mailchimp') return 'subscribed';
  const names = new Set(header.map(normalise));
  if (/^cleaned/i.test(fileName) || names.has('clean time')) return 'bounced';
  if (/^unsubscribed/i.test(fileName) || names.has('unsub time')) return 'unsubscribed';
  if (/^non-?subscribed/i.test(fileName)) return 'pending';
  return 'subscribed';
}
