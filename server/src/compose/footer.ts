import { cleanValue, escapeHtml, oneLine } from './escape';
import { slotToken } from './slots';
import type { CampaignSnapshot } from './types';

/** Languages that the words of the footer exist in. */
export type FooterLanguage = 'en' | 'ja';

export const footerLanguage = (language: string): FooterLanguage =>
  /^ja(-|$)/i.test(language) ? 'ja' : 'en';

interface Words {
  why(list: string): string;
  unsubscribe: string;
  preferences: string;
  view: string;
  sender(name: string): string;
  contact(contact: string): string;
}

const WORDS: Record<FooterLanguage, Words> = {
  en: {
    why: (list) =>
      list
        ? `You are receiving this email because you subscribed to “${list}”.`
        : 'You are receiving this email because you subscribed to our newsletter.',
    unsubscribe: 'Unsubscribe',
    preferences: 'Email preferences',
    view: 'View in browser',
    sender: (name) => `Sent by ${name}`,
    contact: (contact) => `Contact: ${contact}`,
  },
  ja: {
    why: (list) =>
      list
        ? `このメールは「${list}」の配信にご登録いただいた方にお送りしています。`
        : 'このメールは、メール配信にご登録いただいた方にお送りしています。',
    unsubscribe: '配信を停止する',
    preferences: '配信設定を変更する',
    view: 'ブラウザーで表示する',
    sender: (name) => `発行者：${name}`,
    contact: (contact) => `お問い合わせ先：${contact}`,
  },
};

/** Which parts a mail still lacks. */
export interface FooterParts {
  unsubscribe: boolean;
  /** Name and postal address of the sender. */
  identity: boolean;
}

/** #757575 has a contrast of 4.5:1 on white and on black alike, so that it stays legible when a client darkens a mail. */
const TEXT =
  "margin:0 0 8px;font:12px/1.6 -apple-system,BlinkMacSystemFont,'Segoe UI','Hiragino Sans',Meiryo,Arial,sans-serif;color:#757575;text-align:center";
const LINK = 'color:#757575;text-decoration:underline';

/**
 * The footer that the law asks for (CAN-SPAM 16 CFR 316: postal address and opt-out; 特定電子メール法 第4条: sender,
 * opt-out, address and contact), as HTML with slots, in the language of the mail.
 */
export function footerHtml(
  snapshot: Pick<CampaignSnapshot, 'brand' | 'list'>,
  language: string,
  parts: FooterParts = { unsubscribe: true, identity: true },
): string {
  const words = WORDS[footerLanguage(language)];
  const { brand, list } = snapshot;
  const paragraphs: string[] = [];
  const paragraph = (html: string) => paragraphs.push(`<p class="nl-footer" style="${TEXT}">${html}</p>`);
  const link = (slot: 'unsubscribe' | 'preferences' | 'view', text: string) =>
    `<a class="nl-footer" href="${slotToken(slot)}" style="${LINK}">${escapeHtml(text)}</a>`;

  if (parts.unsubscribe) {
    paragraph(escapeHtml(words.why(oneLine(cleanValue(list.name)))));
    paragraph(
      [
        link('unsubscribe', words.unsubscribe),
        link('preferences', words.preferences),
        link('view', words.view),
      ].join(' &nbsp;·&nbsp; '),
    );
  }
  if (parts.identity) {
    const name = oneLine(cleanValue(brand.name));
    const lines = [
      name && words.sender(name),
      ...addressLines(brand.postalAddress),
      brand.contact && words.contact(oneLine(cleanValue(brand.contact))),
    ].filter(Boolean);
    if (lines.length > 0) paragraph(lines.map(escapeHtml).join('<br>'));
  }
  return paragraphs.join('');
}

/** The footer as a block of its own, for a mail whose template has no place for it. */
export function footerBlock(inner: string): string {
  return (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="width:100%;border-collapse:collapse">' +
    `<tr><td align="center" style="padding:24px 16px">${inner}</td></tr></table>`
  );
}

export const addressLines = (address: string): string[] =>
  cleanValue(address)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

/** A text without white space and punctuation: an address counts as present however its lines are joined. */
export const squash = (text: string): string => text.replace(/[\s\p{P}\p{Z}]+/gu, '').toLowerCase();
