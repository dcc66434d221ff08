import { timingSafeEqual } from 'node:crypto';
import { base32Decode, base32Encode } from './base32';
import { readId, readVarint, varint } from './varint';

/** Whom a mail to an unsubscribe address takes off the list. */
export interface UnsubscribeClaim {
  /** The delivery whose mail named the address; null outside campaigns. */
  deliveryId: number | null;
  /** 32 hex digits: counts even when the delivery and the person are gone. */
  addressHash: string;
}

/**
 * Local parts of addresses at the bounce domain: `b-` or `u-`, base32(key id ‖ fields), a dot, base32(10 octets of
 * HMAC-SHA256). At most 64 octets (RFC 5321 §4.5.3.1.1) in lower case, the same on each attempt: greylisting knows a
 * sender by its address. Both `read…` fold case (some systems change it), verify against all secrets in constant time,
 * and give null for a forged, altered or foreign local part.
 */
export interface ReturnPath {
  /** Envelope sender of a delivery (VERP): a bounce that comes back to it is about that delivery. */
  bounceLocal(deliveryId: number): string;
  readBounceLocal(local: string): number | null;
  /** Second URI of List-Unsubscribe: `mailto:<local>@<bounce domain>`. */
  unsubscribeLocal(claim: UnsubscribeClaim): string;
  readUnsubscribeLocal(local: string): UnsubscribeClaim | null;
}

type Mac = (data: Buffer) => Buffer;
/** In front of what is signed: no two kinds of address, and no token, can stand for one another. */
const PURPOSE = { b: 9, u: 10 } as const;
type Kind = keyof typeof PURPOSE;

/** 80 bits: who guesses must ask our server each time. */
const MAC_BYTES = 10;
const FORM = /^([bu])-([a-z2-7]{2,40})\.([a-z2-7]{16})$/;

/** @param macs the first signs, all verify */
export function createReturnPath(macs: readonly Mac[]): ReturnPath {
  // Tells which secret signed, without telling anything of it.
  const keys = macs.map((mac) => ({ mac, id: mac(Buffer.from('key id return path'))[0]! }));
  const [signing] = keys;
  if (!signing) throw new Error('newsletter: no token secret');

  const macOf = (mac: Mac, kind: Kind, payload: Buffer) =>
    mac(Buffer.concat([Buffer.of(PURPOSE[kind]), payload])).subarray(0, MAC_BYTES);

  function seal(kind: Kind, fields: readonly Buffer[]): string {
    const payload = Buffer.concat([Buffer.of(signing!.id), ...fields]);
    return `${kind}-${base32Encode(payload)}.${base32Encode(macOf(signing!.mac, kind, payload))}`;
  }

  function open(kind: Kind, local: string): Buffer | null {
    const parts = local.length <= 64 ? FORM.exec(local.toLowerCase()) : null;
    if (parts?.[1] !== kind) return null;
    const payload = base32Decode(parts[2]!);
    const given = base32Decode(parts[3]!);
    if (!payload || !given) return null;
    const genuine = keys.some(
      ({ id, mac }) => id === payload[0] && timingSafeEqual(macOf(mac, kind, payload), given),
    );
    return genuine ? payload.subarray(1) : null;
  }

  return {
    bounceLocal: (deliveryId) => seal('b', [varint(deliveryId)]),
    readBounceLocal(local) {
      const body = open('b', local);
      return body && readId(body);
    },
    unsubscribeLocal({ deliveryId, addressHash }) {
      if (!/^[0-9a-f]{32}$/.test(addressHash)) throw new RangeError('newsletter: not an address hash');
      return seal('u', [varint(deliveryId ?? 0), Buffer.from(addressHash, 'hex')]);
    },
    readUnsubscribeLocal(local) {
      const body = open('u', local);
      const id = body && readVarint(body, 0);
      if (!body || !id || body.length !== id.next + 16) return null;
      return {
        deliveryId: id.value === 0 ? null : id.value,
        addressHash: body.subarray(id.next).toString('hex'),
      };
    },
  };
}
