import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addPerson } from '../../../server/src/audience';
import type { MailboxConfig, NewsletterConfigInput } from '../../../server/src/config';
import type { Context } from '../../../server/src/context';
import { takeMail, type InboundMail, type InboundResult } from '../../../server/src/feedback/inbound';
import { watchMailbox, type MailboxWatcher } from '../../../server/src/feedback/inbound/mailbox';
import { readSources, readSuppression, TABLE } from '../../../server/src/storage';
import { layCable, type Cable } from '../../helpers/cable';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase, type TestDatabase } from '../../helpers/database';
import { startDovecot, type Dovecot } from '../../helpers/dovecot';
import { waitFor } from '../../helpers/processes';
import { services } from '../../helpers/services';
import { addDelivery } from '../audience/support';
import { deliveryReport, mail } from './reports';

type MailboxInput = NonNullable<NonNullable<NewsletterConfigInput['bounce']>['mailboxes']>[number];

describe.skipIf(!services.dovecot)('a mailbox at Dovecot', () => {
  let dovecot: Dovecot;
  let db: TestDatabase;
  const running: MailboxWatcher[] = [];
  const cables: Cable[] = [];
  let next = 0;

  beforeAll(async () => {
    dovecot = await startDovecot(services.dovecot!);
    db = await createTestDatabase();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((watcher) => watcher.stop()));
    await Promise.all(cables.splice(0).map((cable) => cable.close()));
  });
  afterAll(async () => {
    await dovecot?.stop();
    await db?.destroy();
  });

  async function contextWith(
    over: Partial<MailboxInput> = {},
  ): Promise<{ ctx: Context; config: MailboxConfig }> {
    next += 1;
    const mailbox = {
      name: `box${next}`,
      host: '127.0.0.1',
      port: dovecot.port,
      auth: { user: `user${next}`, pass: 'secret' },
      tls: { ca: dovecot.ca },
      ...over,
    };
    const ctx = await createTestContext(db.knex, {
      bounce: { domain: 'bounce.example.com', mailboxes: [mailbox] },
    });
    ctx.log = { debug() {}, info() {}, warn() {}, error() {} };
    return { ctx, config: ctx.config.bounce.mailboxes[0]! };
  }

  type Take = (mail: InboundMail) => Promise<InboundResult>;
  function watch(
    ctx: Context,
    config: MailboxConfig,
    take: Take = (raw) => takeMail(ctx, raw),
    leaseMs = 60_000,
  ) {
    const watcher = watchMailbox(ctx, config, take, { leaseMs });
    running.push(watcher);
    return watcher;
  }

  /** A bounce of somebody's mail. */
  async function bounceOf(ctx: Context, name: string) {
    const email = `${name}.${next}@example.net`;
    await addPerson(ctx, { email, consent: true }, { source: 'admin' });
    const id = await addDelivery(ctx, email, { campaign_id: `campaign-${name}-${next}` });
    const original = `Message-ID: <${ctx.tokens.messageIdLocal(id)}@example.com>`;
    const hash = ctx.tokens.addressHash(email);
    return {
      id,
      raw: deliveryReport({ about: [{ recipient: email }], original }),
      suppressed: async () => (await readSuppression(db.knex, hash))?.reason ?? null,
    };
  }
  const effects = async (ctx: Context) =>
    (await ctx.knex(TABLE.feedback).where({ source: ctx.config.bounce.mailboxes[0]!.name })).map((row) =>
      String(row.result),
    );
  const userOf = ({ auth }: MailboxConfig) => auth.user;

  it('takes what is there, and what comes later without waiting for the next poll', async () => {
    const { ctx, config } = await contextWith({ pollSeconds: 3600 });
    const user = userOf(config);
    const [first, second] = [await bounceOf(ctx, 'first'), await bounceOf(ctx, 'second')];
    dovecot.drop(user, first.raw);
    watch(ctx, config);
    await waitFor(() => dovecot.count(user) === 0);
    expect(await first.suppressed()).toBe('hard-bounce');
    await waitFor(() => dovecot.count(user, '.Newsletter done') === 1);
    dovecot.drop(user, second.raw);
    await waitFor(() => dovecot.count(user, '.Newsletter done') === 2);
    expect(await second.suppressed()).toBe('hard-bounce');
  });

  it('notices new mail by polling, too', async () => {
    const { ctx, config } = await contextWith({ pollSeconds: 0.3 });
    const { raw, suppressed } = await bounceOf(ctx, 'polled');
    watch(ctx, config);
    await waitFor(async () => (await readSources(db.knex)).some(({ name }) => name === config.name));
    dovecot.drop(userOf(config), raw);
    await waitFor(async () => (await suppressed()) === 'hard-bounce');
  });

  it('deletes what is ours when told to, and keeps what is not', async () => {
    const { ctx, config } = await contextWith({ after: 'delete', moveTo: 'Kept' });
    const user = userOf(config);
    dovecot.drop(user, (await bounceOf(ctx, 'deleted')).raw);
    dovecot.drop(user, mail(['From: a@example.org', 'Subject: Lunch?'], 'Tomorrow at noon?'));
    dovecot.drop(user, deliveryReport({ about: [{ recipient: 'stranger@example.net' }] }));
    const { id } = await bounceOf(ctx, 'answered');
    const reply = `In-Reply-To: <${ctx.tokens.messageIdLocal(id)}@example.com>`;
    dovecot.drop(user, mail(['From: b@example.org', 'Subject: Re: News', reply], 'When do you open?'));
    dovecot.drop(user, mail(['From: c@example.org', 'Subject: Out of office', reply], 'Back on Monday.'));
    watch(ctx, config);
    await waitFor(() => dovecot.count(user) === 0 && dovecot.count(user, '.Kept') === 3);
    expect((await effects(ctx)).sort()).toEqual(['applied', 'ignored', 'unmatched']);
  });

  it('has no second effect when the connection is lost between the effect and the removal', async () => {
    const cable = await layCable(dovecot.port);
    cables.push(cable);
    const { ctx, config } = await contextWith({ port: cable.port });
    const user = userOf(config);
    const { raw, suppressed } = await bounceOf(ctx, 'cut');
    dovecot.drop(user, raw);
    const results: InboundResult[] = [];
    watch(ctx, config, async (inbound) => {
      const result = await takeMail(ctx, inbound);
      results.push(result);
      if (results.length === 1) cable.cut();
      return result;
    });
    await waitFor(() => dovecot.count(user, '.Newsletter done') === 1);
    expect(results.map(({ outcome }) => outcome)).toEqual(['taken', 'ignored']);
    expect(await suppressed()).toBe('hard-bounce');
    expect(await effects(ctx)).toEqual(['applied']);
    expect(cable.made()).toBe(2);
  });

  it('has no second effect when the server forgets its UIDs, and takes mails again that it did not remove', async () => {
    const { ctx, config } = await contextWith();
    const user = userOf(config);
    const { raw } = await bounceOf(ctx, 'uids');
    dovecot.drop(user, raw);
    const first = watch(ctx, config);
    await waitFor(() => dovecot.count(user, '.Newsletter done') === 1);
    await first.stop();
    dovecot.drop(user, raw);
    dovecot.forgetUids(user);
    watch(ctx, config);
    await waitFor(() => dovecot.count(user, '.Newsletter done') === 2);
    expect(await effects(ctx)).toEqual(['applied']);
  });

  it('leaves a mail where it is while the database is away', async () => {
    const { ctx, config } = await contextWith();
    const user = userOf(config);
    const { raw, suppressed } = await bounceOf(ctx, 'away');
    dovecot.drop(user, raw);
    let away = true;
    let asked = 0;
    watch(ctx, config, async (inbound) => {
      asked += 1;
      if (away) throw new Error('connect ECONNREFUSED');
      return takeMail(ctx, inbound);
    });
    await waitFor(() => asked > 0);
    expect(dovecot.count(user)).toBe(1);
    away = false;
    await waitFor(() => dovecot.count(user) === 0);
    expect(await suppressed()).toBe('hard-bounce');
  });

  it('puts a mail aside that fails each time, and says so, and goes on with the next', async () => {
    const { ctx, config } = await contextWith();
    const user = userOf(config);
    const { raw, suppressed } = await bounceOf(ctx, 'behind');
    dovecot.drop(user, mail(['Subject: poison'], 'x'));
    watch(ctx, config, async (inbound) => {
      if (inbound.raw.includes('poison')) throw new Error('cannot be parsed');
      return takeMail(ctx, inbound);
    });
    dovecot.drop(user, raw);
    await waitFor(() => dovecot.count(user) === 0);
    await waitFor(() => dovecot.count(user, '.Newsletter failed') === 1);
    await waitFor(async () => (await suppressed()) === 'hard-bounce');
    await waitFor(async () =>
      (await readSources(db.knex)).some(
        ({ name, lastError }) => name === config.name && lastError?.includes('3 tries'),
      ),
    );
  });

  it('reads no more of a mail than allowed, and empties a large folder page by page', async () => {
    const { ctx, config } = await contextWith({ maxSizeKib: 16 });
    const user = userOf(config);
    const sizes: number[] = [];
    dovecot.drop(user, mail(['Subject: huge'], 'x\n'.repeat(500_000)));
    for (let n = 0; n < 120; n++) dovecot.drop(user, mail([`Subject: ${n}`], 'x'));
    watch(ctx, config, async ({ raw }) => {
      sizes.push(raw.length);
      return { outcome: 'ignored', why: 'test' };
    });
    await waitFor(() => dovecot.count(user) === 0);
    expect(sizes).toHaveLength(121);
    expect(Math.max(...sizes)).toBe(16 * 1024);
  });

  it('is read by one process at a time; another one takes over when that stops, or dies', async () => {
    const { ctx, config } = await contextWith();
    const user = userOf(config);
    const by: string[] = [];
    const noted =
      (name: string): Take =>
      async () => {
        by.push(name);
        return { outcome: 'ignored', why: 'test' };
      };
    const one = watch(ctx, config, noted('one'), 4_500);
    dovecot.drop(user, mail(['Subject: 1'], 'x'));
    await waitFor(() => by.length === 1);
    watch(ctx, config, noted('two'), 4_500);
    dovecot.drop(user, mail(['Subject: 2'], 'x'));
    await waitFor(() => by.length === 2);
    expect(by).toEqual(['one', 'one']);
    await one.stop();
    dovecot.drop(user, mail(['Subject: 3'], 'x'));
    await waitFor(() => by.length === 3);
    expect(by[2]).toBe('two');
    // Somebody has the lease who is not there any more.
    await Promise.all(running.splice(0).map((watcher) => watcher.stop()));
    await db
      .knex(TABLE.inboundMailboxes)
      .where({ name: config.name })
      .update({ holder: 'dead', lease_until: Date.now() + 700 });
    dovecot.drop(user, mail(['Subject: 4'], 'x'));
    watch(ctx, config, noted('three'), 4_500);
    await waitFor(() => by.length === 4);
    expect(by[3]).toBe('three');
  });

  it('says what is wrong: login, folder, server, certificate', async () => {
    const wrong: [Partial<MailboxInput>, RegExp][] = [
      [{ auth: { user: 'somebody', pass: 'wrong' } }, /refuses the login/],
      [{ folder: 'Nowhere' }, /Nowhere/],
      [{ port: 1 }, /ECONNREFUSED/],
      [{ tls: {} }, /self-signed certificate/],
    ];
    const made = [];
    for (const [over, sentence] of wrong) made.push({ ...(await contextWith(over)), sentence });
    for (const { ctx, config } of made) watch(ctx, config);
    for (const { config, sentence } of made) {
      const told = async () =>
        (await readSources(db.knex)).find(({ name }) => name === config.name)?.lastError ?? '';
      await waitFor(
        async () => sentence.test(await told()),
        () => `no sentence for ${String(sentence)}`,
      );
    }
  });

  it('upgrades a connection by STARTTLS before it says its password', async () => {
    const { ctx, config } = await contextWith({ port: dovecot.plainPort, secure: false });
    const { raw, suppressed } = await bounceOf(ctx, 'starttls');
    dovecot.drop(userOf(config), raw);
    watch(ctx, config);
    await waitFor(async () => (await suppressed()) === 'hard-bounce');
  });

  it('logs in with tokens that it gets by a refresh token, and gets a new one when one is refused', async () => {
    let given = 0;
    const provider = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const form = new URLSearchParams(body);
        response.setHeader('content-type', 'application/json');
        if (request.url === '/token') {
          given += 1;
          response.statusCode = form.get('refresh_token') === 'refresh' ? 200 : 400;
          response.end(JSON.stringify({ access_token: `token${given}`, expires_in: 3600 }));
        } else {
          // The first token is no good any more.
          const active = form.get('token') === 'token2';
          response.end(JSON.stringify({ active, user: active ? 'tokens' : '' }));
        }
      });
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    const server = await startDovecot(services.dovecot!, `${url}/introspect`);
    try {
      const { ctx, config } = await contextWith({
        port: server.port,
        tls: { ca: server.ca },
        auth: { user: 'tokens', clientId: 'us', refreshToken: 'refresh', accessUrl: `${url}/token` },
      });
      const { raw, suppressed } = await bounceOf(ctx, 'oauth');
      server.drop('tokens', raw);
      const watcher = watch(ctx, config);
      await waitFor(async () => (await suppressed()) === 'hard-bounce');
      expect(given).toBe(2);
      await watcher.stop();
    } finally {
      await server.stop();
      await new Promise((resolve) => provider.close(resolve));
    }
  });

  it('comes back after the server was away', async () => {
    const cable = await layCable(dovecot.port);
    cables.push(cable);
    const { ctx, config } = await contextWith({ port: cable.port });
    const user = userOf(config);
    const { raw, suppressed } = await bounceOf(ctx, 'back');
    watch(ctx, config);
    await waitFor(() => cable.made() === 1);
    cable.break();
    dovecot.drop(user, raw);
    cable.mend();
    await waitFor(async () => (await suppressed()) === 'hard-bounce');
  });
});
