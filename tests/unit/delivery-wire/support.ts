import { generateKeyPairSync } from 'node:crypto';
import { emailKey } from '../../../shared/address';
import type { CampaignSnapshot } from '../../../server/src/compose/types';
import type { Context } from '../../../server/src/context';
import type { PersonClaim } from '../../../server/src/tokens';

export function snapshotFor(ctx: Context): CampaignSnapshot {
  return {
    campaignId: 'campaign00000000000000001',
    name: 'Winter',
    version: 1,
    sender: { id: 'main', name: '編集部 & Co.', email: 'editor@example.com', replyTo: 'answers@example.com' },
    contents: [
      {
        variant: 'a',
        language: 'en',
        subject: 'Hello {{firstName}}',
        preheader: '',
        body: '<p>Hello {{firstName}}</p>',
      },
    ],
    defaultLanguage: 'en',
    templateHtml: null,
    brand: { name: 'Brand', postalAddress: '1-1 Chiyoda, Tokyo', contact: '', logoUrl: '', color: '#4945ff' },
    tracking: { opens: true, clicks: true },
    audience: { include: { lists: [], segments: [] }, exclude: { lists: [], segments: [] } },
    list: { name: '月刊 Monthly', slug: 'monthly' },
    pacePerHour: null,
    publicUrl: ctx.publicUrl,
  };
}

export function claimFor(ctx: Context, email: string): PersonClaim {
  return {
    subscriberId: 'subscriber0000000000000001',
    addressHash: ctx.tokens.addressHash(emailKey(email)!),
    deliveryId: 42,
  };
}

/** PEM as in the configuration, and DER as in the DNS. */
export const rsaPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** A DNS that knows one DKIM key. */
export function dnsWith(name: string, publicKey: Buffer) {
  return async (asked: string, type: string): Promise<string[][]> => {
    if (asked === name && type === 'TXT') return [[`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`]];
    throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
  };
}

/** Unfolded headers of the outermost part, by lower-case name; a header that occurs twice gets a `#2` entry. */
export function headerLines(raw: Buffer): Map<string, string> {
  const head = raw.toString('latin1').split('\r\n\r\n', 1)[0]!;
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    headers.set(headers.has(name) ? `${name}#2` : name, line.slice(line.indexOf(':') + 1).trim());
  }
  return headers;
}
