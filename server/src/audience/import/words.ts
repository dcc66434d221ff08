import type { PageLanguage } from '../../../../shared/contracts';
import type { StoredProblem } from '../../storage';

type Words = Record<PageLanguage, (value: string) => string>;

/** What is said about addresses. */
const NOTES: Record<string, Words> = {
  'no-mx': {
    en: (value) => `No mail server takes mail for ${value}.`,
    ja: (value) => `${value} にはメールを受信するサーバーがありません。`,
  },
  syntax: {
    en: () => 'Mail servers refuse addresses of this form.',
    ja: () => 'メールサーバーが受け付けない形式のアドレスです。',
  },
  typo: {
    en: (value) => `The domain looks like a misspelt ${value}.`,
    ja: (value) => `ドメインが ${value} の入力ミスと思われます。`,
  },
  disposable: {
    en: () => 'This is a throw-away address.',
    ja: () => '使い捨てアドレスです。',
  },
  role: {
    en: () => 'This is the address of a function, such as info@, not of a person.',
    ja: () => 'info@ など、個人ではなく役割のアドレスです。',
  },
};

/** A note, and what became of the row. */
function sayings(prefix: string, outcome: Record<PageLanguage, string>): Record<string, Words> {
  return Object.fromEntries(
    Object.entries(NOTES).map(([code, { en, ja }]): [string, Words] => [
      prefix + code,
      { en: (value) => `${en(value)} ${outcome.en}`, ja: (value) => ja(value) + outcome.ja },
    ]),
  );
}

/** What each code of a problem means, for the report. `value` is the cell, or what the code says of it. */
const PROBLEMS: Record<string, Words> = {
  'no-address': {
    en: () => 'The row has no email address.',
    ja: () => 'メールアドレスがありません。',
  },
  'bad-address': {
    en: (value) => `"${value}" is not an email address.`,
    ja: (value) => `「${value}」はメールアドレスではありません。`,
  },
  'too-many-cells': {
    en: (value) =>
      `The row has ${value} cells, more than there are columns: a value with the delimiter in it probably lacks its quotes.`,
    ja: (value) =>
      `セルが${value}個あり、列より多くなっています。区切り文字を含む値が引用符で囲まれていない可能性があります。`,
  },
  'unknown-status': {
    en: (value) =>
      `"${value}" is not a status that we know. To be on the safe side, the person was not imported.`,
    ja: (value) => `「${value}」は不明なステータスです。念のため、この行は取り込みませんでした。`,
  },
  'address-taken': {
    en: () =>
      'Another subscriber has an address that differs only in accents; the database takes them for the same.',
    ja: () =>
      'アクセント記号だけが異なるアドレスの購読者がすでにいます。データベースでは同じものとして扱われます。',
  },
  duplicate: {
    en: (value) => `The same address is in line ${value} already. That line counts.`,
    ja: (value) => `同じアドレスが${value}行目にもあります。先の行を使いました。`,
  },
  unsubscribed: {
    en: () => 'This person unsubscribed here. Only they can come back, through the sign-up form.',
    ja: () => 'この方は配信を停止しています。ご本人が登録フォームから登録し直した場合にのみ再開されます。',
  },
  bounced: {
    en: () => 'Mail to this address bounced here: the address does not exist.',
    ja: () => 'このアドレスは宛先不明となったことがあります（アドレスが存在しません）。',
  },
  complained: {
    en: () => 'This person reported our mail as spam and must not get any more.',
    ja: () => 'この方からは迷惑メールの報告がありました。今後は送信できません。',
  },
  suppressed: {
    en: () => 'The address is on the suppression list.',
    ja: () => 'このアドレスは配信停止リストに登録されています。',
  },
  erased: {
    en: () => 'The owner of this address had their data erased.',
    ja: () => 'このアドレスの持ち主はデータの消去を依頼されています。',
  },
  'left-list': {
    en: (value) => `This person left the list "${value}" and was not put on it again.`,
    ja: (value) => `この方はリスト「${value}」の配信を停止しているため、再登録しませんでした。`,
  },
  ...sayings('', { en: 'The person was imported all the same.', ja: '購読者としては取り込みました。' }),
  ...sayings('left-out-', { en: 'The row was left out.', ja: 'ご指定のとおり、取り込みませんでした。' }),
  'too-long': {
    en: () => 'The value is longer than 200 characters and was left out.',
    ja: () => '値が200文字を超えているため、この値は取り込みませんでした。',
  },
  'bad-language': {
    en: (value) => `"${value}" is not a language tag such as en or ja; it was left out.`,
    ja: (value) => `「${value}」は en や ja などの言語タグではないため、取り込みませんでした。`,
  },
  'bad-timezone': {
    en: (value) => `"${value}" is not a time zone such as Asia/Tokyo; it was left out.`,
    ja: (value) => `「${value}」は Asia/Tokyo などのタイムゾーンではないため、取り込みませんでした。`,
  },
  'bad-string': {
    en: () => 'The value is no text that the attribute takes; it was left out.',
    ja: () => '属性に使えない値のため、取り込みませんでした。',
  },
  'bad-number': {
    en: (value) => `"${value}" is not a number; it was left out.`,
    ja: (value) => `「${value}」は数値ではないため、取り込みませんでした。`,
  },
  'bad-boolean': {
    en: (value) => `"${value}" is neither yes nor no; it was left out.`,
    ja: (value) => `「${value}」は「はい・いいえ」の値ではないため、取り込みませんでした。`,
  },
  'bad-date': {
    en: (value) => `"${value}" is not a date such as 2026-05-31; it was left out.`,
    ja: (value) => `「${value}」は 2026-05-31 のような日付ではないため、取り込みませんでした。`,
  },
  'bad-json': {
    en: () => 'The attributes are no JSON object of simple values; what could not be read was left out.',
    ja: () => '属性が単純な値のJSONオブジェクトではないため、読み取れない部分は取り込みませんでした。',
  },
  'unknown-list': {
    en: (value) => `Not every list of "${value}" exists here; the others were used.`,
    ja: (value) => `「${value}」には存在しないリストが含まれています。ほかのリストには登録しました。`,
  },
  'unknown-attribute': {
    en: () => 'The attribute is not declared any more; the value was left out.',
    ja: () => 'この属性の定義がなくなっているため、値は取り込みませんでした。',
  },
};

/** The sentence for a problem; a code that we have no words for is shown as it is. */
export function problemSentence(
  { code, value }: Pick<StoredProblem, 'code' | 'value'>,
  language: PageLanguage,
): string {
  return PROBLEMS[code]?.[language](value ?? '') ?? code;
}

/** Heads of the report as CSV. */
export const REPORT_COLUMNS: Record<PageLanguage, string[]> = {
  en: ['Line', 'Column', 'Value', 'Problem'],
  ja: ['行', '列', '値', '問題'],
};
