import createKnex from 'knex';
import { afterEach, describe, expect, it } from 'vitest';
import { addPerson } from '../../../server/src/audience';
import { takeMail } from '../../../server/src/feedback/inbound';
import { startListener } from '../../../server/src/feedback/inbound/listener';
import { readSuppression, TABLE } from '../../../server/src/storage';
import { layCable } from '../../helpers/cable';
import { createTestContext } from '../../helpers/context';
import { createTestDatabase } from '../../helpers/database';
import { services } from '../../helpers/services';
import { SmtpClient } from '../../helpers/smtp-client';
import { addDelivery } from '../audience/support';
import { deliveryReport } from './reports';

/** knex says each broken connection on the console. */
const QUIET = { warn() {}, error() {}, debug() {}, deprecate() {} };
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

describe.skipIf(!services.postgres)('the SMTP listener without its PostgreSQL', () => {
  it('asks the sender to come back, and takes the mail then, with one effect', async () => {
    const db = await createTestDatabase('postgres');
    cleanUp.push(() => db.destroy());
    const url = new URL(String(db.knexConfig.connection));
    const cable = await layCable(Number(url.port));
    cleanUp.push(() => cable.close());
    url.port = String(cable.port);
    const knex = createKnex({
      ...db.knexConfig,
      connection: url.href,
      acquireConnectionTimeout: 3_000,
      log: QUIET,
    });
    cleanUp.push(() => knex.destroy());
    const ctx = await createTestContext(knex, {
      bounce: { domain: 'bounce.example.com', listener: { host: '127.0.0.1', port: 0 } },
    });
    ctx.log = { debug() {}, info() {}, warn() {}, error() {} };
    const email = 'reader@example.net';
    await addPerson(ctx, { email, consent: true }, { source: 'admin' });
    const id = await addDelivery(ctx, email);
    const to = `${ctx.tokens.bounceLocal(id)}@bounce.example.com`;
    const report = deliveryReport({ about: [{ recipient: email }] }).toString();
    const listener = await startListener(ctx, ctx.config.bounce.listener!, (mail) => takeMail(ctx, mail));
    cleanUp.push(() => listener.close());
    const client = await SmtpClient.open(listener.port);
    cleanUp.push(() => client.close());

    cable.break();
    await client.say('MAIL FROM:<>');
    expect(await client.say(`RCPT TO:<${to}>`), 'at the recipient').toMatch(/^451 4\.3\.0 /);
    cable.mend();
    await client.say('RSET');
    for (const line of ['MAIL FROM:<>', `RCPT TO:<${to}>`, 'DATA'])
      expect(await client.say(line)).toMatch(/^[23]/);
    cable.break();
    expect(await client.say(`${report}\r\n.`), 'at the end of the mail').toMatch(/^451 4\.3\.0 /);
    cable.mend();
    expect(await readSuppression(db.knex, ctx.tokens.addressHash(email))).toBeNull();

    expect(await client.mail('', to, report)).toMatch(/^250 /);
    expect(await client.mail('', to, report)).toMatch(/^250 /);
    expect(await readSuppression(db.knex, ctx.tokens.addressHash(email))).toMatchObject({
      reason: 'hard-bounce',
    });
    expect(await db.knex(TABLE.feedback)).toHaveLength(1);
  });
});
