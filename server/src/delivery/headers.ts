import { createHash } from 'node:crypto';
import { addressDomain } from '../../../shared/address';
import type { Sender } from '../../../shared/contracts';
import type { CampaignSnapshot } from '../compose';
import type { RawField } from './dkim/canon';
import { folded, mailbox, plain } from './mime/header';

/** An address or header that cannot be put on the wire. The message is a sentence for an editor. */
export class MessageError extends Error {
  override name = 'MessageError';
}

/** Domain of an address in its A-label form. @throws MessageError when it is no address */
export function domainOf(address: string): string {
  const domain = addressDomain(address);
  if (!domain) throw new MessageError(`"${printable(address)}" is not an email address.`);
  return domain;
}

/**
 * An address as MAIL and RCPT carry it: domain as A-label, local part as typed. Local parts with stray dots, which
 * docomo and au issued until 2009, become quoted strings, the one form in which RFC 5321 §4.1.2 allows them.
 * @throws MessageError when it is no address
 */
export function smtpAddress(address: string): string {
  const domain = domainOf(address);
  const text = address.trim().normalize('NFC');
  const local = text.slice(0, text.lastIndexOf('@'));
  const strayDots = !local.startsWith('"') && (/^\.|\.$|\.\./.test(local) || local === '.');
  return `${strayDots ? `"${local}"` : local}@${domain}`;
}

/**
 * Where bounces go. Of a campaign's mails, with a bounce domain, to an address that names the delivery (VERP); the same
 * on each attempt. Of all other mails to the sender's own address: nothing of ours could act on them.
 * @param verp null: not the mail of a delivery, or no bounce domain
 */
export function envelopeFrom(sender: Pick<Sender, 'email'>, verp: string | null): string {
  return verp ?? smtpAddress(sender.email);
}

/**
 * Fields that make a mail a newsletter, as far as all mails of the campaign share them. Auto-Submitted is left out:
 * receivers send no bounce for mails that carry it; for the same reason X-Auto-Response-Suppress is not `All`.
 */
export function campaignFields(snapshot: CampaignSnapshot): RawField[] {
  return [
    plain('List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
    folded('List-Id', listId(snapshot.list, domainOf(snapshot.sender.email))),
    plain('Feedback-ID', feedbackId(snapshot)),
    plain('Precedence', 'bulk'),
    plain('X-Auto-Response-Suppress', 'OOF, AutoReply'),
  ];
}

/**
 * RFC 8058 §3.1: exactly one https URI. RFC 2369 §3: more may follow it, the preferred one first.
 * @param mailbox address at which a mail of any content unsubscribes; null: there is none
 * @throws MessageError when it cannot stand in a header
 */
export const unsubscribeField = (url: string, mailbox: string | null): RawField =>
  plain(
    'List-Unsubscribe',
    `<${uri(url)}>${mailbox === null ? '' : `,\r\n <mailto:${mailbox}?subject=unsubscribe>`}`,
  );

/**
 * RFC 9477 §3.1: an address at the sender's domain or below it counts with the sender's signature. One elsewhere needs a
 * signature of its domain, too, for which there is no key here, and nobody would report to it without.
 */
export const takesComplaintsFor = (senderDomain: string, domain: string): boolean =>
  domain === senderDomain || domain.endsWith(`.${senderDomain}`);

/**
 * RFC 9477: where complaints are sent to, in the form of RFC 5965, and what finds the delivery again when everything else is
 * left out. The sender's signature covers both fields.
 */
export const complaintFields = (mailbox: string, feedbackId: string): RawField[] => [
  plain('CFBL-Address', `${mailbox}; report=arf`),
  plain('CFBL-Feedback-ID', feedbackId),
];

/** RFC 2919: a name for people and an identifier that never changes. */
function listId(list: CampaignSnapshot['list'], domain: string): string {
  const slug = token(list.slug, 60) || 'newsletter';
  const name = Array.from(oneHeaderLine(list.name)).slice(0, 100).join('');
  const id = `${slug}.${domain}`;
  return name === '' ? `<${id}>` : mailbox(name, id);
}

/**
 * Gmail's feedback loop: up to three fields of ours and a last one that names the sender (5–15 characters, the same for
 * all mail of a domain). https://support.google.com/a/answer/6254652
 */
function feedbackId(snapshot: CampaignSnapshot): string {
  const sender = createHash('sha256').update(domainOf(snapshot.sender.email)).digest('hex').slice(0, 12);
  return [token(snapshot.campaignId, 40), token(snapshot.list.slug, 40), 'newsletter', sender].join(':');
}

/** Letters, digits and inner hyphens: valid in a domain label and in Feedback-ID. */
const token = (text: string, length: number) =>
  text
    .replace(/[^a-z0-9-]+/gi, '-')
    .slice(0, length)
    .replace(/^-+|-+$/g, '');

/** @throws MessageError when the text is no http(s) address or cannot stand between angle brackets on one line */
function uri(text: string): string {
  if (!/^https?:\/\/[\x21-\x3b\x3d\x3f-\x7e]+$/.test(text) || text.length > 900) {
    throw new MessageError(`The unsubscribe address "${printable(text)}" cannot be put into a mail header.`);
  }
  return text;
}

/** A header value without line breaks or other control characters: no value can start a header of its own. */
export function oneHeaderLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

const printable = (text: string) => oneHeaderLine(text).slice(0, 100);
