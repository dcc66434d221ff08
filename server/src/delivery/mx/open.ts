import { isIP } from 'node:net';
import type { MxTransportConfig } from '../../config';
import { replyClass } from '../reply-rules';
import { openSession, type OpenSession, type Peer } from '../smtp/handshake';
import { isTlsError, lacksOwnAddress, withoutSession, type SmtpError } from '../transport-outcome';
import { isPublicAddress } from './addresses';
import type { MailDns } from './dns';
import type { Troubles } from './troubles';

/** Addresses that are tried for one connection, as Postfix does. */
const MOST_TRIES = 5;
const IPV6_FIRST = 2;

export interface SiteOpener {
  config: MxTransportConfig;
  dns: MailDns;
  troubles: Troubles;
}

/** Whom to connect to. */
export interface Destination {
  /** Hosts by preference: those of a group are equally good. */
  groups: readonly (readonly string[])[];
  /** Only with a certificate that is valid for the host's name. */
  verified: boolean;
  /** Only over an encrypted connection, whoever the certificate names. */
  requireTLS: boolean;
}

/**
 * A connection to the first mail server that can be reached: by preference, at random among equals (RFC 5321 §5.1), IPv6
 * before IPv4. A server that says something about us ends the search: the next one would say the same.
 * @throws SmtpError of the last one tried
 */
export async function openSite(opener: SiteOpener, to: Destination): Promise<OpenSession> {
  let last: SmtpError | null = null;
  let tries = 0;
  for (const host of to.groups.flatMap(shuffled)) {
    const found = await addressesOf(opener, host);
    if (!Array.isArray(found)) {
      last = found;
      continue;
    }
    for (const address of found) {
      const known = opener.troubles.ofAddress(address);
      if (known) {
        last = known;
        continue;
      }
      try {
        return await openAddress(opener, host, address, to);
      } catch (error) {
        last = error as SmtpError;
        tries += 1;
        if (saysSomethingAboutUs(last) || tries >= MOST_TRIES) throw last;
      }
    }
  }
  throw last ?? noServer('There is no mail server to connect to');
}

/** Opportunistic, unless encryption is required: encrypted if that works, whoever the certificate names; else not. */
async function openAddress(
  { config, troubles }: SiteOpener,
  host: string,
  address: string,
  { verified, requireTLS }: Destination,
): Promise<OpenSession> {
  const mayBePlain = !verified && !requireTLS;
  const peer: Peer = {
    ...config,
    host,
    address,
    requireTLS: !mayBePlain,
    ignoreTLS: mayBePlain && troubles.hasBrokenTls(host),
    tls: { servername: host, ...config.tls, rejectUnauthorized: verified },
  };
  try {
    return await openSession(peer);
  } catch (error) {
    const problem = error as SmtpError;
    const isTheirs = problem.code === 'ECONNECTION' && !problem.response && !lacksOwnAddress(problem.message);
    if (isTheirs) troubles.noConnection(address, problem);
    if (verified || peer.ignoreTLS || !isTlsError(problem)) throw problem;
    if (requireTLS) throw notEncrypted(host, problem);
    // A server that says "not now" to STARTTLS may say yes to the next connection.
    if (!problem.response) troubles.noTls(host);
    return openSession({ ...peer, ignoreTLS: true });
  }
}

/** A loss, whatever the server replied: a 5xx to STARTTLS says nothing final about the mail, and nothing about us. */
function notEncrypted(host: string, { response, message }: SmtpError): SmtpError {
  const sentence = `The mail server ${host} takes no encrypted connection, and nothing is sent to it without`;
  return Object.assign(new Error(`${sentence}: ${response ?? message}`), { code: 'ETLS' });
}

async function addressesOf({ config, dns }: SiteOpener, host: string): Promise<string[] | SmtpError> {
  let all: string[];
  try {
    all = await dns.addresses(host);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return noServer(`DNS gives no address of the mail server ${host} (${code ?? message})`);
  }
  if (all.length === 0) return noServer(`The mail server ${host} has no address in DNS`);
  const open = config.allowPrivate ? all : all.filter(isPublicAddress);
  if (open.length === 0)
    return noServer(`The mail server ${host} has no address on the Internet (${all.join(', ')})`);
  const { localAddress } = config;
  const same = localAddress ? open.filter((address) => isIP(address) === isIP(localAddress)) : open;
  if (same.length === 0)
    return noServer(`The mail server ${host} (${open.join(', ')}) cannot be reached from ${localAddress}`);
  return balanced(same);
}

/** IPv6 first (RFC 6724), but a machine or a network that cannot use it comes to IPv4 before the tries are over. */
function balanced(addresses: string[]): string[] {
  const six = addresses.filter((address) => isIP(address) === 6);
  const four = addresses.filter((address) => isIP(address) === 4);
  return [...six.slice(0, IPV6_FIRST), ...four, ...six.slice(IPV6_FIRST)];
}

function saysSomethingAboutUs(error: SmtpError): boolean {
  const outcome = withoutSession(error);
  if (outcome.kind !== 'refused') return false;
  const reason = replyClass(outcome.stage, outcome.reply);
  return reason !== 'network' && reason !== 'protocol' && reason !== 'other';
}

export const noServer = (message: string): SmtpError => Object.assign(new Error(message), { code: 'EDNS' });

function shuffled(hosts: readonly string[]): string[] {
  return hosts
    .map((host) => ({ host, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ host }) => host);
}
