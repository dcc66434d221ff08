// npm run screenshots: takes the pictures of the README from a seeded playground. Needs a Chromium (TEST_CHROMIUM).
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { simpleParser } from 'mailparser';
import { openPanel } from '../tests/helpers/panel';
import { startPlayground } from '../tests/helpers/playground';
import { createClient, eventually } from './demo/client.mjs';
import { startInbox } from './demo/inbox.mjs';
import { createLetter, createRule, createSegment, seed } from './demo/seed.mjs';
import { root } from './lib/install.mjs';

const folder = path.join(root, 'docs/screenshots');
mkdirSync(folder, { recursive: true });

const inbox = await startInbox();
const playground = await startPlayground({ panel: true, smtpPort: inbox.smtpPort });
const panel = await openPanel(playground, process.env.TEST_CHROMIUM ?? '/usr/bin/chromium');
try {
  const client = createClient(playground.url, playground.token);
  const seeded = await seed(client, { people: 600 });
  const sent = await createLetter(client, seeded, 'The harbour wakes up');
  const draft = await createLetter(client, seeded, 'Tides and tables');
  await client.admin('POST', `/campaigns/${sent.documentId}/schedule`, { at: new Date().toISOString() });
  await eventually('the campaign to be sent', async () => {
    const { counts } = await client.admin('GET', `/campaigns/${sent.documentId}`);
    const settled = counts.accepted + counts.bounced + counts.failed + counts.skipped;
    return settled > 0 && counts.unfinished < 0.05 * counts.candidates;
  });
  // Whoever opens within five seconds of sending counts as a machine.
  await new Promise((resolve) => setTimeout(resolve, 7_000));
  await readLikePeople();
  await leaveLikePeople();

  const shoot = async (name: string) => {
    await panel.page.waitForLoadState('networkidle');
    // Strapi's own news, a moment after each page.
    const close = panel.page.getByRole('button', { name: /close|dismiss/i }).first();
    await close.waitFor({ timeout: 2_000 }).then(
      () => close.click(),
      () => {},
    );
    await panel.page.screenshot({ path: path.join(folder, `${name}.png`) });
  };
  await panel.open('overview');
  await shoot('overview');
  await panel.open(`campaigns/${sent.documentId}`);
  await shoot('report');
  await panel.open('subscribers?status=unsubscribed');
  await shoot('left');
  await panel.open('deliverability/rates?by=destination');
  await panel.page.getByRole('img', { name: /Bounce rate/ }).waitFor();
  await shoot('deliverability');
  await panel.open(`campaigns/${draft.documentId}`);
  await panel.page.frameLocator('iframe').first().locator('body').waitFor();
  await shoot('editor');
  const segment = await createSegment(client);
  await panel.open(`segments/${segment.documentId}`);
  await panel.page.getByText(/can be mailed/).waitFor();
  await shoot('segment');
  const rule = await createRule(client, seeded, segment);
  await client.publish({
    title: 'The ferry stops here now',
    summary: 'A new pier, and a timetable to match.',
  });
  await panel.open(`rules/${rule.documentId}`);
  await shoot('rule');
} finally {
  await panel.close();
  await playground.stop();
  await inbox.close();
}

/** Some say on the page behind the link why they leave, one uses the button of the mail program. */
async function leaveLikePeople(): Promise<void> {
  const forms = [
    { from: 'page', reason: 'too-often' },
    { from: 'page', reason: 'other', note: 'I moved away from the coast' },
    { 'List-Unsubscribe': 'One-Click' },
    { from: 'page', reason: 'not-relevant' },
  ];
  for (const mail of inbox.all().slice(0, forms.length)) {
    const { html } = await simpleParser(mail.raw);
    const link = /https?:\/\/[^\s"<>]+\/api\/newsletter\/unsubscribe\/[\w-]+/.exec(String(html))![0];
    const form = Object.entries(forms.shift()!) as [string, string][];
    await fetch(link, { method: 'POST', body: new URLSearchParams(form) });
  }
}

/** Some readers open, fewer click: through the links of the mails that arrived. */
async function readLikePeople(): Promise<void> {
  const mails = inbox.all().filter(({ id }) => id % 3 !== 0);
  for (const [index, mail] of mails.entries()) {
    const { html } = await simpleParser(mail.raw);
    const links = [...String(html).matchAll(/https?:\/\/[^\s"<>]+\/api\/newsletter\/(open|click)\/[\w-]+/g)];
    const open = links.find(([, route]) => route === 'open')?.[0];
    const click = links.filter(([, route]) => route === 'click')[index % 3]?.[0];
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
    };
    if (open) await fetch(open, { headers });
    if (click && index % 4 === 0) await fetch(click, { headers, redirect: 'manual' });
  }
}
