import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { readSigningDomain } from '../config';
import type { Context } from '../context';

/** A message that could not be signed and so must not be sent. The message is a sentence for an editor. */
export class SigningError extends Error {
  override name = 'SigningError';
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

/**
 * Reads each key once; one that cannot be used is read again by each attempt to sign with it, so that a file which was
 * mended meanwhile needs no restart.
 */
export function createSigner(ctx: Pick<Context, 'config' | 'projectDir'>): Signer {
  const domains = new Map(
    Object.entries(ctx.config.domains).map(([name, config]) => [
      name,
      readSigningDomain(name, config, ctx.projectDir),
    ]),
  );
  return {
    async sign(message, fromDomain) {
      let domain = domains.get(fromDomain);
      const config = ctx.config.domains[fromDomain];
      if (domain?.kind === 'broken' && config) {
        domain = readSigningDomain(fromDomain, config, ctx.projectDir);
        domains.set(fromDomain, domain);
      }
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
