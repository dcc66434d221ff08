import type { Tokens, UnsubscribeClaim } from '../../tokens';
import type { FeedbackProof } from '../act/types';
import type { OurMarks } from '../report/types';

/** What a mail proves to be about, by a mark that only we can have made. */
export interface Proven {
  deliveryId: number | null;
  proof: FeedbackProof | null;
  addressHash: string | null;
}

type Reader = Pick<Tokens, 'readBounceLocal' | 'readUnsubscribeLocal' | 'readMessageId' | 'readPerson'>;

/** Strings of one kind that are looked at: a mail full of addresses costs no more. */
const LOOKED_AT = 50;
/** Ours may be wrapped by a forwarder: SRS0=hash=tt=bounce.example.com=b-….…@forwarder.example. */
const BOUNCE = /b-[a-z2-7]{2,40}\.[a-z2-7]{16}(?![a-z2-7])/i;
const UNSUBSCRIBE = /^u-[a-z2-7]{2,40}\.[a-z2-7]{16}(?=@)/i;

/**
 * Verifies what a report shows, in the order of how directly it names the delivery: return path, Message-ID,
 * List-Unsubscribe, CFBL-Feedback-ID. Works without any address, as reporters redact those.
 * @param to envelope recipient, which no content can forge; null: unknown
 */
export function verifyMarks(tokens: Reader, to: string | null, ours: OurMarks): Proven {
  const paths = [...(to === null ? [] : [to]), ...ours.addresses.slice(0, LOOKED_AT)];
  const byPath = firstOf(paths, (address) => readBounce(tokens, address));
  if (byPath !== null) return { deliveryId: byPath, proof: 'verp', addressHash: null };

  const byId = firstOf(ours.messageIds.slice(0, LOOKED_AT), (id) => tokens.readMessageId(atLeastAddress(id)));
  if (byId !== null) return { deliveryId: byId, proof: 'message-id', addressHash: null };

  const claim = firstOf(ours.listUnsubscribe.slice(0, LOOKED_AT), (uri) => readUri(tokens, uri));
  if (claim) return { ...claim, proof: 'list-unsubscribe' };

  const byFeedback = firstOf(ours.feedbackIds.slice(0, LOOKED_AT), (id) =>
    tokens.readMessageId(atLeastAddress(id.trim())),
  );
  if (byFeedback !== null) return { deliveryId: byFeedback, proof: 'feedback-id', addressHash: null };
  return { deliveryId: null, proof: null, addressHash: null };
}

/** Whom a mail to this address unsubscribes; null: it is no genuine address for that. */
export function readUnsubscribe(
  tokens: Pick<Tokens, 'readUnsubscribeLocal'>,
  address: string,
): UnsubscribeClaim | null {
  const local = UNSUBSCRIBE.exec(address.trim().replace(/^<|>$/g, ''))?.[0];
  return local ? tokens.readUnsubscribeLocal(local) : null;
}

/** Mail from such an address can only be a loop: nobody sends from there. */
export const isOurAddress = (tokens: Reader, address: string): boolean =>
  readBounce(tokens, address) !== null || readUnsubscribe(tokens, address) !== null;

function readBounce(tokens: Reader, address: string): number | null {
  const local = BOUNCE.exec(address.slice(0, 512))?.[0];
  return local ? tokens.readBounceLocal(local) : null;
}

function readUri(tokens: Reader, uri: string): UnsubscribeClaim | null {
  const mailto = /^mailto:([^?]+)/i.exec(uri)?.[1];
  if (mailto) return readUnsubscribe(tokens, mailto);
  const token = /\/unsubscribe\/([\w-]+)/.exec(uri)?.[1];
  const claim = token ? tokens.readPerson('unsubscribe', token) : null;
  return claim && { deliveryId: claim.deliveryId, addressHash: claim.addressHash };
}

/** Some reporters give the left side alone. */
const atLeastAddress = (id: string) => (id.includes('@') ? id : `${id}@`);

function firstOf<T>(values: readonly string[], read: (value: string) => T | null): T | null {
  for (const value of values) {
    const found = read(value);
    if (found !== null) return found;
  }
  return null;
}
