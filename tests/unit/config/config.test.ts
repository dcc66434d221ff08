import { describe, expect, it } from 'vitest';
import { parseConfig, strapiConfig } from '../../../server/src/config';

describe('configuration', () => {
  it('has a working default for everything but transports and domains', () => {
    const config = parseConfig(undefined);
    expect(config.transports).toEqual({});
    expect(config.domains).toEqual({});
    expect(config.queue).toMatchObject({
      backend: 'auto',
      folder: '.newsletter/queue',
      prefix: 'newsletter',
    });
    expect(config.worker).toMatchObject({ enabled: true, slots: 32, leaseSeconds: 30, drainSeconds: 30 });
  });

  it('fills in the defaults of a transport', () => {
    const { transports } = parseConfig({ transports: { relay: { host: 'smtp.example.com' } } });
    expect(transports.relay).toMatchObject({ type: 'smtp', port: 587, secure: false });
    expect(transports.relay?.pool).toEqual({ maxConnections: 5, maxMessages: 100 });
  });

  it.each([
    [{ worker: { slots: 0 } }, 'newsletter.config.worker.slots: '],
    [{ transports: { relay: { port: 25 } } }, 'newsletter.config.transports.relay.host: '],
    [{ transports: { relay: { host: 'a', prot: 25 } } }, 'newsletter.config.transports.relay: '],
    [{ queue: { backend: 'rabbit' } }, 'newsletter.config.queue.backend: '],
    [{ queue: { backend: 'redis' } }, 'newsletter.config.queue.redis: required'],
    [{ publicUrl: 'example.com' }, 'newsletter.config.publicUrl: '],
    [{ secrets: { tokens: ['short'] } }, 'newsletter.config.secrets.tokens.0: '],
    [{ domains: { 'Example.com': { dkim: 'relay' } } }, 'newsletter.config.domains.Example.com: '],
  ])('names the path of a wrong value: %j', (input, start) => {
    expect(() => strapiConfig.validator(input)).toThrow(start);
  });

  it('reports all wrong keys at once', () => {
    expect(() => parseConfig({ worker: { slots: -1, tickMs: 'x' } })).toThrow(/slots: .*\n.*tickMs: /s);
  });

  it('takes a trailing slash off publicUrl', () => {
    expect(parseConfig({ publicUrl: 'https://news.example.com/' }).publicUrl).toBe(
      'https://news.example.com',
    );
  });

  it('writes publicUrl in ASCII, as headers need it', () => {
    expect(parseConfig({ publicUrl: 'https://例え.jp/新着/' }).publicUrl).toBe(
      'https://xn--r8jz45g.jp/%E6%96%B0%E7%9D%80',
    );
  });
});
