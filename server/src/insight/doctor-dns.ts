import { createPublicKey, type KeyObject } from 'node:crypto';
import type { MxRecord } from 'node:dns';
import { readSigningDomain, type DomainConfig } from '../config';
import type { Diagnosis } from './doctor';

/** What of Node's `dns.promises.Resolver` is needed. */
export interface DnsResolver {
  resolveTxt(name: string): Promise<string[][]>;
  resolveMx(name: string): Promise<MxRecord[]>;
}

type Finding = Omit<Diagnosis, 'subject'>;

/** Whether DNS says of a sender's domain what receivers ask for: SPF, the DKIM keys that we sign with, DMARC, MX. */
export async function diagnoseDomain(
  name: string,
  config: DomainConfig,
  projectDir: string,
  resolver: DnsResolver,
): Promise<Diagnosis[]> {
  const parts: [string, Promise<Finding[]>][] = [
    ['SPF', spf(name, resolver)],
    ['DKIM', dkim(name, config, projectDir, resolver)],
    ['DMARC', dmarc(name, resolver)],
    ['MX', mx(name, resolver)],
  ];
  const found = await Promise.all(
    parts.map(async ([part, findings]) =>
      (await findings.catch((error: NodeJS.ErrnoException) => [lookupFailed(error)])).map((finding) => ({
        subject: `${name} ${part}`,
        ...finding,
      })),
    ),
  );
  return found.flat();
}

const lookupFailed = (error: NodeJS.ErrnoException): Finding => ({
  level: 'warn',
  text: `could not be looked up (${error.code ?? error.message}). Try again, or ask another resolver with --dns.`,
});

/** RFC 7208: exactly one record, and not one that lets everybody send. */
async function spf(name: string, resolver: DnsResolver): Promise<Finding[]> {
  const records = (await texts(name, resolver)).filter((text) => /^v=spf1(?: |$)/i.test(text));
  const [record, second] = records;
  if (record === undefined) {
    const repair = 'Publish a TXT record such as "v=spf1 include:<your relay> ~all".';
    return [{ level: 'fail', text: `There is no SPF record. ${repair}` }];
  }
  if (second !== undefined)
    return [
      { level: 'fail', text: `There are ${records.length} SPF records, so that none counts. Keep one.` },
    ];
  if (/(?:^| )\+?all(?: |$)/i.test(record))
    return [
      { level: 'fail', text: `"${record}" lets everybody send. End it with ~all or -all instead of +all.` },
    ];
  return [{ level: 'ok', text: record }];
}

async function dkim(
  name: string,
  config: DomainConfig,
  projectDir: string,
  resolver: DnsResolver,
): Promise<Finding[]> {
  const domain = readSigningDomain(name, config, projectDir);
  if (domain.kind === 'relay')
    return [{ level: 'ok', text: 'The relay signs; look at the DKIM-Signature of a mail that it sent.' }];
  if (domain.kind === 'broken') return [];
  return Promise.all(
    domain.keys.map(async ({ selector, key, algorithm }): Promise<Finding> => {
      const at = `${selector}._domainkey.${name}`;
      const record = (await texts(at, resolver)).find((text) => /(?:^|;)\s*p=/.test(text));
      const repair = `Publish the TXT record of the private key at ${at} (strapi-newsletter dkim record --key FILE prints it).`;
      if (record === undefined)
        return { level: 'fail', text: `There is no ${algorithm} key at ${at}. ${repair}` };
      const published = tag(record, 'p').replace(/\s/g, '');
      if (published === '')
        return { level: 'fail', text: `The key at ${at} is revoked (p= is empty). ${repair}` };
      if (!sameKey(published, key))
        return {
          level: 'fail',
          text: `The key at ${at} is not that of the private key: signatures fail. ${repair}`,
        };
      const test = tag(record, 't').split(':').includes('y');
      if (test)
        return {
          level: 'warn',
          text: `${at} matches, but is marked as a test (t=y). Remove that in the end.`,
        };
      return { level: 'ok', text: `${at} matches the private key` };
    }),
  );
}

/** RFC 6376 §3.6.1: SubjectPublicKeyInfo for RSA (some publish the bare RSAPublicKey); RFC 8463 §4: 32 raw bytes. */
function sameKey(published: string, privateKey: KeyObject): boolean {
  const ours = createPublicKey(privateKey);
  const spki = ours.export({ type: 'spki', format: 'der' });
  const forms =
    ours.asymmetricKeyType === 'ed25519'
      ? [spki.subarray(-32)]
      : [spki, ours.export({ type: 'pkcs1', format: 'der' })];
  const theirs = Buffer.from(published, 'base64');
  return forms.some((form) => form.equals(theirs));
}

/** RFC 7489 §6.6.3, and as a tree walk in its successor: the domain's own record, else that of a domain above it. */
async function dmarc(name: string, resolver: DnsResolver): Promise<Finding[]> {
  const labels = name.split('.');
  for (let from = 0; from <= labels.length - 2; from++) {
    const domain = labels.slice(from).join('.');
    const records = (await texts(`_dmarc.${domain}`, resolver)).filter((text) =>
      /^v=DMARC1\s*(?:;|$)/.test(text),
    );
    const [record, second] = records;
    if (record === undefined) continue;
    if (second !== undefined)
      return [
        { level: 'fail', text: `_dmarc.${domain} has ${records.length} records, so that none counts.` },
      ];
    return [{ level: 'ok', text: `_dmarc.${domain}: ${record}` }];
  }
  return [
    {
      level: 'fail',
      text: `There is no DMARC record, which Gmail and Yahoo ask of bulk senders. Publish "v=DMARC1; p=none" as TXT at _dmarc.${name} to begin with.`,
    },
  ];
}

async function mx(name: string, resolver: DnsResolver): Promise<Finding[]> {
  const records = await orNone(resolver.resolveMx(name));
  const hosts = records.sort((a, b) => a.priority - b.priority).map((record) => record.exchange);
  if (hosts.length === 0)
    return [
      {
        level: 'warn',
        text: `There is no MX record: replies and bounces to ${name} do not arrive. Publish one, or use a domain that receives mail.`,
      },
    ];
  if (hosts.every((host) => host === '' || host === '.'))
    return [
      {
        level: 'fail',
        text: 'The MX record says that the domain takes no mail (RFC 7505); receivers refuse senders from such a domain.',
      },
    ];
  return [{ level: 'ok', text: hosts.join(', ') }];
}

const tag = (record: string, name: string): string =>
  new RegExp(`(?:^|;)\\s*${name}\\s*=\\s*([^;]*)`).exec(record)?.[1]?.trim() ?? '';

/** A record's strings belong together without anything between them (RFC 7208 §3.3, RFC 6376 §3.6.2.2). */
const texts = async (name: string, resolver: DnsResolver): Promise<string[]> =>
  (await orNone(resolver.resolveTxt(name))).map((parts) => parts.join(''));

async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
