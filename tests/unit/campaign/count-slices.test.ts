import { expect, it } from 'vitest';
import { audienceZones, countAudience } from '../../../server/src/audience';
import { TABLE } from '../../../server/src/storage';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase } from '../../helpers/database';
import { addList, addPeople, toLists } from './fixtures';

it('counts an audience on SQLite in slices, between which others have their turn', async () => {
  const db = await createTestDatabase('sqlite');
  try {
    const { knex } = db;
    const ctx = await createTestContext(knex);
    expect(await countAudience(ctx, toLists(['nobody']))).toMatchObject({ matched: 0, recipients: 0 });
    const list = await addList(knex, 'news');
    const people = Array.from({ length: 2500 }, (_, at) => ({
      email: `p${at}@example.org`,
      lists: at % 2 === 0 ? [list] : [],
      status: at % 100 === 0 ? 'bounced' : 'subscribed',
    }));
    await addPeople(ctx, people);
    await knex(TABLE.subscribers).whereRaw('id % 4 = 1').update({ timezone: 'Asia/Tokyo' });

    const slices: string[] = [];
    knex.on('query', ({ sql }: { sql: string }) => void (/refusal/.test(sql) && slices.push(sql)));
    expect(await countAudience(ctx, toLists([list]))).toEqual({
      matched: 1250,
      suppressed: 25,
      duplicates: 0,
      recipients: 1225,
    });
    expect(slices.length).toBeGreaterThan(1);
    const zones = await audienceZones(ctx, toLists([list]));
    expect(new Map(zones.map(({ zone, people: count }) => [zone, count]))).toEqual(
      new Map([
        ['Asia/Tokyo', 600],
        [null, 625],
      ]),
    );
    expect(zones).toHaveLength(2);
  } finally {
    await db.destroy();
  }
});
