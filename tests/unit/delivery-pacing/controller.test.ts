import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterCohort,
  afterRefusal,
  afterTime,
  afterUnreachable,
  askedMs,
  judge,
  moreCareful,
  nothingLearned,
  type Judgement,
} from '../../../server/src/delivery/pacing/controller';
import { PROVIDER_ROWS } from '../../../server/src/delivery/pacing/providers';
import { parseReply } from '../../../server/src/delivery/replies-parse';
import { replyClass } from '../../../server/src/delivery/reply-rules';
import type { Learned } from '../../../server/src/delivery/pacing/types';

const MINUTE = 60_000;
const NOW = 1_800_000_000_000;

function read(
  line: string,
  { provider, nth = 99 }: { provider?: keyof typeof PROVIDER_ROWS; nth?: number } = {},
) {
  const reply = parseReply(line)!;
  const rules = provider ? (PROVIDER_ROWS[provider].rules ?? []) : [];
  return judge(reply, replyClass('dot', reply), rules, () => nth);
}

describe('what a refusal says about all mail to the receiver', () => {
  it.each([
    [
      '421 4.7.28 Gmail has detected an unusual rate of unsolicited mail',
      'google',
      { kind: 'slow', perSecond: 10 / 60, ms: 30 * MINUTE },
    ],
    [
      '421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints',
      'yahoo',
      { kind: 'suspend', ms: 120 * MINUTE, reason: 'reputation' },
    ],
    [
      '421 4.7.0 [TSS05] Messages from 192.0.2.1 temporarily deferred',
      'yahoo',
      { kind: 'suspend', ms: 240 * MINUTE },
    ],
    [
      '421 [IPTS04] Messages from 192.0.2.1 temporarily deferred',
      'yahoo',
      { kind: 'suspend', ms: 120 * MINUTE },
    ],
    ['553 5.7.1 [BL21] Connections will not be accepted', 'yahoo', { kind: 'suspend', ms: 120 * MINUTE }],
    [
      "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. part of their network is on our block list (S3150)",
      'outlook',
      { kind: 'suspend', ms: 120 * MINUTE },
    ],
    [
      '421 4.7.0 The mail server [192.0.2.1] has exceeded the maximum number of connections',
      'outlook',
      { kind: 'narrow', to: 1 },
    ],
    [
      '451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation',
      undefined,
      { kind: 'slow', perSecond: 1 / 60, ms: 90 * MINUTE, reason: 'reputation' },
    ],
    ['421 [HCM1] Your mail from 192.0.2.1 was deferred', 'icloud', { kind: 'suspend', ms: 15 * MINUTE }],
    [
      '553 Mail from 192.0.2.1 not allowed - VS98-IP0 deferred',
      'yahoo-japan',
      { kind: 'suspend', ms: 60 * MINUTE },
    ],
    [
      '421 4.7.0 Too many connections from your host',
      undefined,
      { kind: 'narrow', to: null, reason: 'connections' },
    ],
    [
      '451 4.7.1 Rate limit exceeded, try again in 10 minutes',
      undefined,
      { kind: 'suspend', ms: 10 * MINUTE, reason: 'asked' },
    ],
    [
      '550 5.7.1 Service unavailable; client host [192.0.2.1] blocked using Spamhaus',
      undefined,
      { kind: 'suspend', ms: 60 * MINUTE, reason: 'reputation' },
    ],
    ['450 4.7.5 TLS required by policy for now', undefined, { kind: 'narrow', reason: 'rate' }],
    [
      '421 4.3.2 The server is receiving too many connections',
      undefined,
      { kind: 'narrow', to: null, reason: 'connections' },
    ],
    ['421 4.3.2 Service shutting down', undefined, { kind: 'narrow', reason: 'rate' }],
    ['450 4.7.1 sending rate limit exceeded', undefined, { kind: 'slow', perSecond: null }],
  ] as const)('%s', (line, provider, expected) => {
    expect(read(line, { provider })).toMatchObject(expected);
  });

  it.each([
    '450 4.7.1 Greylisted, try again in 300 seconds',
    '450 4.2.1 The user you are trying to contact is receiving mail too quickly',
    '452 4.2.2 mailbox full',
    '550 5.1.1 no such user',
    '452 4.5.3 too many recipients',
    '550 5.7.26 This mail is unauthenticated',
    '553 5.6.7 The mail server cannot take addresses with characters outside ASCII (no SMTPUTF8)',
  ])('%s: nothing', (line) => {
    expect(read(line)).toBeNull();
  });

  it('lets a provider say some things several times before it acts', () => {
    const line = '553 5.7.1 [BL21] not accepted';
    expect(read(line, { provider: 'yahoo', nth: 4 })).not.toMatchObject({ ms: 120 * MINUTE });
    expect(read(line, { provider: 'yahoo', nth: 5 })).toMatchObject({ ms: 120 * MINUTE });
  });

  it('reads for how long', () => {
    expect(askedMs('Try again in 30 minutes')).toBe(30 * MINUTE);
    expect(askedMs('please retry after 300 seconds.')).toBe(5 * MINUTE);
    expect(askedMs('temporarily blocked for 2 hours')).toBe(120 * MINUTE);
    expect(askedMs('you must wait 45s')).toBe(45_000);
    expect(askedMs('wait 99999 hours')).toBe(24 * 60 * MINUTE);
    expect(askedMs('try again later')).toBeNull();
    expect(askedMs('error 550 in 2 minutes of connecting')).toBeNull();
    expect(askedMs('try again in 0 seconds')).toBeNull();
  });
});

