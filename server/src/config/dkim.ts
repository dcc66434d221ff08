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

export type SigningDomain =
  | { kind: 'relay' }
  | { kind: 'key'; selector: string; pem: string }
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

/** How mail from a domain is signed, with its key if it can be used. */
export function readSigningDomain(name: string, config: DomainConfig, projectDir: string): SigningDomain {
  if (config.dkim === 'relay') return { kind: 'relay' };
  const { selector, privateKey } = config.dkim;
  const broken = (message: string): SigningDomain => ({
    kind: 'broken',
    problem: { domain: name, path: `newsletter.config.domains["${name}"].dkim.privateKey`, message },
  });
  let pem = privateKey;
  if (!privateKey.includes('-----BEGIN')) {
    const file = path.resolve(projectDir, privateKey);
    try {
      pem = readFileSync(file, 'utf8');
    } catch (error) {
      return broken(
        `expected a PEM text or the path of a PEM file; ${file} cannot be read (${(error as Error).message})`,
      );
    }
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    return broken(
      `expected an RSA private key in PEM form without a passphrase (${(error as Error).message})`,
    );
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa') return broken(`expected an RSA key, found ${key.asymmetricKeyType}`);
  if (bits < MIN_BITS)
    return broken(`expected an RSA key of at least ${MIN_BITS} bits (2048 is usual), found ${bits}`);
  return { kind: 'key', selector, pem: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
