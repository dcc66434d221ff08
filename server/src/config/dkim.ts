import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DomainConfig, NewsletterConfig } from './schema';

/** Something wrong with `newsletter.config.domains`. */
export interface DomainProblem {
  domain: string;
  /** Path of the key, such as `newsletter.config.domains["example.com"].dkim.privateKey`. */
  path: string;
  message: string;
}

export interface SigningKey {
  algorithm: 'rsa-sha256' | 'ed25519-sha256';
  selector: string;
  key: KeyObject;
}

export type SigningDomain =
  | { kind: 'relay' }
  /** The RSA key first; each signs every message. */
  | { kind: 'keys'; keys: SigningKey[] }
  | { kind: 'broken'; problem: DomainProblem };

/** RFC 8301 §3.2 lets verifiers ignore shorter keys. */
const MIN_BITS = 1024;

/** The configured domains whose keys cannot be used now; empty when all is well. */
export function checkDomains(ctx: {
  config: Pick<NewsletterConfig, 'domains'>;
  projectDir: string;
}): DomainProblem[] {
  return Object.entries(ctx.config.domains).flatMap(([name, config]) => {
    const domain = readSigningDomain(name, config, ctx.projectDir);
    return domain.kind === 'broken' ? [domain.problem] : [];
  });
}

/** How mail from a domain is signed, with its keys if all of them can be used. */
export function readSigningDomain(name: string, config: DomainConfig, projectDir: string): SigningDomain {
  const { dkim } = config;
  if (dkim === 'relay') return { kind: 'relay' };
  const at = `newsletter.config.domains["${name}"].dkim`;
  const rsa = readKey(dkim, 'rsa-sha256', projectDir);
  if (typeof rsa === 'string') return broken(name, `${at}.privateKey`, rsa);
  if (!dkim.ed25519) return { kind: 'keys', keys: [rsa] };
  const ed25519 = readKey(dkim.ed25519, 'ed25519-sha256', projectDir);
  if (typeof ed25519 === 'string') return broken(name, `${at}.ed25519.privateKey`, ed25519);
  return { kind: 'keys', keys: [rsa, ed25519] };
}

const broken = (domain: string, path: string, message: string): SigningDomain => ({
  kind: 'broken',
  problem: { domain, path, message },
});

/** @returns the key, or what was expected and what was found */
function readKey(
  { selector, privateKey }: { selector: string; privateKey: string },
  algorithm: SigningKey['algorithm'],
  projectDir: string,
): SigningKey | string {
  const kind = algorithm === 'rsa-sha256' ? 'RSA' : 'Ed25519';
  let pem = privateKey;
  if (!privateKey.includes('-----BEGIN')) {
    const file = path.resolve(projectDir, privateKey);
    try {
      pem = readFileSync(file, 'utf8');
    } catch (error) {
      return `expected a PEM text or the path of a PEM file; ${file} cannot be read (${(error as Error).message})`;
    }
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    return `expected an ${kind} private key in PEM form without a passphrase (${(error as Error).message})`;
  }
  if (key.asymmetricKeyType !== kind.toLowerCase())
    return `expected an ${kind} key, found ${key.asymmetricKeyType}`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (kind === 'RSA' && bits < MIN_BITS)
    return `expected an RSA key of at least ${MIN_BITS} bits (2048 is usual), found ${bits}`;
  return { algorithm, selector, key };
}
