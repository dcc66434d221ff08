import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Context } from '../../context';

/** Milliseconds between two looks whether the files changed: certificates are renewed every few weeks. */
const LOOK_EVERY = 60_000;

interface Pem {
  key: string;
  cert: string;
}

/**
 * Gives the certificate, and gives it again whenever one of its files has changed and can be used.
 * @param tls PEM texts, or files relative to the project
 * @throws Error with the path when it cannot be read or used
 */
export function followCertificate(
  ctx: Pick<Context, 'projectDir' | 'log'>,
  tls: Pem,
  use: (pem: Pem) => void,
): { stop(): void } {
  const files = [tls.key, tls.cert].filter((value) => !isPem(value)).map((file) => resolve(ctx, file));
  const stamp = () => files.map((file) => statSync(file).mtimeMs).join();
  const load = () => {
    const pem = { key: read(ctx, tls.key), cert: read(ctx, tls.cert) };
    createSecureContext(pem); // throws when they do not belong together
    use(pem);
  };
  load();
  let known = stamp();
  const look = () => {
    try {
      const now = stamp();
      if (now === known) return;
      load();
      known = now;
      ctx.log.info('newsletter: the SMTP listener uses a new certificate');
    } catch (error) {
      // The old one stays in use; half-written files are looked at again.
      ctx.log.warn(`newsletter: the new certificate cannot be used yet: ${(error as Error).message}`);
    }
  };
  const timer = files.length > 0 ? setInterval(look, LOOK_EVERY).unref() : undefined;
  return { stop: () => clearInterval(timer) };
}

const isPem = (value: string) => value.includes('-----BEGIN');
const resolve = ({ projectDir }: Pick<Context, 'projectDir'>, file: string) => path.resolve(projectDir, file);
const read = (ctx: Pick<Context, 'projectDir'>, value: string) =>
  isPem(value) ? value : readFileSync(resolve(ctx, value), 'utf8');
