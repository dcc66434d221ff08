import { readSigningDomain, type NewsletterConfig, type SigningDomain } from '../config';
import { signaturesOf, signInPool, type Sign } from './dkim/sign';
import type { ComposedMail } from './mime/compose';

/** A message that could not be signed and so must not be sent. The message is a sentence for an editor. */
export class SigningError extends Error {
  override name = 'SigningError';
}

export interface Signer {
  /**
   * The DKIM-Signature fields for a mail, one per key of the domain, with their CRLF; empty when the relay signs for it.
   * @throws SigningError when the domain is not configured or the signature fails
   */
  signatures(mail: ComposedMail, fromDomain: string): Promise<string>;
  /** What it has read, to sign with in another thread. */
  readonly domains: ReadonlyMap<string, SigningDomain>;
}

/**
 * Reads each key once; one that cannot be used is read again by each attempt to sign with it, so that a file which was
 * mended meanwhile needs no restart.
 * @param sign where it signs
 * @param known what was read already
 */
export function createSigner(
  ctx: { config: Pick<NewsletterConfig, 'domains'>; projectDir: string },
  sign: Sign = signInPool,
  known?: ReadonlyMap<string, SigningDomain>,
): Signer {
  const domains = new Map(known);
  for (const [name, config] of Object.entries(ctx.config.domains)) {
    if (!domains.has(name)) domains.set(name, readSigningDomain(name, config, ctx.projectDir));
  }
  return {
    domains,
    async signatures({ fields, body }, fromDomain) {
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
      if (domain.kind === 'relay') return '';
      if (domain.kind === 'broken')
        throw new SigningError(`${domain.problem.path}: ${domain.problem.message}`);
      const keys = domain.keys.map((key) => ({ ...key, domain: fromDomain }));
      try {
        return await signaturesOf(fields, body, keys, sign);
      } catch (error) {
        throw new SigningError(
          `The message could not be signed for ${fromDomain}: ${(error as Error).message}`,
        );
      }
    },
  };
}
