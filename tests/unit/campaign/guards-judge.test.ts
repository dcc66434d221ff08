import { describe, expect, it } from 'vitest';
import { judgeReceivers } from '../../../server/src/campaign/guards-receivers';
import {
  guardReason,
  judgeCampaign,
  NO_GUARD_STATE,
  type GuardCounts,
  type GuardState,
} from '../../../server/src/campaign/guards-judge';
import { settingsSchema } from '../../../shared/contracts';

const { thresholds } = settingsSchema.parse({});
const NONE: GuardCounts = { accepted: 0, hard: 0, failed: 0, complaints: 0, refused: 0, receivers: [] };
const judge = (counts: Partial<GuardCounts>, { domains = 10, state = NO_GUARD_STATE } = {}) =>
  judgeCampaign({ ...NONE, ...counts }, domains, state, thresholds);
const brief = (verdict: ReturnType<typeof judge>) =>
  verdict.pause && `${verdict.pause.guard} ${verdict.pause.share}`;

describe('dead addresses', () => {
  it('pause from 5 % on, once 200 are settled, and warn from 2 % on', () => {
    expect(brief(judge({ accepted: 189, hard: 10, failed: 10 }))).toBeNull();
    expect(brief(judge({ accepted: 190, hard: 10, failed: 10 }))).toBe('hard-bounces 5');
    const warned = judge({ accepted: 980, hard: 20, failed: 20 });
    expect(warned.pause).toBeNull();
    expect(warned.state.warnings).toEqual([{ guard: 'hard-bounces', share: 2 }]);
    expect(judge({ accepted: 981, hard: 19, failed: 19 }).state.warnings).toEqual([]);
  });

  it('do not include what failed for other reasons', () => {
    expect(brief(judge({ accepted: 800, hard: 10, failed: 200 }))).toBeNull();
  });
});

describe('complaints', () => {
  it('warn from 0.1 % and pause from 0.3 % of the accepted on, but not for one or two people', () => {
    expect(judge({ accepted: 3000, complaints: 3 }).state.warnings).toEqual([
      { guard: 'complaints', share: 0.1 },
    ]);
    expect(brief(judge({ accepted: 3000, complaints: 3 }))).toBeNull();
    expect(brief(judge({ accepted: 1000, complaints: 3 }))).toBe('complaints 0.3');
    expect(brief(judge({ accepted: 10, complaints: 2 }))).toBeNull();
    expect(judge({ accepted: 10, complaints: 2 }).state.warnings).toEqual([]);
  });
});

describe('bursts of refusals', () => {
  it('pause when half of the last 200 were refused by several domains', () => {
    expect(brief(judge({ accepted: 100, refused: 100, failed: 100 }))).toBe('refusals 50');
    expect(brief(judge({ accepted: 101, refused: 99, failed: 99 }))).toBeNull();
    expect(brief(judge({ accepted: 100, refused: 100, failed: 100 }, { domains: 2 }))).toBeNull();
    expect(brief(judge({ accepted: 50, refused: 100, failed: 100 }))).toBeNull();
  });

  it('count what waits for another try, too', () => {
    expect(brief(judge({ accepted: 10, refused: 190 }))).toBe('refusals 95');
  });

  it('look only at the last mails', () => {
    const good = judge({ accepted: 10_000 });
    const then = judge({ accepted: 10_050, refused: 150, failed: 150 }, { state: good.state });
    expect(brief(then)).toBe('refusals 75');
    // Not enough new ones yet: the base stays, so that they add up.
    const few = judge({ accepted: 10_050, refused: 50, failed: 50 }, { state: good.state });
    expect(few.pause).toBeNull();
    expect(few.state.base).toEqual(good.state.base);
    expect(brief(judge({ accepted: 10_050, refused: 150, failed: 150 }, { state: few.state }))).toBe(
      'refusals 75',
    );
  });
});

describe('a large receiver that refuses our authentication', () => {
  const at = (destination: string, accepted: number, waiting: number, returned = 0) => ({
    destination,
    accepted,
    waiting,
    returned,
  });

  it('is enough alone, from half of its last five results on', () => {
    expect(brief(judge({ receivers: [at('google', 2, 3)] }, { domains: 1 }))).toBe('authentication 60');
    expect(brief(judge({ receivers: [at('google', 0, 4)] }, { domains: 1 }))).toBeNull();
    expect(brief(judge({ receivers: [at('google', 51, 49)] }, { domains: 1 }))).toBeNull();
    // Behind a relay, what was accepted first comes back.
    expect(brief(judge({ receivers: [at('outlook', 100, 0, 50)] }, { domains: 1 }))).toBe(
      'authentication 50',
    );
  });

  it('is none of the small ones, whose whim it can be', () => {
    expect(brief(judge({ receivers: [at('firm.example', 0, 500)] }, { domains: 1 }))).toBeNull();
  });

  it('is judged by its last results', () => {
    const first = judge({ receivers: [at('google', 10_000, 0)] });
    const then = judge({ receivers: [at('google', 10_010, 40)] }, { state: first.state });
    expect(brief(then)).toBe('authentication 80');
    // Too few new ones add up with the next.
    const few = judgeReceivers([at('google', 10_001, 3)], first.state.receivers!);
    expect(few).toEqual({ worst: null, base: first.state.receivers });
    // Those that waited were tried again and went.
    expect(brief(judge({ receivers: [at('google', 10_060, 0)] }, { state: then.state }))).toBeNull();
  });

  it('is named with its page, and after "go on" keeps quiet by itself, not for the others', () => {
    const first = judge({ receivers: [at('google', 0, 10)] });
    expect(first.pause).toEqual({ guard: 'authentication', share: 100, destination: 'google' });
    expect(guardReason(first.pause!, thresholds).sentence).toMatch(
      /^Gmail refused 100 % of the last mails .* as https:\/\/support\.google\.com\/\S+ says, then resume/,
    );
    const state = { ...first.state, pausedBy: first.pause };
    const again = judge({ receivers: [at('google', 0, 30)] }, { state });
    expect(again.pause).toBeNull();
    expect(again.state.warnings).toEqual([{ guard: 'authentication', share: 100, destination: 'google' }]);
    const other = judge({ receivers: [at('google', 0, 30), at('yahoo', 1, 9)] }, { state: again.state });
    expect(other.pause).toEqual({ guard: 'authentication', share: 90, destination: 'yahoo' });
  });
});

describe('a person who goes on', () => {
  const paused: GuardState = { ...NO_GUARD_STATE, pausedBy: { guard: 'hard-bounces', share: 6 } };

  it('silences the guard until it is clearly worse, and no other guard', () => {
    const same = judge({ accepted: 930, hard: 70, failed: 70 }, { state: paused });
    expect(same.pause).toBeNull();
    expect(same.state.silenced).toEqual({ 'hard-bounces': 6 });
    const worse = judge({ accepted: 910, hard: 90, failed: 90 }, { state: same.state });
    expect(brief(worse)).toBe('hard-bounces 9');
    const other = judge({ accepted: 930, hard: 70, failed: 70, complaints: 10 }, { state: same.state });
    expect(brief(other)).toBe('complaints 1.08');
  });

  it('is still warned', () => {
    expect(judge({ accepted: 930, hard: 70, failed: 70 }, { state: paused }).state.warnings).toEqual([
      { guard: 'hard-bounces', share: 7 },
    ]);
  });
});
