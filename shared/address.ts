/**
 * The key by which an address is the same person: trimmed, NFC, lower case; the domain in its A-label form.
 * Local parts are case-sensitive on paper (RFC 5321 §2.4), but no receiver of note treats them so.
 * @returns null when the text is no address that SMTP could carry (RFC 5321 §4.5.3.1: 64 octets local, 254 in all).
 */
export function emailKey(input: string): string | null {
  if (input.length > MOST_CHARACTERS) return null;
  const address = input.trim().normalize('NFC');
  const at = address.lastIndexOf('@');
  if (at < 1 || at === address.length - 1) return null;
  const local = address.slice(0, at);
  const domain = asciiDomain(address.slice(at + 1));
  if (!domain || !isLocalPart(local)) return null;
  const key = `${local.toLowerCase()}@${domain}`;
  return isLongLocalPart(local) || key.length > 254 ? null : key;
}

/** More than 64 octets; a UTF-16 unit takes three at most. */
const isLongLocalPart = (local: string): boolean =>
  local.length * 3 > 64 && new TextEncoder().encode(local).length > 64;

/** Far beyond any address: turning a domain of 100,000 letters into A-labels takes seconds. */
const MOST_CHARACTERS = 1000;

/** The domain of an address in its A-label form, as configuration and DNS name it; null when it is no address. */
export function addressDomain(input: string): string | null {
  const key = emailKey(input);
  return key && key.slice(key.lastIndexOf('@') + 1);
}

/** Dot-atom or quoted string. Stray dots are accepted: docomo and au issued such addresses until 2009. */
function isLocalPart(local: string): boolean {
  if (/^"(?:[^"\\\r\n]|\\[^\r\n])+"$/.test(local)) return true;
  // eslint-disable-next-line no-control-regex -- control characters are what it must find
  return /^[^\s"(),:;<>@[\\\]\u0000-\u001f\u007f]+$/.test(local);
}

/** A domain of which IDNA makes nothing else: no A-label, no number at the end. Nearly all are, and sending asks often. */
const PLAIN_DOMAIN = /^(?!.*--)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/** Domain in lower-case ASCII (IDNA), or null. The URL parser of every JavaScript host implements UTS #46. */
function asciiDomain(domain: string): string | null {
  if (PLAIN_DOMAIN.test(domain)) return domain;
  if (/[\s/?#@:\\%[\]]/.test(domain)) return null;
  try {
    const host = new URL(`http://${domain}`).hostname.replace(/\.$/, '');
    const labels = host.split('.');
    const wellFormed = labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
    return labels.length > 1 && wellFormed && !/^\d+$/.test(labels.at(-1) ?? '') ? host : null;
  } catch {
    return null;
  }
}
