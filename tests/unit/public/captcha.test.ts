import { solveChallenge, type createChallenge } from 'altcha-lib';
import { describe, expect, it } from 'vitest';
import { makeChallenge, solves } from '../../../server/src/http/public/captcha';
import { createTokens } from '../../../server/src/tokens';

const ctx = { tokens: createTokens({ tokens: ['t'.repeat(40)], pepper: 'p'.repeat(40) }) };
const other = { tokens: createTokens({ tokens: ['u'.repeat(40)], pepper: 'p'.repeat(40) }) };
type Challenge = Awaited<ReturnType<typeof createChallenge>>;

async function solved(challenge: Challenge, change: object = {}): Promise<string> {
  const { promise } = solveChallenge(challenge.challenge, challenge.salt, 'SHA-256', challenge.maxnumber);
  const { algorithm, challenge: hash, salt, signature } = challenge;
  const payload = { algorithm, challenge: hash, number: (await promise)!.number, salt, signature, ...change };
  return Buffer.from(JSON.stringify(payload)).toString('base64');
}

describe('the captcha', () => {
  it('takes a solution once', async () => {
    const payload = await solved(await makeChallenge(ctx));
    expect(await solves(ctx, payload)).toBe(true);
    expect(await solves(ctx, payload)).toBe(false);
  });

  it('takes no expired, foreign or altered one', async () => {
    expect(await solves(ctx, await solved(await makeChallenge(ctx, Date.now() - 3_600_000)))).toBe(false);
    expect(await solves(ctx, await solved(await makeChallenge(other)))).toBe(false);
    const fresh = await makeChallenge(ctx);
    expect(await solves(ctx, await solved(fresh, { number: 50_001 }))).toBe(false);
    expect(await solves(ctx, await solved(fresh, { salt: `${fresh.salt}expires=9999999999&` }))).toBe(false);
    expect(await solves(ctx, await solved(fresh, { algorithm: 'SHA-1' }))).toBe(false);
    expect(await solves(ctx, await solved(fresh))).toBe(true);
  });

  it.each([undefined, null, '', 'x', 'e30=', 42, ['a'], 'A'.repeat(5000), 'bnVsbA=='])(
    'takes no %j',
    async (payload) => {
      expect(await solves(ctx, payload)).toBe(false);
    },
  );
});
