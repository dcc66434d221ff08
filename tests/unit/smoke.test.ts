import { expect, it } from 'vitest';
import { createTestDatabase } from '../helpers/database';
import { createTestContext } from '../helpers/context';
it('opens a test database', async () => {
  const db = await createTestDatabase();
  const ctx = await createTestContext(db.knex);
  expect(ctx.tokens.readMessageId(`<${ctx.tokens.messageIdLocal(300)}@x.org>`)).toBe(300);
  await db.destroy();
});
