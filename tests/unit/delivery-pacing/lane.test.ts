import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucket } from '../../../server/src/delivery/pacing/buckets';
import { Lane, type LaneOptions } from '../../../server/src/delivery/pacing/lane';
import { PROVIDER_ROWS } from '../../../server/src/delivery/pacing/providers';
import type { SendOutcome } from '../../../server/src/delivery/types';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;
const accepted: SendOutcome = { kind: 'accepted', reply: { code: 250, status: '2.0.0', text: 'ok' } };
const refusal = (code: number, status: string, text: string): SendOutcome => ({
  kind: 'refused',
  stage: 'dot',
  reply: { code, status, text },
});
const lost: SendOutcome = { kind: 'lost', stage: 'connect', message: 'ETIMEDOUT' };
const slowDown = refusal(421, '4.7.0', 'rate limit exceeded');

function lane(options: Partial<LaneOptions> = {}): Lane {
  return new Lane({
    source: 'relay',
    destination: 'google',
    type: 'smtp',
    limits: { connections: Infinity, messagesPerConnection: 100, messagesPerSecond: Infinity },
    rules: [],
    named: true,
    processes: () => 1,
    bucket: (perSecond) => new Bucket('x', perSecond, { store: null, processes: () => 1, onStore: () => {} }),
    ...options,
  });
}
const mx = (connections = 5, processes = 1) =>
  lane({
    type: 'mx',
    processes: () => processes,
    limits: { connections, messagesPerConnection: 20, messagesPerSecond: Infinity },
  });

/** As many as it lets go at one moment. */
function begin(of: Lane, now: number, most = 1000): number {
  let begun = 0;
  while (begun < most && of.wait(now) === 0) {
    of.begin(now);
    begun += 1;
  }
  return begun;
}

describe('over a relay', () => {
  it('nothing is limited before a refusal', () => {
    const free = lane();
    expect(begin(free, NOW)).toBe(1000);
    expect(free.places(NOW)).toBe(Infinity);
  });

  it('half as many go after a refusal of those that were on their way, once for all of them', () => {
    const one = lane();
    begin(one, NOW, 40);
    for (let n = 0; n < 20; n++) one.report(accepted, NOW, NOW + 100);
    for (let n = 0; n < 20; n++) one.report(slowDown, NOW, NOW + 200);
    expect(one.connections).toBe(10);
    expect(one.isDirty).toBe(true);
    // Begun afterwards, it is news.
    one.begin(NOW + 300);
    one.report(slowDown, NOW + 300, NOW + 400);
    expect(one.connections).toBeLessThanOrEqual(1);
  });

  it('half the rate is half of what it took since it began to', () => {
    const said = (of: Lane, at: number) => {
      of.begin(at);
      of.report(refusal(454, '4.7.0', 'Throttling failure: maximum sending rate exceeded'), at, at);
      return of.rate;
    };
    const takes14 = (of: Lane, from: number) => {
      for (let n = 0; n < 14; n++) {
        of.begin(from);
        of.report(accepted, from, from + n * 70);
      }
    };
    const one = lane();
    takes14(one, NOW);
    expect(said(one, NOW + 1_000)).toBe(7);
    // When the time of a halved rate is over, what it took then says nothing about what it would have taken.
    let at = NOW;
    for (let wait = one.wait(at); one.rate < Infinity; wait = one.wait((at += 100))) {
      if (wait > 0) continue;
      one.begin(at);
      one.report(accepted, at, at);
    }
    takes14(one, at);
    expect(said(one, at + 1_000)).toBe(7);
    // After a minute of silence it begins anew, too.
    const late = lane();
    takes14(late, NOW);
    takes14(late, NOW + MINUTE);
    expect(said(late, NOW + MINUTE + 1_000)).toBe(7);
    // Nothing was taken that could be halved.
    expect(said(lane(), NOW)).toBe(0.5);
  });

  it('a session that was not got says nothing about the receiver', () => {
    const one = lane();
    for (let n = 0; n < 100; n++) {
      one.begin(NOW);
      one.report(lost, NOW, NOW + n);
    }
    expect(one.wait(NOW + 100)).toBe(0);
    expect(one.isDirty).toBe(false);
  });

  it('a person is not the receiver: full mailboxes and unknown users slow nothing down', () => {
    const one = lane();
    for (const reply of [
      refusal(550, '5.1.1', 'no such user'),
      refusal(452, '4.2.2', 'mailbox full'),
      refusal(450, '4.7.1', 'Greylisted, come back in 5 minutes'),
      refusal(550, '5.2.1', 'The user is receiving mail at a rate that …'),
    ]) {
      one.begin(NOW);
      one.report(reply, NOW, NOW);
    }
    expect(one.isDirty).toBe(false);
    expect(begin(one, NOW)).toBe(1000);
  });

  it('a suspended destination gets nothing until its time, and then a few', () => {
    const one = lane({ rules: PROVIDER_ROWS.yahoo.rules! });
    begin(one, NOW, 30);
    one.report(refusal(421, '4.7.0', '[TSS04] Messages from 192.0.2.1 temporarily deferred'), NOW, NOW);
    expect(one.suspendedUntil(NOW)).toBe(NOW + 120 * MINUTE);
    expect(one.wait(NOW + MINUTE)).toBe(119 * MINUTE);
    expect(one.places(NOW)).toBe(0);
    for (let n = 0; n < 29; n++) one.report(accepted, NOW, NOW + 1);
    expect(begin(one, NOW + 120 * MINUTE)).toBe(2);
  });

  it('resumed by another process, it is free at once', () => {
    const one = lane();
    one.begin(NOW);
    one.report(refusal(451, '4.7.1', 'rate limit, try again in 30 minutes'), NOW, NOW);
    expect(one.wait(NOW)).toBe(30 * MINUTE);
    const { learned } = one;
    one.isDirty = false; // written
    one.version = 1;
    one.adopt({ ...learned, limit: Infinity, suspendedUntil: 0, suspensions: 0 }, 2);
    expect(begin(one, NOW)).toBe(1000);
    one.adopt(learned, 1);
    expect(one.wait(NOW)).toBe(0);
  });

  it('keeps what it learned itself when an older word of others comes', () => {
    const one = lane();
    one.begin(NOW);
    one.report(refusal(451, '4.7.1', 'rate limit, try again in 30 minutes'), NOW, NOW);
    one.adopt({ ...one.learned, limit: 7, suspendedUntil: 0, at: NOW - 1 }, 3);
    expect(one.suspendedUntil(NOW)).toBe(NOW + 30 * MINUTE);
    expect(one.version).toBe(3);
  });
});

