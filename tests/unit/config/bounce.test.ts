import { expect, it } from 'vitest';
import { bounceDomainOf, bounceDomains, parseConfig, takesMail } from '../../../server/src/config';

const mailbox = { name: 'box', host: 'imap.example.com', auth: { user: 'u', pass: 'p' } };

it('takes no mail in unless asked to', () => {
  const config = parseConfig({ domains: { 'example.com': { dkim: 'relay' } } });
  expect(takesMail(config)).toBe(false);
  expect(bounceDomainOf(config, 'example.com')).toBeNull();
  expect([...bounceDomains(config)]).toEqual([]);
});

it('has working defaults for a listener and a mailbox', () => {
  const { bounce } = parseConfig({
    bounce: { domain: 'bounce.example.com', listener: {}, mailboxes: [mailbox] },
  });
  expect(bounce.listener).toMatchObject({ host: '0.0.0.0', port: 25, maxSizeKib: 1024 });
  expect(bounce.mailboxes[0]).toMatchObject({ port: 993, secure: true, folder: 'INBOX', after: 'move' });
  expect(bounce.maxAgeDays).toBe(30);
});

it('prefers the bounce domain of the sender domain', () => {
  const config = parseConfig({
    bounce: { domain: 'bounce.example.com' },
    domains: {
      'example.com': { dkim: 'relay' },
      'example.org': { dkim: 'relay', bounceDomain: 'b.example.org' },
    },
  });
  expect(bounceDomainOf(config, 'example.com')).toBe('bounce.example.com');
  expect(bounceDomainOf(config, 'example.org')).toBe('b.example.org');
  expect([...bounceDomains(config)].sort()).toEqual(['b.example.org', 'bounce.example.com']);
});

it.each([
  [{ listener: {} }, 'newsletter.config.bounce.listener: needs newsletter.config.bounce.domain'],
  [{ domain: 'Bounce.Example.com' }, 'newsletter.config.bounce.domain: expected a domain name in lower case'],
  [{ mailboxes: [mailbox, mailbox] }, 'newsletter.config.bounce.mailboxes: two have the name "box"'],
  [
    { mailboxes: [{ ...mailbox, moveTo: 'INBOX' }] },
    'would move mails into "INBOX", the folder that it watches',
  ],
  [{ mailboxes: [{ ...mailbox, auth: { user: 'u' } }] }, 'newsletter.config.bounce.mailboxes.0.auth: '],
  [{ domain: 'b.example.com', listener: { fixedAddresses: ['a@b'] } }, 'bounce.listener.fixedAddresses.0: '],
])('says what is wrong with %j', (bounce, sentence) => {
  expect(() => parseConfig({ bounce })).toThrow(sentence);
});
