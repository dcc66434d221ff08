import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { simpleParser } from 'mailparser';
import { BOUNCE_DOMAIN, isRefusedLate } from './bounces.mjs';
import { eventually } from './client.mjs';
import { createLetter, createRule, createSegment, seed } from './seed.mjs';

/** People of the check: enough for each kind of recipient, few enough to be quick. */
const PEOPLE = 120;

/**
 * Walks through the main job as a client would, over HTTP only, and prints a line per step.
 * @param {object} demo
 * @param {string} demo.url of Strapi
 * @param {ReturnType<typeof import('./client.mjs').createClient>} demo.client
 * @param {Awaited<ReturnType<typeof import('./inbox.mjs').startInbox>>} demo.inbox
 * @param {string} demo.dkimRecord
 */
export async function check({ url, client, inbox, dkimRecord }) {
  const step = (/** @type {string} */ text) => console.log(`demo: ${text}`);

  const seeded = await seed(client, { people: PEOPLE });
  const { counts: imported, problems } = seeded.imported;
  expect(imported.created === PEOPLE, `${imported.created} of ${PEOPLE} people were imported`);
  expect(imported.duplicates === 1 && imported.invalid === 1, `import: ${JSON.stringify(imported)}`);
  const badLine = PEOPLE + 3;
  expect(
    problems.some(({ line }) => line === badLine),
    `the report does not name line ${badLine}: ${JSON.stringify(problems)}`,
  );
  step(
    `imported ${PEOPLE} subscribers from a CSV file; 1 duplicate and a bad address in line ${badLine} reported`,
  );

  const segment = await createSegment(client);
  const { matched: count } = await client.admin('POST', '/segments/count', { rules: segment.rules });
  const paying = await payingReaders();
  expect(count === paying.size, `the segment counts ${count} people, not ${paying.size}`);
  step(`segment "${segment.name}" has ${count} people`);

  const reader = 'hanako@mail.example';
  const asked = await client.visit('POST', `${url}/api/newsletter/subscribe`, {
    json: { email: reader, firstName: 'Hanako', locale: 'ja', lists: ['weekly'] },
  });
  expect(asked.status === 202, `POST /subscribe answered ${asked.status}`);
  const invitation = await eventually('the confirmation mail', async () => inbox.mailsTo(reader)[0]);
  const confirmUrl = await linkTo('confirm', invitation.raw);
  const page = await client.visit('GET', confirmUrl);
  expect(page.status === 200, `the confirmation page answered ${page.status}`);
  expect((await person(reader)).status === 'pending', 'looking at the page must not confirm');
  const confirmed = await client.visit('POST', confirmUrl, { form: {} });
  expect(confirmed.ok, `confirming answered ${confirmed.status}`);
  expect((await person(reader)).status === 'subscribed', 'the person is not subscribed after confirming');
  step(`${reader} subscribed and confirmed by mail`);

  const campaign = await createLetter(client, seeded, 'The harbour wakes up');
  const audience = await client.admin('GET', `/campaigns/${campaign.documentId}/audience`);
  const soon = new Date(Date.now() + 2_000).toISOString();
  await client.admin('POST', `/campaigns/${campaign.documentId}/schedule`, {
    at: soon,
    timezone: 'Asia/Tokyo',
  });
  step(`campaign created and scheduled for ${audience.recipients} recipients`);

  const settled = await eventually(
    'the campaign to be sent',
    async () => {
      const now = await client.admin('GET', `/campaigns/${campaign.documentId}`);
      // Over-quota mailboxes are tried again for two days, so the campaign stays open for them.
      const { unfinished, accepted, bounced, failed } = now.counts;
      const deferredOnly = unfinished <= (await deferred(campaign.documentId));
      return now.state !== 'scheduled' && accepted + bounced + failed > 0 && deferredOnly && now;
    },
    120_000,
  );
  const { counts } = settled;
  const sum =
    counts.accepted + counts.bounced + counts.failed + counts.skipped + counts.inDoubt + counts.unfinished;
  expect(
    counts.candidates === audience.recipients,
    `${counts.candidates} candidates, ${audience.recipients} counted before`,
  );
  expect(sum === counts.candidates, `the parts add up to ${sum}, not to ${counts.candidates}`);
  expect(counts.inDoubt === 0, `${counts.inDoubt} recipients in doubt`);
  step(
    `campaign ${settled.state}: ${counts.accepted} accepted, ${counts.bounced} bounced, ${counts.failed} failed, ` +
      `${counts.unfinished} waiting for a later try`,
  );

  const letters = inbox.mailsTo(reader).filter((mail) => mail.id !== invitation.id);
  expect(letters.length === 1, `${reader} got ${letters.length} copies`);
  const letter = letters[0];
  const resolver = async (/** @type {string} */ name) => {
    if (name === 'demo._domainkey.news.example.com') return [[dkimRecord]];
    throw Object.assign(new Error('no such record'), { code: 'ENOTFOUND' });
  };
  const verdict = await dkimVerify(letter.raw, { resolver });
  const signature = verdict.results.find(
    (/** @type {any} */ result) => result.signingDomain === 'news.example.com',
  );
  expect(signature?.status.result === 'pass', `DKIM: ${JSON.stringify(signature?.status ?? 'no signature')}`);
  const signedHeaders = String(signature.signingHeaders?.keys ?? '').toLowerCase();
  expect(
    signedHeaders.includes('list-unsubscribe-post'),
    'the signature does not cover List-Unsubscribe-Post',
  );
  step('the letter arrived once, in Japanese, and its DKIM signature verifies');

  const oneClick = headerLink(letter.raw);
  const left = await client.visit('POST', oneClick, { form: { 'List-Unsubscribe': 'One-Click' } });
  expect(left.status === 200, `one-click unsubscribe answered ${left.status}`);
  expect((await person(reader)).status === 'unsubscribed', 'one-click did not unsubscribe');
  step(`${reader} unsubscribed by one click`);

  const bounced = await client.admin('GET', '/subscribers?status=bounced&search=gone.example&pageSize=1');
  const dead = bounced.results[0];
  expect(dead, 'no subscriber bounced');
  expect(dead.suppression?.reason === 'hard-bounce', `${dead.email} is not suppressed`);
  step(`${dead.email} was refused while sending, and is suppressed`);

  const late = inbox.all().filter(({ to }) => isRefusedLate(to));
  expect(late.length > 0, 'nobody is refused late');
  for (const { from, to } of late) {
    expect(
      from.startsWith('b-') && from.endsWith(`@${BOUNCE_DOMAIN}`),
      `the return path of ${to} is ${from}`,
    );
    await eventually(`the bounce of ${to}`, async () => (await person(to)).status === 'bounced');
  }
  step(`${late[0]?.to} was accepted, bounced by mail to its own return path, and is suppressed`);

  await createRule(client, seeded, segment);
  const before = inbox.all().length;
  await client.publish({
    title: 'The ferry stops here now',
    summary: 'A new pier, and a timetable to match.',
  });
  const [firing] = await eventually('the rule to fire', async () => {
    const { results } = await client.admin('GET', '/rules/activity');
    return results[0]?.state === 'done' && results;
  });
  const article = await eventually(
    'the article to be sent',
    async () => {
      const now = await client.admin('GET', `/campaigns/${firing.campaign.documentId}`);
      const { unfinished, accepted } = now.counts;
      return accepted > 0 && unfinished <= (await deferred(now.documentId)) && now;
    },
    120_000,
  );
  const sent = inbox.all().slice(before);
  expect(sent.length === article.counts.accepted, `${sent.length} copies of the article arrived`);
  const strangers = sent.filter(({ to }) => !paying.has(to));
  expect(
    strangers.length === 0,
    `people outside the segment got it: ${strangers.map(({ to }) => to).join(', ')}`,
  );
  expect(
    sent[0] && /^Subject: The ferry stops here now\r$/m.test(sent[0].raw.toString()),
    'the subject is not the title',
  );
  step(`an article that was published sent itself to the segment: ${article.counts.accepted} accepted`);

  /** Who should be in the segment, from the people themselves. */
  async function payingReaders() {
    const addresses = new Set();
    for (let page = 1; ; page++) {
      const { results, pagination } = await client.admin('GET', `/subscribers?pageSize=100&page=${page}`);
      for (const { email, attributes } of results) {
        if (['pro', 'business'].includes(attributes.plan) || attributes.purchases >= 1) addresses.add(email);
      }
      if (page >= pagination.pageCount) return addresses;
    }
  }

  /** @param {string} email */
  async function person(email) {
    const { results } = await client.admin('GET', `/subscribers?search=${encodeURIComponent(email)}`);
    expect(results.length === 1, `${results.length} subscribers with ${email}`);
    return results[0];
  }

  /** @param {string} id */
  async function deferred(id) {
    return (await client.admin('GET', `/campaigns/${id}/deliveries?state=deferred&pageSize=1`)).pagination
      .total;
  }
}

/**
 * @param {unknown} condition
 * @param {string} problem
 */
function expect(condition, problem) {
  if (!condition) throw new Error(problem);
}

/**
 * The first link to a public route in a mail.
 * @param {string} route
 * @param {Buffer} raw
 */
async function linkTo(route, raw) {
  const { html } = await simpleParser(raw);
  const link = new RegExp(`https?://[^\\s"<>]+/api/newsletter/${route}/[\\w-]+`).exec(html || '')?.[0];
  expect(link, `no ${route} link in the mail`);
  return /** @type {string} */ (link);
}

/**
 * The https address of List-Unsubscribe.
 * @param {Buffer} raw
 */
function headerLink(raw) {
  const head =
    raw
      .toString('latin1')
      .split('\r\n\r\n')[0]
      ?.replace(/\r\n[ \t]+/g, ' ') ?? '';
  const link = /^List-Unsubscribe:.*?<(https?:[^>]+)>/im.exec(head)?.[1];
  expect(
    link && /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/im.test(head),
    'no one-click unsubscribe headers',
  );
  return /** @type {string} */ (link).replace(/\s/g, '');
}
