// npm run demo             a playground that stays up: Strapi with the plugin, invented subscribers, a local inbox
// npm run demo -- --check  the same without staying up: walks through the main job over HTTP, exit 0 only if all held
import { rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root } from './lib/install.mjs';

const checking = process.argv.includes('--check');

ensureInstalled();
const { startPlayground, adminToken, makeDkimKey, freePort, ADMIN } = await import('./lib/playground.mjs');
const { startInbox } = await import('./demo/inbox.mjs');
const { BOUNCE_DOMAIN } = await import('./demo/bounces.mjs');
const { createClient } = await import('./demo/client.mjs');

const folder = path.join(root, checking ? '.demo/check' : '.demo/data');
rmSync(folder, { recursive: true, force: true });
const dkimRecord = makeDkimKey(folder);
const bouncePort = await freePort();
const inbox = await startInbox({
  bouncePort,
  ...(checking ? {} : { httpPort: Number(process.env.INBOX_PORT ?? 8025) }),
});

/** @type {Awaited<ReturnType<typeof startPlayground>> | undefined} */
let strapi;
let failure = null;
try {
  strapi = await startPlayground({
    folder,
    panel: !checking,
    port: checking ? undefined : Number(process.env.PORT ?? 1337),
    smtpPort: inbox.smtpPort,
    env: {
      NEWSLETTER_CONFIG: JSON.stringify({
        bounce: { domain: BOUNCE_DOMAIN, listener: { host: '127.0.0.1', port: bouncePort } },
      }),
    },
  });
  const token = await adminToken(strapi.url);
  const client = createClient(strapi.url, token);
  if (checking) {
    const { check } = await import('./demo/check.mjs');
    await check({ url: strapi.url, client, inbox, dkimRecord });
  } else {
    const { seed, seedArticles, createLetter, createSegment, createRule } = await import('./demo/seed.mjs');
    console.log('Seeding …');
    const seeded = await seed(client, { people: 3_000 });
    await seedArticles(client);
    await createLetter(client, seeded, 'The harbour wakes up');
    await createRule(client, seeded, await createSegment(client));
    console.log(`
  Panel   ${strapi.url}/admin   ${ADMIN.email} / ${ADMIN.password}
  Inbox   ${inbox.url}          what the demo's mail server accepted

  A campaign waits as a draft: open it, send it, and watch the inbox. Some recipients are refused at once, some
  bounce later to the return path of their mail: see the report and Deliverability. A publish rule is on: an article
  that you publish in the Content Manager goes out by itself to the segment "Paying readers". Stop with Ctrl+C.
`);
    await new Promise((resolve) => {
      process.once('SIGINT', resolve);
      process.once('SIGTERM', resolve);
    });
  }
} catch (error) {
  failure = error;
} finally {
  if (failure && strapi) console.error(strapi.output().split('\n').slice(-60).join('\n'));
  await strapi?.stop();
  await inbox.close();
}

if (failure) {
  console.error(failure);
  console.log(`demo: ${/** @type {Error} */ (failure).message}`);
  process.exit(1);
}
if (checking) console.log('demo: ok');
