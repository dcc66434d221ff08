import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { TABLE } from './tables';
import { pieces } from './transaction';

/** A token is kept for longer than its signature counts. */
const KEPT = 24 * 3_600_000;
/** One in so many new tokens makes room, for more than so many: the table has the tokens of about a day at most. */
const MAKES_ROOM = 100;
const FORGOTTEN_AT_ONCE = 500;

/**
 * Binds the token of a genuine signature that does not cover its body to the first content that came with it, for all
 * processes: whoever saw a request cannot sign another with it. The same content may come again, since a provider whose
 * request failed half way sends it again.
 * @returns false: the token came with something else before
 */
export async function bindWebhookToken(
  db: Knex,
  { provider, token, content }: { provider: string; token: string; content: string },
  now = Date.now(),
): Promise<boolean> {
  const row = { token: sha256(`${provider}\n${token}`), content: sha256(content) };
  await db(TABLE.webhookTokens)
    .insert({ ...row, received_at: now })
    .onConflict('token')
    .ignore();
  if (parseInt(row.token.slice(0, 8), 16) % MAKES_ROOM === 0) await forgetOld(db, now - KEPT);
  return (await db(TABLE.webhookTokens).where(row).first('token')) !== undefined;
}

async function forgetOld(db: Knex, before: number): Promise<void> {
  const old: { token: string }[] = await db(TABLE.webhookTokens)
    .where('received_at', '<', before)
    .limit(FORGOTTEN_AT_ONCE)
    .select('token');
  for (const some of pieces(old)) {
    await db(TABLE.webhookTokens)
      .whereIn(
        'token',
        some.map(({ token }) => token),
      )
      .delete();
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
