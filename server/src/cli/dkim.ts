import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from './project';

const DOMAIN = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/i;
const SELECTOR = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;
const BITS = 2048;

/** `dkim keygen`: a private key in a file of its own, and the record to publish. Never replaces a file. */
export function keygen(options: { domain?: string; selector?: string; out?: string }): number {
  const { domain, selector } = readNames(options);
  const out = options.out ?? `dkim-${domain}.pem`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: BITS });
  try {
    writeFileSync(out, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new Error(
        `${out} exists. Mail may be signed with it: choose another --out, or "dkim record --key ${out}" to see its record.`,
      );
    throw new Error(`${out} could not be written: ${(error as Error).message}`);
  }
  console.log(`The private key is in ${out}. Keep it secret and out of the repository.\n`);
  console.log(describe(privateKey, domain, selector));
  console.log('\nThen, in config/plugins:\n');
  console.log(`  domains: { '${domain}': { dkim: { selector: '${selector}', privateKey: '${out}' } } }\n`);
  console.log('Once DNS has it, "strapi-newsletter doctor" checks that record and key belong together.');
  return 0;
}

/** `dkim record`: the record of a key that exists. */
export function printRecord(options: { key?: string; domain?: string; selector?: string }): number {
  if (options.key === undefined) throw new UsageError('--key is missing: the file of the private key.');
  const { domain, selector } = readNames({
    domain: options.domain ?? 'example.com',
    selector: options.selector ?? 'selector',
  });
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(options.key));
  } catch (error) {
    throw new Error(`${options.key} is no private key that can be read: ${(error as Error).message}`);
  }
  console.log(describe(key, domain, selector));
  return 0;
}

function readNames({ domain, selector }: { domain?: string; selector?: string }) {
  if (domain === undefined || !DOMAIN.test(domain))
    throw new UsageError(`--domain: expected a domain such as news.example.com, found "${domain ?? ''}".`);
  if (selector === undefined || !SELECTOR.test(selector))
    throw new UsageError(`--selector: expected a name such as newsletter1, found "${selector ?? ''}".`);
  return { domain: domain.toLowerCase(), selector };
}

function describe(key: KeyObject, domain: string, selector: string): string {
  return [
    'Publish this TXT record:',
    '',
    `  ${selector}._domainkey.${domain}.  IN  TXT  (${zoneStrings(dkimRecord(key))})`,
    '',
    'Where a form asks for the value, paste it as one line:',
    '',
    `  ${dkimRecord(key)}`,
  ].join('\n');
}

/** RFC 6376 §3.6.1, for Ed25519 RFC 8463 §4. */
export function dkimRecord(privateKey: KeyObject): string {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const isEd25519 = privateKey.asymmetricKeyType === 'ed25519';
  const bytes = isEd25519 ? der.subarray(-32) : der;
  return `v=DKIM1; k=${isEd25519 ? 'ed25519' : 'rsa'}; p=${bytes.toString('base64')}`;
}

/** A TXT record consists of strings of at most 255 bytes (RFC 1035 §3.3). */
export function zoneStrings(value: string): string {
  return (value.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ');
}
