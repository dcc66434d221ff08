import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { senderErrors, senderId } from '../../../admin/src/pages/Settings/senders';
import { isWebAddress } from '../../../admin/src/pages/Settings/web-address';
import { senderSchema } from '../../../shared/contracts';

describe('ids of senders', () => {
  it('are what the server takes, and of no other sender', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.emailAddress()), { maxLength: 30 }), (addresses) => {
        const ids: string[] = [];
        for (const address of addresses) ids.push(senderId(address, ids));
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(senderSchema.shape.id.safeParse(id).success).toBe(true);
      }),
    );
  });

  it('can be recognised', () => {
    expect(senderId('News@Example.com', [])).toBe('news-example-com');
    expect(senderId('News@Example.com', ['news-example-com'])).toBe('news-example-com-2');
  });
});

describe('a sender', () => {
  const sender = { name: 'News', email: 'news@news.example.com', replyTo: '' };

  it('must be on a configured domain', () => {
    expect(senderErrors(sender, ['news.example.com'])).toEqual({});
    expect(senderErrors({ ...sender, email: 'news@NEWS.example.com' }, ['news.example.com'])).toEqual({});
    expect(senderErrors(sender, ['example.com'])).toEqual({ email: 'domain' });
    expect(senderErrors(sender, null)).toEqual({});
  });

  it('needs a name and addresses that are some', () => {
    expect(senderErrors({ name: ' ', email: 'news', replyTo: 'x' }, null)).toEqual({
      name: 'missing',
      email: 'format',
      replyTo: 'format',
    });
  });
});

it('takes only http and https for web addresses', () => {
  expect(isWebAddress('https://example.com/logo.png')).toBe(true);
  for (const bad of ['example.com', 'javascript:alert(1)', 'data:text/html,x', ''])
    expect(isWebAddress(bad)).toBe(false);
});