describe('to mail servers of our own finding', () => {
  it('begins with two connections and gets one more a cohort, up to what it may have', () => {
    const one = mx(5);
    expect(one.ownConnections).toBe(2);
    const grown: number[] = [];
    for (let n = 0; n < 30; n++) {
      one.begin(NOW);
      one.report(accepted, NOW, NOW);
      if (one.ownConnections !== grown.at(-1)) grown.push(one.ownConnections);
    }
    expect(grown).toEqual([2, 3, 4, 5]);
    expect(one.isDirty).toBe(false);
    expect(begin(one, NOW)).toBe(10);
    expect(one.wait(NOW)).toBe(Infinity);
  });

  it('shares its connections with the other processes', () => {
    expect(mx(10, 2).ownConnections).toBe(1);
    expect(mx(10, 50).ownConnections).toBe(1);
  });

  it('does not rest when it is our own address that is missing', () => {
    const one = mx(5);
    const message = 'bind EADDRNOTAVAIL 198.51.100.7';
    for (let n = 0; n < 20; n++) {
      one.begin(NOW);
      one.report({ kind: 'lost', stage: 'connect', message }, NOW, NOW);
    }
    expect(one.suspendedUntil(NOW)).toBe(null);
  });

  it('rests when a cohort in a row was not let in, and not when one is', () => {
    const one = mx(5);
    for (const outcome of [lost, accepted, lost, accepted, lost, accepted]) {
      one.begin(NOW);
      one.report(outcome, NOW, NOW);
    }
    expect(one.wait(NOW)).toBe(0);
    for (let n = 0; n < 5; n++) {
      one.begin(NOW);
      one.report(lost, NOW, NOW + n);
    }
    expect(one.suspendedUntil(NOW + 10)! - NOW).toBeGreaterThanOrEqual(2 * MINUTE);
    expect(one.learned.reason).toBe('network');
  });
});

describe('rows that find no place', () => {
  it('come due in slots of what ten seconds take, one after the other', () => {
    const one = lane({
      limits: { connections: Infinity, messagesPerConnection: 1, messagesPerSecond: 2 },
    });
    const first = one.putOff(50, NOW);
    expect(first.map(({ count }) => count)).toEqual([20, 20, 10]);
    expect(first.map(({ nextAt }) => nextAt - NOW)).toEqual([10_000, 20_000, 30_000]);
    expect(one.putOff(5, NOW)).toEqual([{ nextAt: NOW + 35_000, count: 5 }]);
    expect(one.putOff(20, NOW)[0]!.nextAt - NOW).toBe(37_500);
    const far = one.putOff(100_000, NOW);
    expect(far.reduce((sum, { count }) => sum + count, 0)).toBe(100_000);
  });

  it('come due within the hour under a rate, with its end if it was learned, else within ten minutes', () => {
    const last = (of: Lane) => of.putOff(1_000_000, NOW).at(-1)!.nextAt - NOW;
    const configured = { connections: Infinity, messagesPerConnection: 1, messagesPerSecond: 2 };
    expect(Math.round(last(lane({ limits: configured })) / MINUTE)).toBe(60);
    // That more may go at the same time is learned within minutes.
    expect(Math.round(last(mx()) / MINUTE)).toBe(10);
    const learned = lane();
    begin(learned, NOW, 40);
    for (let n = 0; n < 20; n++) learned.report(accepted, NOW, NOW);
    for (let n = 0; n < 20; n++) learned.report(refusal(451, '4.7.1', 'rate limit exceeded'), NOW, NOW);
    expect(learned.rate).toBe(10);
    expect(last(learned)).toBe(learned.learned.rateUntil - NOW);
  });

  it('are all accounted for, and never due before a suspension ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 200 }), (count, minutes) => {
        const one = lane();
        one.begin(NOW);
        one.report(refusal(451, '4.7.1', `rate limit, try again in ${minutes} minutes`), NOW, NOW);
        const slots = one.putOff(count, NOW);
        expect(slots.reduce((sum, slot) => sum + slot.count, 0)).toBe(count);
        for (const { nextAt, count: size } of slots) {
          expect(nextAt).toBeGreaterThanOrEqual(NOW + minutes * MINUTE);
          expect(size).toBeGreaterThan(0);
        }
      }),
    );
  });
});
