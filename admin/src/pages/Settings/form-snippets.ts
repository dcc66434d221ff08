import type { AttributeDeclaration, PageLanguage } from '../../../../shared/contracts';

export interface FormChoice {
  /** Slug and name. */
  lists: { slug: string; name: string }[];
  attributes: AttributeDeclaration[];
  names: boolean;
  language: PageLanguage | null;
}

const escape = (text: string) =>
  text.replace(/[&<>"]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[one] ?? one);

const WORDS = {
  en: {
    email: 'Email address',
    first: 'First name',
    last: 'Last name',
    button: 'Subscribe',
    yes: 'Yes',
    no: 'No',
  },
  ja: { email: 'メールアドレス', first: '名', last: '姓', button: '申し込む', yes: 'はい', no: 'いいえ' },
};

/** A frame with the form of this Strapi. */
export function frameSnippet(publicUrl: string, choice: FormChoice): string {
  const { lists, attributes, names, language } = choice;
  const query = new URLSearchParams();
  if (lists.length > 0) query.set('lists', lists.map(({ slug }) => slug).join(','));
  if (attributes.length > 0) query.set('attributes', attributes.map(({ name }) => name).join(','));
  if (names) query.set('names', '1');
  if (language) query.set('locale', language);
  const search = query.size > 0 ? `?${query.toString()}` : '';
  const title = language === 'ja' ? 'ニュースレターのお申し込み' : 'Subscribe to our newsletter';
  return `<iframe src="${escape(`${publicUrl}/api/newsletter/form${search}`)}" title="${title}" width="100%" height="${frameHeight(choice)}" style="border:0"></iframe>`;
}

/** Pixels that the form takes on a phone, with its captcha and a line about what does not fit. */
function frameHeight({ lists, attributes, names }: FormChoice): number {
  const fields = attributes.length + (names ? 2 : 0);
  return 480 + 98 * fields + (lists.length > 1 ? 48 + 60 * lists.length : 0);
}

/** A form of plain HTML that posts to this Strapi. */
export function htmlSnippet(publicUrl: string, choice: FormChoice): string {
  const words = WORDS[choice.language ?? 'en'];
  const label = (text: string, field: string) => `  <p><label>${escape(text)} ${field}</label></p>`;
  const names = [
    label(words.first, '<input name="firstName" autocomplete="given-name">'),
    label(words.last, '<input name="lastName" autocomplete="family-name">'),
  ];
  return [
    `<form method="post" action="${escape(publicUrl)}/api/newsletter/subscribe">`,
    label(words.email, '<input type="email" name="email" autocomplete="email" required>'),
    ...(choice.names ? (choice.language === 'ja' ? names.reverse() : names) : []),
    ...choice.attributes.map((one) => label(one.label, attributeField(one, words))),
    ...listFields(choice.lists),
    ...(choice.language ? [`  <input type="hidden" name="locale" value="${choice.language}">`] : []),
    '  <input name="website" tabindex="-1" autocomplete="off" aria-hidden="true" style="position:absolute;left:-9999px">',
    `  <button>${words.button}</button>`,
    '</form>',
  ].join('\n');
}

function listFields(lists: FormChoice['lists']): string[] {
  if (lists.length < 2)
    return lists.map(({ slug }) => `  <input type="hidden" name="lists" value="${escape(slug)}">`);
  return lists.map(
    ({ slug, name }) =>
      `  <p><label><input type="checkbox" name="lists" value="${escape(slug)}" checked> ${escape(name)}</label></p>`,
  );
}

function attributeField({ name, type }: AttributeDeclaration, words: (typeof WORDS)['en']): string {
  const field = `name="attributes[${name}]"`;
  if (type === 'boolean')
    return `<select ${field}><option value=""></option><option value="true">${words.yes}</option><option value="false">${words.no}</option></select>`;
  if (type === 'number') return `<input type="number" step="any" ${field}>`;
  return `<input type="${type === 'date' ? 'date' : 'text'}" ${field}>`;
}
