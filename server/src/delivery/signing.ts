import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import type { DomainConfig } from '../config';
import type { Context } from '../context';

/** A message that could not be signed and so must not be sent. The message is a sentence for an editor. */
export class SigningError extends Error {
  override name = 'SigningError';
}

/** Something wrong with `newsletter.config.domains`. */
export interface DomainProblem {
  /** Path of the key, such as `newsletter.config.domains["example.com"].dkim.privateKey`. */
  path: string;
  message: string;
}

export interface Signer {
  /**
   * Puts a DKIM signature in front of a message; leaves it alone when the relay signs for the domain.
   * @param message complete, with CRLF line ends
   * @throws SigningError when the domain is not configured or the signature fails
   */
  sign(message: Buffer, fromDomain: string): Promise<Buffer>;
}

/**
 * What a signature covers. mailauth takes names only as one colon-joined text (it ignores an array without a word), and
 * its default leaves out List-Unsubscribe-Post, which RFC 8058 §4 demands.
 */
export const SIGNED_HEADERS = [
  'From',
  'Reply-To',
  'To',
  'Subject',
  'Date',
  'Message-ID',
  'MIME-Version',
  'Content-Type',
  'Content-Transfer-Encoding',
  'List-Unsubscribe',
  'List-Unsubscribe-Post',
  'List-Id',
  'Feedback-ID',
  'Precedence',
  'Auto-Submitted',
  'X-Auto-Response-Suppress',
].join(':');

/** RFC 8301 §3.2 lets verifiers ignore shorter keys. */
const MIN_BITS = 1024;

type SigningDomain =
  | { kind: 'relay' }
  | { kind: 'key'; selector: string; pem: string }
  | { kind: 'broken'; problem: DomainProblem };

/** Reads each key once. A key that cannot be used is reported by `checkDomains` and by each attempt to sign with it. */
export function createSigner(ctx: Pick<Context, 'config' | 'projectDir'>): Signer {
  const domains = new Map(
    Object.entries(ctx.config.domains).map(([name, config]) => [
      name,
      readDomain(name, config, ctx.projectDir),
    ]),
  );
  return {
    async sign(message, fromDomain) {
      const domain = domains.get(fromDomain);
      if (!domain) {
        throw new SigningError(
          `The sender's domain ${fromDomain} is not configured. Add it to newsletter.config.domains, or choose another sender.`,
        );
      }
      if (domain.kind === 'relay') return message;
      if (domain.kind === 'broken')
        throw new SigningError(`${domain.problem.path}: ${domain.problem.message}`);
      return Buffer.concat([await signature(message, fromDomain, domain.selector, domain.pem), message]);
    },
  };
}

/** The configured domains whose keys cannot be used; empty when all is well. */
export function checkDomains(ctx: Pick<Context, 'config' | 'projectDir'>): DomainProblem[] {
  return Object.entries(ctx.config.domains).flatMap(([name, config]) => {
    const domain = readDomain(name, config, ctx.projectDir);
    return domain.kind === 'broken' ? [domain.problem] : [];
  });
}

async function signature(message: Buffer, domain: string, selector: string, pem: string): Promise<Buffer> {
  const result = await dkimSign(message, {
    canonicalization: 'relaxed/relaxed',
    signTime: new Date(),
    // mailauth's types say array; its code wants this.
    headerList: SIGNED_HEADERS as unknown as string[],
    signatureData: [{ signingDomain: domain, selector, privateKey: pem, algorithm: 'rsa-sha256' }],
  } as Parameters<typeof dkimSign>[1]);
  // Its types say Error; its code wraps each one with the domain.
  const failure = result.errors[0] as unknown as { err: Error } | undefined;
  if (failure)
    throw new SigningError(`The message could not be signed for ${domain}: ${failure.err.message}`);
  if (!result.signatures.startsWith('DKIM-Signature:')) {
    throw new SigningError(`The message could not be signed for ${domain}: no signature was made.`);
  }
  return Buffer.from(result.signatures);
}

function readDomain(name: string, config: DomainConfig, projectDir: string): SigningDomain {
  if (config.dkim === 'relay') return { kind: 'relay' };
  const { selector, privateKey } = config.dkim;
  const broken = (message: string): SigningDomain => ({
    kind: 'broken',
    problem: { path: `newsletter.config.domains["${name}"].dkim.privateKey`, message },
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
