import { timingSafeEqual } from 'node:crypto';
import type { InstanceSecrets } from '../storage';
import { base32Decode, base32Encode } from './base32';
import { hmacSha256 } from './hmac';
import { createReturnPath, type ReturnPath } from './return-path';
import { readId, readVarint, varint } from './varint';

/** Who follows a link. The address hash lets an unsubscribe count even after the person was deleted and imported again. */
export interface PersonClaim {
  subscriberId: string;
  addressHash: string;
  /** The delivery whose mail carried the link; null outside campaigns. */
  deliveryId: number | null;
}
export type PersonPurpose = 'unsubscribe' | 'preferences' | 'confirm';

export interface PreviewClaim {
  campaignId: string;
  subscriberId: string | null;
  language: string | null;
  variant: string | null;
  /** Milliseconds since 1970 after which the token is void. */
  expiresAt: number;
}

/**
 * Opaque signed tokens: base64url(purpose byte ‖ fields ‖ 16 octets of HMAC-SHA256). They do not expire, are bound to
 * their purpose, and are verified against all secrets, so that links in old mails survive a rotation.
 * Every `read…` gives null for a forged, altered, truncated or foreign token.
 */
export interface Tokens extends ReturnPath {
  /** What they are made with: for another thread of this process alone. */
  readonly secrets: InstanceSecrets;
  /** Keyed hash of an email key: 32 hex digits. Suppressions and consent are stored under it. */
  addressHash(emailKey: string): string;
  person(purpose: PersonPurpose, claim: PersonClaim): string;
  readPerson(purpose: PersonPurpose, token: string): PersonClaim | null;
  delivery(purpose: 'open' | 'view', deliveryId: number): string;
  readDelivery(purpose: 'open' | 'view', token: string): number | null;
  click(deliveryId: number, linkId: number): string;
  readClick(token: string): { deliveryId: number; linkId: number } | null;
  preview(claim: PreviewClaim): string;
  readPreview(token: string): PreviewClaim | null;
  /** A key of its own for another purpose, as 64 hex digits; a new one after a rotation. */
  derivedKey(purpose: string): string;
  /** Local part of a delivery's Message-ID: the same for each attempt, unforgeable, case-insensitive. */
  messageIdLocal(deliveryId: number): string;
  readMessageId(messageId: string): number | null;
}

const PURPOSE = {
  unsubscribe: 1,
  preferences: 2,
  confirm: 3,
  open: 4,
  view: 5,
  click: 6,
  preview: 7,
  messageId: 8,
  // 9 and 10: return-path.ts
} as const;
type Purpose = keyof typeof PURPOSE;

const MAC_BYTES = 16;
/** The longest that is made is a preview's, with some 300 characters: more is not worth hashing. */
const MAX_TOKEN_LENGTH = 1024;
/** RFC 5321 local parts are short, and a Message-ID only has to withstand online guessing. */
const MESSAGE_ID_MAC_BYTES = 10;

export function createTokens(secrets: InstanceSecrets): Tokens {
  const macs = secrets.tokens.map(hmacSha256);
  const [sign] = macs;
  if (!sign) throw new Error('newsletter: no token secret');
  const pepper = hmacSha256(secrets.pepper);

  function seal(purpose: Purpose, body: Buffer, macBytes: number = MAC_BYTES): Buffer {
    const length = 1 + body.length;
    const sealed = Buffer.allocUnsafe(length + macBytes);
    sealed[0] = PURPOSE[purpose];
    body.copy(sealed, 1);
    sign!(sealed.subarray(0, length)).copy(sealed, length, 0, macBytes);
    return sealed;
  }

  function open(purpose: Purpose, sealed: Buffer, macBytes: number = MAC_BYTES): Buffer | null {
    if (sealed.length <= macBytes || sealed[0] !== PURPOSE[purpose]) return null;
    const payload = sealed.subarray(0, -macBytes);
    const given = sealed.subarray(-macBytes);
    const genuine = macs.some((mac) => timingSafeEqual(mac(payload).subarray(0, macBytes), given));
    return genuine ? payload.subarray(1) : null;
  }

  const encode = (purpose: Purpose, body: Buffer) => seal(purpose, body).toString('base64url');
  function decode(purpose: Purpose, token: string): Buffer | null {
    if (token.length > MAX_TOKEN_LENGTH) return null;
    const sealed = Buffer.from(token, 'base64url');
    // Only the canonical spelling counts: otherwise spare bits of the last character could be altered unnoticed.
    return sealed.toString('base64url') === token ? open(purpose, sealed) : null;
  }

  return {
    secrets,
    ...createReturnPath(macs),
    addressHash: (key) => pepper(Buffer.from(key)).toString('hex', 0, 16),

    person(purpose, claim) {
      const { subscriberId, addressHash } = claim;
      // Buffer.from would cut a wrong hash short and fold a wrong id without a word.
      if (!/^[0-9a-f]{32}$/.test(addressHash)) throw new RangeError('newsletter: not an address hash');
      if (!/^[\x21-\x7e]+$/.test(subscriberId)) throw new RangeError('newsletter: not a documentId');
      const fields = [
        varint(claim.deliveryId ?? 0),
        Buffer.from(addressHash, 'hex'),
        Buffer.from(subscriberId, 'latin1'),
      ];
      return encode(purpose, Buffer.concat(fields));
    },
    readPerson(purpose, token) {
      const body = decode(purpose, token);
      const id = body && readVarint(body, 0);
      if (!body || !id || body.length < id.next + 17) return null;
      return {
        deliveryId: id.value === 0 ? null : id.value,
        addressHash: body.subarray(id.next, id.next + 16).toString('hex'),
        subscriberId: body.subarray(id.next + 16).toString('latin1'),
      };
    },

    delivery: (purpose, deliveryId) => encode(purpose, varint(deliveryId)),
    readDelivery(purpose, token) {
      const body = decode(purpose, token);
      return body && readId(body);
    },

    click: (deliveryId, linkId) => encode('click', Buffer.concat([varint(deliveryId), varint(linkId)])),
    readClick(token) {
      const body = decode('click', token);
      const delivery = body && readVarint(body, 0);
      const link = body && delivery && readVarint(body, delivery.next);
      return delivery && link?.next === body.length
        ? { deliveryId: delivery.value, linkId: link.value }
        : null;
    },

    preview: (claim) => encode('preview', Buffer.from(JSON.stringify(claim))),
    readPreview(token) {
      const body = decode('preview', token);
      if (!body) return null;
      const claim = JSON.parse(body.toString()) as PreviewClaim;
      return claim.expiresAt > Date.now() ? claim : null;
    },

    // No token begins with such a letter: its first byte is a small number.
    derivedKey: (purpose) => sign(Buffer.from(`key ${purpose}`)).toString('hex'),

    messageIdLocal: (deliveryId) => base32Encode(seal('messageId', varint(deliveryId), MESSAGE_ID_MAC_BYTES)),
    readMessageId(messageId) {
      const local = /^<?([a-z2-7]+)@/i.exec(messageId.trim())?.[1];
      const sealed = local ? base32Decode(local.toLowerCase()) : null;
      const body = sealed && open('messageId', sealed, MESSAGE_ID_MAC_BYTES);
      return body && readId(body);
    },
  };
}
