import { ADDRESS, addressesIn, firstAddress } from './address';

/** What the text of a notice says of one recipient. */
export interface NoticeEntry {
  recipient: string;
  text: string;
}

const MAX_LINES = 3000;
const MAX_LINE = 2000;
const MAX_ENTRIES = 200;
const MAX_ENTRY_TEXT = 4000;

/**
 * Lines that begin what is said of one recipient, whose address is in the first group. Which program writes them is said
 * beside each; more than one program writes most.
 */
const ENTRY_LINES: readonly RegExp[] = [
  // qmail, Postfix, Yahoo, OpenSMTPD, 1&1: "<address>:", "address: reason"
  new RegExp(`^[ \\t]{0,12}<(${ADDRESS})>[ \\t]{0,4}(?::|$|\\(|\\.{3}|,)`),
  new RegExp(`^[ \\t]{0,12}(${ADDRESS})[ \\t]{0,4}(?::|$|\\[|;)`),
  // Exim, Gmail, Exchange, X3: the address alone, indented or after a dot
  new RegExp(`^[ \\t]{0,12}[*•>-]{1,3}[ \\t]{0,8}<?(${ADDRESS})>?(?:[ \\t]|$|[:;,])`),
  new RegExp(
    `^[ \\t]{1,16}<?(${ADDRESS})>?[ \\t]{0,4}(?:\\((?:expanded|reason|generated|ultimately|retry)|$|:|on )`,
  ),
  // Exchange 2000: "address on date"; Zoho: "address Reason, ERROR_CODE :550"
  new RegExp(`^<?(${ADDRESS})>?[ \\t]{1,4}(?:on [A-Z][a-z]{2},|\\(|[A-Z][\\w ]{2,40}, ERROR_CODE|\\[)`),
  // Sendmail 5, X.400: "554 <address>... reason"
  new RegExp(`^[ \\t]{0,4}[45]\\d\\d[ -](?:[45]\\.\\d{1,3}\\.\\d{1,3} )?<?(${ADDRESS})>?\\.\\.\\.`),
];

/** Phrases that name the recipient wherever they stand in a line. */
const ENTRY_PHRASES: readonly RegExp[] = [
  new RegExp(
    `(?:deliver(?:ing|ed)?(?: (?:your|the|this))?(?: (?:e-?mail|mail|message))? to|was not delivered to|(?:did|could) not reach(?: the following recipient(?:\\(s\\)|s)?)?|undeliverable to|(?:failed|invalid|unknown|rejected) recipient|recipient address|addressed to|message to|mail to|sent to|not be delivered to|undeliverable(?: to)?|recipient|userid|allowed size|mailbox is full|attempts|permanent errors|user unknown|following address(?:es)?(?: failed)?|rcpt to)[ \\t]{0,3}:?[ \\t]{0,3}["']?<?(${ADDRESS})>?`,
    'i',
  ),
];

/** Lines after which nothing is said of the recipient any more. */
const END = /^[ \t]*(?:final-recipient|reporting-mta|-{20,}$|message details:)/i;

/**
 * Reads what a notice in free text says, recipient by recipient.
 * @param text the notice without the copy of the message
 * @param not addresses that are ours: the one to whom the notice is sent, the sender of the copy
 */
export function readNotice(text: string, not: ReadonlySet<string>): NoticeEntry[] {
  const lines = text.split('\n', MAX_LINES).map((line) => line.slice(0, MAX_LINE));
  const isOther = (address: string | null | undefined): address is string =>
    !!address && !not.has(address.toLowerCase());
  let entries = collect(lines, ENTRY_LINES, isOther);
  if (entries.length === 0) entries = collect(lines, ENTRY_PHRASES, isOther);
  return share(entries);
}

function collect(
  lines: string[],
  patterns: readonly RegExp[],
  isOther: (a: string | undefined) => boolean,
): NoticeEntry[] {
  const entries: NoticeEntry[] = [];
  // What stands before the first recipient belongs to it where it is an SMTP dialogue (Sendmail's transcripts).
  let before = '';
  let current: NoticeEntry | null = null;
  let ended = false;
  for (const line of lines) {
    const address = addressOf(line, patterns);
    if (address && isOther(address)) {
      const known = entries.find((entry) => entry.recipient.toLowerCase() === address.toLowerCase());
      if (known) current = known;
      else if (entries.length < MAX_ENTRIES) {
        current = { recipient: address, text: before };
        entries.push(current);
      }
      before = '';
      ended = false;
    }
    if (END.test(line)) ended = true;
    if (/^[ \t]*(?:>>>|<<<)/.test(line) && /^[ \t]*<<</.test(line) === false) before = '';
    if (/^[ \t]*(?:>>>|<<<|while talking)/i.test(line)) before = `${before} ${line.trim()}`.slice(-500);
    if (current && !ended && current.text.length < MAX_ENTRY_TEXT) current.text += ` ${line.trim()}`;
  }
  return entries;
}

function addressOf(line: string, patterns: readonly RegExp[]): string | undefined {
  if (!line.includes('@')) return undefined;
  for (const pattern of patterns) {
    const found = pattern.exec(line)?.[1];
    if (found) return firstAddress(found) ?? undefined;
  }
  return undefined;
}

/** A list of addresses with the reason behind it: those that say nothing more than their address get what the last one says. */
function share(entries: NoticeEntry[]): NoticeEntry[] {
  let last = '';
  return entries
    .reverse()
    .map((entry) => {
      const own = entry.text
        .replace(entry.recipient, '')
        .replace(/[\s<>:*•-]+/g, ' ')
        .trim();
      if (own.length > 3) last = entry.text;
      else if (last) return { ...entry, text: last };
      return entry;
    })
    .reverse();
}

/** Addresses that a text names, without ours. For notices of no known form. */
export const othersIn = (text: string, not: ReadonlySet<string>): string[] =>
  addressesIn(text).filter((address) => !not.has(address.toLowerCase()));
