import { afterEach, describe, expect, it } from 'vitest';
import type { FaultPoint } from '../../server/src/delivery';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed, type BedOptions, type Tally } from './faults-bed';

const SLOTS = 8;
const SEED = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1e9));

interface Platform {
  name: string;
  options: Pick<BedOptions, 'database' | 'config'>;
  /** Fewer recipients and kills: the ledger is the same, only the SQL or the queue differs. */
  short?: boolean;
}

const { redis, postgres, mariadb } = services;
const platforms: Platform[] = [
  { name: 'embedded queue, SQLite', options: { database: 'sqlite' } },
  ...(redis && postgres
    ? [
        {
          name: 'Redis, PostgreSQL',
          options: { database: 'postgres' as const, config: { queue: { redis } } },
        },
      ]
    : []),
  ...(postgres
    ? [
        {
          name: 'PostgreSQL queue, PostgreSQL',
          options: { database: 'postgres' as const, config: { queue: { backend: 'postgres' as const } } },
          short: true,
        },
      ]
    : []),
  ...(redis && mariadb
    ? [
        {
          name: 'Redis, MariaDB',
          options: { database: 'mariadb' as const, config: { queue: { redis } } },
          short: true,
        },
      ]
    : []),
];

let bed: Bed;
afterEach(() => bed?.destroy());

/** Prints the comparison that the claim rests on, and holds us to it. */
function judge(what: string, kills: number, tally: Tally): void {
  const { states } = tally;
  const ours = ['accepted', 'bounced', 'failed', 'skipped', 'in_doubt'].map(
    (state) => `${state} ${states[state] ?? 0}`,
  );
  console.log(
    `ledger: ${what}: kills ${kills}, connections dropped after the dot ${tally.dropped}; ` +
      `receiver accepted ${tally.receiver}, twice ${tally.twice.length}; ` +
      `ours of ${tally.candidates}: ${ours.join(', ')}, unfinished ${tally.unfinished}`,
  );
  expect(tally.candidates).toBe(bed.recipients);
  expect(tally.twice).toEqual([]);
  expect(tally.denied).toEqual([]);
  expect(tally.invented).toEqual([]);
  expect(tally.unfinished).toBe(0);
  expect(states.in_doubt ?? 0).toBeLessThanOrEqual(kills * SLOTS + tally.dropped);
  const settled = ['accepted', 'bounced', 'failed', 'skipped', 'in_doubt'];
  expect(settled.reduce((sum, state) => sum + (states[state] ?? 0), 0)).toBe(tally.candidates);
}

const isSent = async () => (await bed.state()) === 'sent';

describe.each(platforms)('killed at a fixed point: $name', ({ name, options, short }) => {
  const points: { what: string; point: FaultPoint; nth: number }[] = [
    { what: 'during the freeze', point: 'frozen-page', nth: 1 },
    { what: 'after the claim', point: 'claimed', nth: 1 },
    { what: 'after the intent, before handing over', point: 'admitted', nth: 20 },
    { what: 'after the reply, before the outcome', point: 'replied', nth: 20 },
  ];

  it('nobody twice, nobody forgotten, at each point in turn', async () => {
    bed = await createBed({ recipients: short ? 160 : 300, ...options });
    for (const { point, nth } of points) {
      const child = await bed.start({ point, nth });
      await until(`a kill at ${point}`, () => child.signalCode === 'SIGKILL');
    }
    await bed.start();
    await until('the campaign is sent', isSent);
    judge(`${name}, fixed points`, points.length, await bed.tally());
  });

  if (short) return;
  it('after the message was written, before the reply', async () => {
    bed = await createBed({ recipients: 60, ...options });
    await bed.receiver.script({ stall: true });
    const child = await bed.start();
    await until('messages without a reply', () => bed.receiver.count() >= 5);
    await kill(child);
    await bed.receiver.script({});
    await bed.start();
    await until('the campaign is sent', isSent);
    const tally = await bed.tally();
    judge(`${name}, before the reply`, 1, tally);
    // The five that arrived are among those in doubt: that is what "in doubt" is for.
    expect(tally.states.in_doubt).toBeGreaterThanOrEqual(5);
  });
});

describe.each(platforms)('killed at random: $name', ({ name, options, short }) => {
  it('nobody twice, nobody forgotten', async () => {
    const random = randomFrom(SEED);
    bed = await createBed({
      recipients: short ? 400 : 1200,
      ...options,
      name: (n) => (n % 40 === 7 ? 'gone' : n % 40 === 11 ? 'lost' : 'person'),
    });
    await bed.receiver.script({
      refuse: { gone: '550 5.1.1 no such user' },
      dropAfterDot: ['lost'],
      delayMs: 4,
    });
    let kills = 0;
    for (; kills < (short ? 3 : 6); kills++) {
      const before = bed.receiver.count();
      const child = await bed.start();
      const enough = before + 1 + Math.floor(random() * 120);
      await until(
        'some messages, or the end',
        async () => bed.receiver.count() >= enough || (await isSent()),
      );
      await kill(child);
      if (await isSent()) break;
    }
    await bed.start();
    await until('the campaign is sent', isSent, 90);
    const tally = await bed.tally();
    judge(`${name}, random moments, seed ${SEED}`, kills, tally);
    const suppressed = await bed.db.knex('newsletter_suppressions').where({ reason: 'hard-bounce' });
    expect(suppressed).toHaveLength(tally.states.bounced ?? 0);
  });
});

/** mulberry32: the same moments again for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
