import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDomains, parseConfig } from '../../../server/src/config';
import { composeMail } from '../../../server/src/delivery/mime/compose';
import { plain } from '../../../server/src/delivery/mime/header';
import { createSigner } from '../../../server/src/delivery/signing';

const rsa = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
const projectDir = mkdtempSync(path.join(tmpdir(), 'newsletter-keys-'));
writeFileSync(path.join(projectDir, 'good.pem'), rsa(1024));

const mail = composeMail(
  [plain('From', 'a@example.com')],
  { fixed: ['x'], values: [] },
  { fixed: ['<p>x</p>'], values: [] },
);

const withKey = (privateKey: string) => ({
  projectDir,
  config: parseConfig({ domains: { 'example.com': { dkim: { selector: 's', privateKey } } } }),
});

describe('keys', () => {
  it('may be a file beside the project', async () => {
    expect(checkDomains(withKey('good.pem'))).toEqual([]);
    const signatures = await createSigner(withKey('./good.pem')).signatures(mail, 'example.com');
    expect(signatures).toMatch(/^DKIM-Signature: [\s\S]*\r\n$/);
  });

  it.each([
    ['a file that is missing', 'missing.pem', /missing\.pem cannot be read/],
    [
      'no PEM',
      '-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----',
      /expected an RSA private key in PEM form/,
    ],
    ['a short key', rsa(768), /at least 1024 bits.*found 768/],
    [
      'another kind of key',
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      /expected an RSA key, found ed25519/,
    ],
  ])('%s is found at start, and nothing is sent with it', async (_name, key, message) => {
    expect(checkDomains(withKey(key))).toEqual([
      {
        domain: 'example.com',
        path: 'newsletter.config.domains["example.com"].dkim.privateKey',
        message: expect.stringMatching(message),
      },
    ]);
    await expect(createSigner(withKey(key)).signatures(mail, 'example.com')).rejects.toMatchObject({
      name: 'SigningError',
    });
  });

  it('is used without a restart once its file was mended', async () => {
    const signer = createSigner(withKey('late.pem'));
    await expect(signer.signatures(mail, 'example.com')).rejects.toMatchObject({ name: 'SigningError' });
    writeFileSync(path.join(projectDir, 'late.pem'), rsa(1024));
    expect(await signer.signatures(mail, 'example.com')).toMatch(/^DKIM-Signature: /);
  });
});
