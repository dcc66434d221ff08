import { BlockList, isIP, isIPv6 } from 'node:net';

/** What is not on the Internet (IANA's special-purpose registries, RFC 6890). */
const SPECIAL = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  SPECIAL.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  // Tunnels (Teredo, 6to4) that have an IPv4 address inside, perhaps a private one; no mail server is left there.
  ['2001::', 32],
  ['2002::', 16],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  SPECIAL.addSubnet(network, bits, 'ipv6');

/** Whether an IP address can belong to a mail server on the Internet: not this machine, not a private network. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const mapped = isIPv6(address) ? mappedIpv4(address) : null;
  if (mapped) return isPublicAddress(mapped);
  return !SPECIAL.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** The IPv4 address inside of ::ffff:0:0/96 and 64:ff9b::/96 (RFC 4291, 6052). */
function mappedIpv4(address: string): string | null {
  const full = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [, high, low] = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(full) ?? [];
  if (high === undefined || low === undefined) return null;
  const number = parseInt(high, 16) * 65_536 + parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
