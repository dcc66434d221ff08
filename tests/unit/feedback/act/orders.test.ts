import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addPerson } from '../../../../server/src/audience';
import type { Context } from '../../../../server/src/context';
import { takeFeedback, type FeedbackItem } from '../../../../server/src/feedback/act';
import { readSuppression, TABLE } from '../../../../server/src/storage';
import { createTestContext } from '../../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../../helpers/database';
import { addDelivery, addList, hashOf, personOf } from '../../audience/support';
import { BLOCKED, complaint, FULL, item } from './support';

let db: TestDatabase;
let ctx: Context;
let list: string;
let people = 0;
let announced: string[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  ctx = {
    ...(await createTestContext(db.knex)),
    emit: (name, payload) => void announced.push(`${name} ${(payload as { via?: string }).via ?? ''}`),
  };
  list = await addList(db.knex, 'news');
});
afterAll(() => db.destroy());

/** What can be said of a mail that was accepted; how it failed, if it did, is one of three. */
const KINDS = {
  bounce: { hard: {}, soft: FULL, block: BLOCKED },
  others: ['complaint', 'unsubscribe', 'delivered', 'delayed', 'auto-reply', 'not-spam'],
} as const;
type Bounce = keyof typeof KINDS.bounce;
type Said = 'bounce' | (typeof KINDS.others)[number];

/** One report: what it says, and by which way; the same way has the same event id. */
interface Told {
  said: Said;
  way: 'listener' | 'mailbox' | 'webhook';
}

const SILENT = { severity: 'none', class: 'other', replyCode: null, status: null, text: null } as const;

function itemOf({ said, way }: Told, deliveryId: number, bounce: Bounce): FeedbackItem {
  const common = {
    deliveryId,
    source: { way, name: 'one' },
    eventId: `${deliveryId}.${said}`,
    // Each reporter its own: what floods is held, which is another test.
    reporter: `${deliveryId}.example.com`,
  };
  if (said === 'bounce') return item({ ...common, ...KINDS.bounce[bounce] });
  return said === 'complaint' ? complaint(common) : item({ ...common, kind: said, ...SILENT });
}

/** Gives a new person's mail these reports, in these calls, and tells what is then so. */
async function outcome(calls: readonly (readonly Told[])[], bounce: Bounce) {
  const email = `person${people++}@example.com`;
  await addPerson(ctx, { email, lists: [list], consent: true }, { source: 'admin' });
  const id = await addDelivery(ctx, email, { campaign_id: `campaign${people}` });
  announced = [];
  for (const call of calls)
    await takeFeedback(
      ctx,
      call.map((told) => itemOf(told, id, bounce)),
    );
  const person = (await personOf(ctx, email))!;
  const delivery = await db.knex(TABLE.deliveries).where({ id }).first('state', 'reason');
  const events: { type: string }[] = await db.knex(TABLE.events).where({ delivery_id: id }).select('type');
  const subscriptions: { status: string }[] = await db
    .knex(TABLE.subscriptions)
    .where({ subscriber_id: person.documentId })
    .select('status');
  return {
    status: person.status,
    suppressed: (await readSuppression(db.knex, hashOf(ctx, email)))?.reason ?? null,
    delivery,
    events: events.map(({ type }) => type).sort(),
    subscriptions: subscriptions.map(({ status }) => status),
    announced: announced.length,
  };
}

const bounces = fc.constantFrom<Bounce>('hard', 'soft', 'block');
const said = fc.constantFrom<Said>('bounce', ...KINDS.others);
const ways = fc.constantFrom<Told['way']>('listener', 'mailbox', 'webhook');
const reports = fc.array(fc.record({ said, way: ways }), { minLength: 1, maxLength: 6 });

it('the same reports again, whichever and wherever, change nothing', async () => {
  const again = reports.chain((once) =>
    fc.record({
      once: fc.constant(once),
      // Copies stand behind their originals, some in the same call.
      copies: fc.array(fc.record({ of: fc.nat(once.length - 1), later: fc.nat(once.length) }), {
        maxLength: 6,
      }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(again, bounces, async ({ once, copies }, bounce) => {
      const calls = once.map((told, nth) => [
        told,
        ...copies
          .filter(({ of, later }) => Math.min(of + later, once.length - 1) === nth)
          .map(({ of }) => once[of]!),
      ]);
      const single = await outcome(
        once.map((told) => [told]),
        bounce,
      );
      expect(await outcome(calls, bounce)).toEqual(single);
    }),
    { numRuns: 30 },
  );
}, 60_000);

/** Who had complained before has nothing left to leave: only their leaving first is an event and is announced. */
const lasting = ({ announced: _, events, ...rest }: Awaited<ReturnType<typeof outcome>>) => ({
  ...rest,
  events: events.filter((type) => type !== 'unsubscribe'),
});

it('the same reports in another order, and of all ways together, come to the same', async () => {
  const shuffled = fc
    .uniqueArray(fc.record({ said, way: ways }), {
      minLength: 2,
      maxLength: 6,
      selector: (t) => `${t.said} ${t.way}`,
    })
    .chain((once) => fc.tuple(fc.constant(once), fc.shuffledSubarray(once, { minLength: once.length })));
  await fc.assert(
    fc.asyncProperty(shuffled, bounces, async ([once, order], bounce) => {
      const one = await outcome(
        once.map((told) => [told]),
        bounce,
      );
      const other = await outcome([order], bounce);
      expect(lasting(other)).toEqual(lasting(one));
    }),
    { numRuns: 30 },
  );
}, 60_000);
