import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** DER, as little of it as a certificate needs. */
const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const SHA256_RSA = der(0x30, der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
const name = (text: string) =>
  der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(text)))));
const utc = (at: Date) => der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));

/** An RSA key and a certificate that it signed itself, valid for a day around now or ended at a time. */
export function makeCertificate(
  host: string,
  until = new Date(Date.now() + 86_400_000),
): { key: KeyObject; pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
  });
  const altName = der(0x30, der(0x82, Buffer.from(host)), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = der(0x30, der(0x30, der(0x06, Buffer.from('551d11', 'hex')), der(0x04, altName)));
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    SHA256_RSA,
    name(host),
    der(0x30, utc(new Date(until.getTime() - 2 * 86_400_000)), utc(until)),
    name(host),
    publicKey,
    der(0xa3, extensions),
  );
  const key = createPrivateKey(privateKey);
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, key)]);
  const certificate = der(0x30, body, SHA256_RSA, der(0x03, signature));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n');
  return { key, pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` };
}
