import { afterEach, describe, expect, it } from 'vitest';
import type { FaultPoint } from '../../server/src/delivery';
import { services } from '../helpers/services';
import { createBed, kill, until, type Bed, type BedOptions } from './faults-bed';
import { judge, KILLS, SEED } from './faults-judge';

/** `npm run test:faults` shares its kills among the four platforms that are not short; the rest are at fixed points. */
const RANDOM_KILLS = KILLS === null ? 6 : Math.max(1, Math.round(KILLS / 4) - 5);
const MINUTES = 60_000;

interface Platform {
  name: string;
  options: Pick<BedOptions, 'database' | 'config'>;
  /** At random moments the receiver offers CHUNKING: several whole messages are on one connection. */
  chunking?: boolean;
  /** Fewer recipients and kills: the ledger is the same, only the SQL or the queue differs. */
  short?: boolean;
}

const { redis, postgres, mariadb } = services;
const withoutEvidence = { worker: { evidence: { enabled: false } } };
const onRedis = { queue: { redis: redis ?? '' } };
const platforms: Platform[] = [
  { name: 'embedded queue, SQLite', options: { database: 'sqlite' } },
  ...(redis && postgres
    ? [
        {
          name: 'Redis, PostgreSQL',
          options: { database: 'postgres' as const, config: onRedis },
          chunking: true,
        },
      ]
    : []),
];
const others: Platform[] = [
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
          name: 'Redis, MariaDB, no evidence',
          options: { database: 'mariadb' as const, config: { ...onRedis, ...withoutEvidence } },
          short: true,
        },
      ]
    : []),
];
const cases =
  KILLS === null
    ? [...platforms, ...others]
    : platforms.flatMap(({ name, options, chunking = false }) => [
        { name: `${name}, evidence`, options, chunking },
        {
          name: `${name}, no evidence`,
          options: { ...options, config: { ...options.config, ...withoutEvidence } },
          chunking: !chunking,
        },
      ]);

let bed: Bed;
afterEach(() => bed?.destroy());

const isSent = async () => (await bed.state()) === 'sent';

describe.each(cases)('killed at a fixed point: $name', ({ name, options, short }: Platform) => {
  const points: { what: string; point: FaultPoint; nth: number }[] = [
    { what: 'during the freeze', point: 'frozen-page', nth: 1 },
    { what: 'after the claim', point: 'claimed', nth: 1 },
    { what: 'after the intent, before handing over', point: 'admitted', nth: 20 },
    // Never comes by without evidence: then in place of it another one after the intent.
    options.config?.worker?.evidence?.enabled === false
      ? { what: 'after the intent, once more', point: 'admitted', nth: 33 }
      : { what: 'after the note in the evidence, before the last octets', point: 'noted', nth: 20 },
    { what: 'after the reply, before the outcome', point: 'replied', nth: 20 },
  ];

  it('nobody twice, nobody forgotten, at each point in turn', { timeout: 10 * MINUTES }, async () => {
    bed = await createBed({ recipients: short ? 160 : 300, ...options });
    for (const { point, nth } of points) {
      const child = await bed.start({ fault: { point, nth } });
      await until(`a kill at ${point}`, () => child.signalCode === 'SIGKILL');
      await bed.died(child);
    }
    await bed.start();
    await until('the campaign is sent', isSent);
    judge(bed, `${name}, fixed points`, points.length, await bed.tally());
  });

  if (short) return;
  it('after the message was written, before the reply', async () => {
    bed = await createBed({ recipients: 60, ...options });
    await bed.receiver.script({ stall: true });
    const child = await bed.start();
    await until('messages without a reply', () => bed.receiver.count() >= 5);
    await kill(child);
    await bed.died(child);
    await bed.receiver.script({});
    await bed.start();
    await until('the campaign is sent', isSent);
    const tally = await bed.tally();
    judge(bed, `${name}, before the reply`, 1, tally);
    // The five that arrived are among those in doubt: that is what "in doubt" is for.
    expect(tally.doubt.arrived).toBeGreaterThanOrEqual(5);
    // Of the others, which waited for a connection, the evidence says that they never left.
    const isSure = options.config?.worker?.evidence?.enabled !== false;
    if (isSure && process.platform === 'linux') expect(tally.doubt.notArrived).toBe(0);
  });
});

describe.each(cases)('killed at random: $name', ({ name, options, short, chunking = false }: Platform) => {
  const kills = short ? 3 : RANDOM_KILLS;
  const recipients = short ? 400 : KILLS === null ? 1200 : Math.max(2000, kills * 110);

  it(
    'nobody twice, nobody forgotten',
    async () => {
      const random = randomFrom(SEED);
      bed = await createBed({
        recipients,
        chunking,
        ...options,
        name: (n) => (n % 40 === 7 ? 'gone' : n % 40 === 11 ? 'lost' : 'person'),
      });
      await bed.receiver.script({
        refuse: { gone: '550 5.1.1 no such user' },
        dropAfterDot: ['lost'],
        delayMs: 4,
      });
      let killed = 0;
      for (; killed < kills; killed++) {
        const before = bed.receiver.count();
        const child = await bed.start();
        // Some by the clock: they meet starts, freezes, recoveries and pauses as well. A fast machine must not end the campaign.
        if (killed % 4 === 3) {
          const at = Date.now() + random() * 1500;
          await until(
            'a moment, or many messages',
            () => Date.now() >= at || bed.receiver.count() >= before + 150,
          );
        } else {
          const enough = before + 1 + Math.floor(random() * 120);
          await until(
            'some messages, or the end',
            async () => bed.receiver.count() >= enough || (await isSent()),
          );
        }
        await kill(child);
        await bed.died(child);
        if (await isSent()) break;
      }
      expect(killed).toBe(kills);
      await bed.start();
      await until('the campaign is sent', isSent, 240);
      const tally = await bed.tally();
      const how = chunking ? 'CHUNKING' : 'DATA';
      judge(bed, `${name}, ${how}, random moments, seed ${SEED}`, killed, tally);
      const suppressed = await bed.db.knex('newsletter_suppressions').where({ reason: 'hard-bounce' });
      expect(suppressed).toHaveLength(tally.states.bounced ?? 0);
    },
    KILLS === null ? 10 * MINUTES : 60 * MINUTES,
  );
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
