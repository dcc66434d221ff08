import { PAGE_LANGUAGES, type PageLanguage, type Settings } from '../../../shared/contracts';

/** The page language for a language tag; English when there is none for it. */
export function pageLanguage(tag: string | null | undefined): PageLanguage {
  const base = (tag ?? '').toLowerCase().split('-')[0];
  return PAGE_LANGUAGES.find((language) => language === base) ?? 'en';
}

export interface ConfirmMail {
  subject: string;
  html: string;
  text: string;
}

interface Words {
  subject(brand: string): string;
  greeting: string;
  asked(brand: string): string;
  lists: string;
  what: string;
  button: string;
  link: string;
  notYou: string;
}

const WORDS: Record<PageLanguage, Words> = {
  en: {
    subject: (brand) => `Please confirm your subscription${brand && ` to ${brand}`}`,
    greeting: 'Hello,',
    asked: (brand) =>
      `we received a request to send newsletters${brand && ` from ${brand}`} to this address.`,
    lists: 'You would subscribe to:',
    what: 'Please confirm that you want to receive them. A page opens; your subscription begins when you press the button there.',
    button: 'Confirm my subscription',
    link: 'If the button does not work, open this address in your browser:',
    notYou: 'If this was not you, no action is needed: without your confirmation we send you nothing.',
  },
  ja: {
    subject: (brand) => `${brand && `【${brand}】`}ニュースレター登録のご確認`,
    greeting: 'ご登録ありがとうございます。',
    asked: (brand) =>
      `このメールアドレスで、${brand && `${brand}の`}ニュースレター配信のお申し込みを受け付けました。`,
    lists: 'お申し込みいただいたニュースレター：',
    what: '配信をご希望の場合は、下のボタンからページを開き、登録を確定してください。確定されるまで、登録は完了しません。',
    button: '登録を確認する',
    link: 'ボタンが動作しない場合は、次のURLをブラウザで開いてください。',
    notYou:
      'お心当たりがない場合は、何もしていただく必要はありません。確認されない限り、ニュースレターは配信されません。',
  },
};

/**
 * The mail that asks to confirm a subscription. It holds one link and no tracking.
 * @param lists names of the lists; may be empty
 * @param url address of the page on which the person confirms
 */
export function confirmMail(
  language: PageLanguage,
  lists: readonly string[],
  url: string,
  brand: Settings['brand'],
): ConfirmMail {
  const words = WORDS[language];
  const who = [brand.name, ...brand.postalAddress.split(/\r?\n/), brand.contact]
    .map((line) => line.trim())
    .filter(Boolean);
  const text = [
    words.greeting,
    words.asked(brand.name),
    lists.length > 0 ? [words.lists, ...lists.map((name) => `- ${name}`)].join('\n') : '',
    words.what,
    `${words.button}:\n${url}`,
    words.notYou,
    who.length > 0 ? `-- \n${who.join('\n')}` : '',
  ];
  return {
    subject: words.subject(brand.name),
    text: `${text.filter(Boolean).join('\n\n')}\n`,
    html: page(language, words, lists, url, brand, who),
  };
}

/** Readable without images or styles; the layout table is hidden from screen readers. */
function page(
  language: PageLanguage,
  words: Words,
  lists: readonly string[],
  url: string,
  brand: Settings['brand'],
  who: readonly string[],
): string {
  const p = (content: string, style = '') => `<p style="margin:0 0 16px;${style}">${content}</p>`;
  const address = escape(url);
  const logo = brand.logoUrl
    ? p(
        `<img src="${escape(brand.logoUrl)}" alt="${escape(brand.name)}" style="max-height:48px;max-width:100%;border:0">`,
      )
    : '';
  const names = lists.map((name) => `<li>${escape(name)}</li>`).join('');
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(words.subject(brand.name))}</title></head>
<body style="margin:0;background:#f6f6f9">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border-radius:6px"><tr><td style="padding:32px;font:16px/1.6 -apple-system,'Segoe UI',Roboto,'Hiragino Sans','Noto Sans JP',sans-serif;color:#212134">
${logo}${p(escape(words.greeting))}
${p(escape(words.asked(brand.name)))}
${names ? `${p(escape(words.lists), 'margin-bottom:4px')}<ul style="margin:0 0 16px;padding-left:24px">${names}</ul>` : ''}
${p(escape(words.what))}
${p(`<a href="${address}" style="display:inline-block;padding:12px 24px;border-radius:4px;background:${brand.color};color:${inkOn(brand.color)};font-weight:bold;text-decoration:none">${escape(words.button)}</a>`)}
${p(`${escape(words.link)}<br><a href="${address}" style="color:#212134;word-break:break-all">${address}</a>`, 'font-size:14px')}
${p(escape(words.notYou), 'font-size:14px;margin-bottom:0')}
${who.length > 0 ? `<hr style="border:0;border-top:1px solid #dcdce4;margin:24px 0 16px">${p(who.map(escape).join('<br>'), 'font-size:13px;color:#4a4a6a;margin-bottom:0')}` : ''}
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
}

/** Black or white, whichever can be read better on the colour (WCAG 2.2 relative luminance). */
function inkOn(color: string): string {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000000' : '#ffffff';
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
