import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hmacSha256 } from '../../../server/src/tokens/hmac';

it('is what node:crypto makes of any key and any data, call after call', () => {
  const key = fc.string({ unit: 'binary', maxLength: 200 });
  const data = fc.array(fc.uint8Array({ maxLength: 1_500 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(key, data, (secret, pieces) => {
      const mac = hmacSha256(secret);
      for (const piece of pieces) {
        const expected = createHmac('sha256', secret).update(piece).digest('hex');
        expect(mac(Buffer.from(piece)).toString('hex')).toBe(expected);
      }
    }),
  );
});
