import { describe, expect, it } from 'vitest';
import { parseConfig, PROVIDERS, type ProviderName } from '../../../server/src/config';
import { configuredLimits } from '../../../server/src/delivery/pacing/limits';

const direct = { name: 'direct', type: 'mx' } as const;
const relay = { name: 'relay', type: 'smtp' } as const;
const limitsOf = (destination: string, transport: typeof direct | typeof relay = direct, destinations = {}) =>
  configuredLimits(parseConfig({ pacing: { destinations } }), transport, destination);

/** Whose row asks for encryption. */
const ENCRYPTED: ProviderName[] = ['google'];

/** Connections, messages per connection, messages per second. Where KumoMTA and receivers name none, the defaults are 5 and 100. */
const TABLE: [ProviderName, connections: number, perConnection: number, perSecond: number][] = [
  ['google', 5, 50, Infinity],
  ['yahoo', 5, 20, Infinity],
  ['outlook', 5, 50, Infinity],
  ['office365', 5, 50, Infinity],
  ['icloud', 10, 5, Infinity],
  ['comcast', 25, 1000, Infinity],
  ['orange', 2, 100, Infinity],
  ['gmx', 4, 20, Infinity],
  ['yahoo-japan', 2, 20, 10],
  ['docomo', 2, 100, Infinity],
  ['au', 2, 100, Infinity],
  ['softbank', 2, 100, Infinity],
  ['qq', 4, 8, Infinity],
  ['netease', 4, 7, Infinity],
  ['mimecast', 10, 100, Infinity],
  ['kpn', 10, 10, Infinity],
  ['barracuda', 10, 15, Infinity],
  ['netvigator', 5, 10, Infinity],
];

it('knows the limits of each provider of the table', () => {
  expect(TABLE.map(([name]) => name)).toEqual(PROVIDERS);
});

describe.each(TABLE)('%s', (name, connections, messagesPerConnection, messagesPerSecond) => {
  const limits = { connections, messagesPerConnection, messagesPerSecond };
  const table = ENCRYPTED.includes(name) ? { ...limits, requireTLS: true } : limits;

  it('has the limits of the table over its own mail servers, and none over a relay', () => {
    expect(limitsOf(name)).toEqual(table);
    expect(limitsOf(name, relay)).toMatchObject({
      connections: Infinity,
      messagesPerConnection: Infinity,
      messagesPerSecond: Infinity,
    });
  });

  it.each([
    { connections: 3 },
    { messagesPerConnection: 33 },
    { messagesPerSecond: 0.3 },
    { requireTLS: false },
  ])('takes %j from the configuration, and the rest from the table', (own) => {
    expect(limitsOf(name, direct, { [name]: own })).toEqual({ ...table, ...own });
    expect(limitsOf(name, relay, { [name]: own })).toMatchObject(own);
  });
});

it('gives a receiver that is not in the table 5 connections with 100 messages each', () => {
  expect(limitsOf('mx.example.org')).toEqual({
    connections: 5,
    messagesPerConnection: 100,
    messagesPerSecond: Infinity,
  });
});
