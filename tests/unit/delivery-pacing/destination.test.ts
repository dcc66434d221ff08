import { describe, expect, it } from 'vitest';
import { parseConfig, PROVIDERS } from '../../../server/src/config';
import { DestinationFinder, domainOf } from '../../../server/src/delivery/pacing/destination';
import { PROVIDER_ROWS } from '../../../server/src/delivery/pacing/providers';

const site = (...hosts: string[]) => ({ name: hosts.join(','), hosts });
const finder = (destinations = {}) =>
  new DestinationFinder(parseConfig({ pacing: { destinations } }).pacing.destinations);

describe('the destination of a domain', () => {
  it.each([
    ['gmail.com', 'google'],
    ['googlemail.com', 'google'],
    ['yahoo.com', 'yahoo'],
    ['yahoo.co.uk', 'yahoo'],
    ['yahoo.com.br', 'yahoo'],
    ['aol.com', 'yahoo'],
    ['yahoo.co.jp', 'yahoo-japan'],
    ['hotmail.fr', 'outlook'],
    ['live.co.uk', 'outlook'],
    ['msn.com', 'outlook'],
    ['me.com', 'icloud'],
    ['docomo.ne.jp', 'docomo'],
    ['ezweb.ne.jp', 'au'],
    ['au.com', 'au'],
    ['i.softbank.jp', 'softbank'],
    ['gmx.de', 'gmx'],
    ['web.de', 'gmx'],
    ['163.com', 'netease'],
    ['live.example.com', 'live.example.com'],
    ['gmail.com.example', 'gmail.com.example'],
    ['example.com', 'example.com'],
  ])('%s is %s', (domain, destination) => {
    expect(finder().find(domain, null)).toBe(destination);
  });

  it('is known by the mail servers where these are known, by the longest end of a name', () => {
    const find = (domain: string, ...hosts: string[]) => finder().find(domain, site(...hosts));
    expect(find('firm.example', 'aspmx.l.google.com', 'alt1.aspmx.l.google.com')).toBe('google');
    expect(find('firm.example', 'firm-example.mail.protection.outlook.com')).toBe('office365');
    expect(find('firm.example', 'eur.olc.protection.outlook.com')).toBe('outlook');
    expect(find('yahoo.com', 'mta5.am0.yahoodns.net')).toBe('yahoo');
    expect(find('firm.example', 'mx.notgoogle.com')).toBe('mx.notgoogle.com');
    expect(find('firm.example', 'mx1.example', 'mx2.example')).toBe('mx1.example,mx2.example');
  });

  it('is what the configuration says, before the table', () => {
    const own = finder({
      firm: { domains: ['firm.example'], mx: ['mx.firm.example'] },
      'gmail.com': { connections: 1 },
      google: { messagesPerSecond: 3 },
    });
    expect(own.find('firm.example', null)).toBe('firm');
    expect(own.find('other.example', site('a.mx.firm.example'))).toBe('firm');
    expect(own.find('gmail.com', null)).toBe('gmail.com');
    expect(own.find('googlemail.com', null)).toBe('google');
    expect(own.isNamed('firm')).toBe(true);
    expect(own.isNamed('example.com')).toBe(false);
  });

  it('reads addresses in any case and script', () => {
    expect(domainOf('Someone@GMail.COM')).toBe('gmail.com');
    expect(domainOf('"a@b"@example.com')).toBe('example.com');
    expect(domainOf('人@例え.テスト')).toBe('xn--r8jz45g.xn--zckzah');
  });
});

it('gives no domain and no mail server to two providers', () => {
  for (const key of ['domains', 'mx'] as const) {
    const all = PROVIDERS.flatMap((name) => PROVIDER_ROWS[name][key]);
    expect(new Set(all).size).toBe(all.length);
    for (const value of all) expect(value).toMatch(/^[a-z0-9.-]+(?:\.\*)?$/);
  }
});

describe('a wrong configuration stops the boot and names its key', () => {
  it.each([
    [
      { destinations: { gmial: { connections: 2 } } },
      'newsletter.config.pacing.destinations.gmial: is neither a provider',
    ],
    [
      { destinations: { google: { rules: [{ when: '(', then: 'suspend', minutes: 5 }] } } },
      'pacing.destinations.google.rules.0.when: expected a regular expression',
    ],
    [
      { destinations: { google: { rules: [{ when: 'slow down', then: 'slow', minutes: 5 }] } } },
      'pacing.destinations.google.rules.0.perMinute',
    ],
    [{ destinations: { Google: {} } }, 'newsletter.config.pacing.destinations.Google: is neither'],
    [
      { destinations: { firm: { mx: ['barracudanetworks.com.'] } } },
      'pacing.destinations.firm.mx.0: expected a domain',
    ],
    [
      { destinations: { a: { domains: ['x.example'] }, b: { domains: ['x.example'] } } },
      'b.domains.0: x.example belongs to "a"',
    ],
    [{ destinations: { google: { connections: 0 } } }, 'pacing.destinations.google.connections'],
    [{ destinations: { google: { conections: 1 } } }, 'conections'],
    [{ destinations: { google: { requireTLS: 'yes' } } }, 'pacing.destinations.google.requireTLS'],
    [
      { senderDomains: { 'example.com': { messagesPerSecond: 1 } } },
      'pacing.senderDomains.example.com: is not one of newsletter.config.domains',
    ],
    [{ giveUpHours: 3 }, 'newsletter.config.pacing.giveUpHours'],
    [{ giveUpHours: 121 }, 'newsletter.config.pacing.giveUpHours'],
  ])('%j', (pacing, message) => {
    expect(() => parseConfig({ pacing })).toThrow(message);
  });
});