describe('what is learned', () => {
  const moment = { now: NOW, load: 20, perSecond: 40, reply: '421 4.7.0 slow down' };
  const slow: Judgement = { kind: 'slow', perSecond: null, ms: null, reason: 'rate' };

  it('halves what it was, for longer each time, and forgets it with time', () => {
    const first = afterRefusal(nothingLearned(Infinity), slow, moment);
    expect(first).toMatchObject({ limit: 10, rate: 20, rateUntil: NOW + 15 * MINUTE, suspendedUntil: 0 });
    const second = afterRefusal(first, slow, { ...moment, now: NOW + MINUTE, perSecond: 20 });
    expect(second).toMatchObject({ limit: 5, rate: 10, rateUntil: NOW + 31 * MINUTE });
    expect(afterTime(second, NOW + 30 * MINUTE)).toBe(second);
    expect(afterTime(second, NOW + 31 * MINUTE)).toMatchObject({ rate: Infinity, rateUntil: 0, limit: 5 });
    const muchLater = afterRefusal(second, slow, { ...moment, now: NOW + 300 * MINUTE });
    expect(muchLater.rateUntil).toBe(NOW + 315 * MINUTE);
  });

  it('grows by one a cohort up to the limit, and a relay out of its limit altogether', () => {
    let known = afterRefusal(nothingLearned(2), { kind: 'narrow', to: 1, reason: 'connections' }, moment);
    for (const limit of [2, 3, 4, 4]) expect((known = afterCohort(known, 4)).limit).toBe(limit);
    expect(afterCohort({ ...known, limit: 512 }, Infinity).limit).toBe(Infinity);
  });

  it('rests 2, 5, 15, 30, 60 minutes when it cannot be reached, and begins with two again', () => {
    let known = nothingLearned(2);
    let now = NOW;
    for (const minutes of [2, 5, 15, 30, 60, 60]) {
      known = afterUnreachable({ ...known, limit: 5 }, { now, reply: 'timeout' });
      expect(known).toMatchObject({ suspendedUntil: now + minutes * MINUTE, limit: 2, reason: 'network' });
      now = known.suspendedUntil;
    }
    expect(known.refusingSince).toBe(NOW);
    expect(afterCohort(known, 5)).toMatchObject({ suspensions: 0, refusingSince: 0 });
  });

  const judgements = fc.oneof(
    fc.record({
      kind: fc.constant('suspend' as const),
      ms: fc.integer({ min: 1, max: 1e8 }),
      reason: fc.constant('asked' as const),
    }),
    fc.record({
      kind: fc.constant('slow' as const),
      perSecond: fc.option(fc.double({ min: 0.001, max: 100, noNaN: true })),
      ms: fc.option(fc.integer({ min: 1, max: 1e7 })),
      reason: fc.constant('rate' as const),
    }),
    fc.record({
      kind: fc.constant('narrow' as const),
      to: fc.option(fc.constant(1)),
      reason: fc.constant('connections' as const),
    }),
  );
  const steps = fc.array(
    fc.oneof(
      judgements.map((judgement) => ({ judgement })),
      fc.constant('cohort' as const),
      fc.constant('unreachable' as const),
      fc.integer({ min: 1, max: 1e8 }).map((ms) => ({ ms })),
    ),
    { maxLength: 60 },
  );

  it('always lets something through in the end, never more than the limit, and never gets more generous by a refusal', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 50 }),
        fc.nat(100),
        fc.double({ min: 0, max: 1e4, noNaN: true }),
        (list, cap, load, perSecond) => {
          let known: Learned = nothingLearned(Math.min(2, cap));
          let now = NOW;
          for (const step of list) {
            const before = known;
            if (step === 'cohort') known = afterCohort(known, cap);
            else if (step === 'unreachable') known = afterUnreachable(known, { now, reply: 'x' });
            else if ('ms' in step) known = afterTime(known, (now += step.ms));
            else {
              known = afterRefusal(known, step.judgement, { now, load, perSecond, reply: 'x' });
              expect(known.limit).toBeLessThanOrEqual(before.limit);
              expect(known.rate).toBeLessThanOrEqual(before.rate);
              expect(known.suspendedUntil).toBeGreaterThanOrEqual(before.suspendedUntil);
            }
            expect(known.limit).toBeGreaterThanOrEqual(1);
            expect(known.limit).toBeLessThanOrEqual(cap);
            expect(known.rate).toBeGreaterThanOrEqual(1 / 60 - 1e-9);
            expect(known.suspendedUntil).toBeLessThanOrEqual(now + 1e8);
          }
          const after = afterTime(known, now + 4e8);
          expect(after.rate).toBe(Infinity);
        },
      ),
    );
  });

  it('is the more careful of two processes, whoever comes first', () => {
    fc.assert(
      fc.property(judgements, judgements, (a, b) => {
        const start = { ...nothingLearned(8), limit: 8 };
        const one = afterRefusal(start, a, moment);
        const other = afterRefusal(start, b, { ...moment, now: NOW + 1 });
        const both = moreCareful(one, other);
        expect(both).toEqual(moreCareful(other, one));
        expect(both.limit).toBe(Math.min(one.limit, other.limit));
        expect(both.suspendedUntil).toBe(Math.max(one.suspendedUntil, other.suspendedUntil));
      }),
    );
  });
});
