import { addressesIn, firstAddress } from './address';
import type { Fields } from './fields';
import type { OurMarks } from './types';

const MAX = 50;
const ADDRESS_FIELDS = [
  'to',
  'delivered-to',
  'x-original-to',
  'envelope-to',
  'x-envelope-to',
  'apparently-to',
  'cc',
];
const COPY_ADDRESS_FIELDS = [
  'return-path',
  'x-original-mail-from',
  'envelope-from',
  'x-envelope-from',
  'sender',
  'errors-to',
];

/** Collects what may be ours in a mail: the envelope it came to, and what the returned copy and the complaint quote. */
export function marksOf(
  mail: Fields,
  copy: Fields | null,
  feedback: Fields | null,
  textMarks: string,
): OurMarks {
  const addresses = new Set<string>();
  const messageIds = new Set<string>();
  const uris = new Set<string>();
  const feedbackIds = new Set<string>();
  const take = (set: Set<string>, values: readonly string[]) => {
    for (const value of values) if (value && set.size < MAX) set.add(value);
  };
  for (const name of ADDRESS_FIELDS)
    for (const value of mail.all(name)) take(addresses, addressesIn(value, MAX));
  for (const value of feedback?.all('original-mail-from') ?? []) take(addresses, addressesIn(value, MAX));
  for (const name of COPY_ADDRESS_FIELDS)
    for (const value of copy?.all(name) ?? []) take(addresses, addressesIn(value, MAX));
  take(addresses, addressesIn(textMarks, MAX));
  for (const fields of [copy, feedback]) {
    if (!fields) continue;
    for (const name of ['message-id', 'x-original-message-id', 'original-message-id']) {
      for (const value of fields.all(name)) take(messageIds, idsIn(value));
    }
    for (const value of fields.all('list-unsubscribe')) take(uris, bracketed(value));
    for (const name of ['feedback-id', 'cfbl-feedback-id', 'x-feedback-id'])
      take(feedbackIds, fields.all(name));
  }
  for (const name of ['in-reply-to', 'references'])
    for (const value of mail.all(name)) take(messageIds, idsIn(value));
  for (const name of ['feedback-id', 'cfbl-feedback-id']) take(feedbackIds, mail.all(name));
  return {
    addresses: [...addresses],
    messageIds: [...messageIds],
    listUnsubscribe: [...uris],
    feedbackIds: [...feedbackIds].map((id) => id.slice(0, 500)),
  };
}

const bracketed = (value: string) =>
  [...value.matchAll(/<\s{0,5}([^<>\s]{1,2000})\s{0,5}>/g)].map((match) => match[1]!);

function idsIn(value: string): string[] {
  const found = bracketed(value).map((id) => id.slice(0, 500));
  return found.length > 0 ? found : value.includes('@') ? [value.trim().slice(0, 500)] : [];
}

/** Addresses of the person who wrote the returned mail: never the recipient of a bounce. */
export function sendersOf(mail: Fields, copy: Fields | null): Set<string> {
  const found = new Set<string>();
  const add = (address: string | null) => address && found.add(address.toLowerCase());
  for (const name of ['to', 'delivered-to', 'x-original-to', 'envelope-to'])
    for (const value of mail.all(name)) add(firstAddress(value));
  for (const name of ['from', 'return-path', 'reply-to', 'sender']) add(firstAddress(copy?.get(name)));
  add(firstAddress(mail.get('from')));
  return found;
}
