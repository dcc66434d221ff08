import path from 'node:path';
import createKnex from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignDto, CampaignReport, ListDto, Paged, Settings } from '../../shared/contracts';
import { openPanel, type Panel } from '../helpers/panel';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { startReceiver, type Receiver } from '../helpers/receiver';
import { services } from '../helpers/services';

/** 12 good addresses, two that the receiver refuses for good. */
const GOOD = 12;
const DEAD = 2;
const DEAD_ONES = { refuse: { 'dead-': '550 5.1.1 no such user' } };

/** Limits that are shown and never reached. */
const rates = (port: number) => ({
  transports: { demo: { host: '127.0.0.1', port, rate: { messagesPerSecond: 1000 } } },
  pacing: { senderDomains: { 'news.example.com': { messagesPerSecond: 2000 } } },
});

describe.skipIf(!services.chromium)('a campaign through the panel', () => {
  let receiver: Receiver;
  let playground: TestPlayground;
  let panel: Panel;

  beforeAll(async () => {
    receiver = await startReceiver(DEAD_ONES);
    playground = await startPlayground({
      panel: true,
      smtpPort: receiver.port,
      env: { NEWSLETTER_CONFIG: JSON.stringify(rates(receiver.port)) },
    });
    await seed(playground);
    panel = await openPanel(playground, services.chromium!);
  });

  afterAll(async () => {
    await panel?.close();
    await playground?.stop();
    await receiver?.stop();
  });

  it('is written, checked, sent, followed and adds up', async () => {
    const { page } = panel;
    await panel.open('overview');
    expect(await panel.findings()).toEqual([]);

    await page.getByRole('button', { name: 'New campaign' }).first().click();
    await page.waitForURL(/\/campaigns\/[a-z0-9]+\/content$/);
    const id = /campaigns\/([a-z0-9]+)\//.exec(page.url())![1]!;

    await page.getByLabel('Name').fill('Spring letter');
    await page.getByLabel('Subject').fill('Spring, {{default firstName "friend"}}');
    await page.getByLabel('Preheader').fill('The first boats are back');
    const body = page.getByRole('textbox', { name: 'Message body (HTML)' });
    await body.fill('<p>Hello {{#if firstName}}{{firstName}}');
    await page.getByText(/Line 1, column \d+:/).waitFor();
    await body.fill('<p>Hello {{firstName}}, <a href="https://www.example.com/boats">read on</a>.</p>');
    await page.getByText('All changes saved').waitFor();
    const stored = (await playground.admin<CampaignDto>('GET', `/newsletter/campaigns/${id}`)).body;
    expect(stored).toMatchObject({ name: 'Spring letter', sender: 'editors', state: 'draft' });
    expect(stored.contents[0]?.body).toContain('https://www.example.com/boats');
    const mail = page.frameLocator('iframe[title="The mail as it will look"]');
    await mail.getByText('read on').waitFor();
    expect(await panel.findings()).toEqual([]);

    await page.getByRole('link', { name: 'Audience', exact: true }).click();
    await page.getByRole('combobox', { name: /Lists that get it/ }).click();
    const readers = page.getByRole('option', { name: /^Readers/ });
    if ((await readers.getAttribute('aria-checked')) !== 'true') await readers.click();
    await page.keyboard.press('Escape');
    const total = String(GOOD + DEAD);
    await page
      .locator('dl div')
      .filter({ hasText: 'Recipients' })
      .getByText(total, { exact: true })
      .waitFor();
    expect(await panel.findings()).toEqual([]);

    await page.getByRole('link', { name: 'Review & send' }).first().click();
    await page.getByText(/Nothing blocks sending/).waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.getByRole('button', { name: 'Send now' }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText(total, { exact: true }).waitFor();
    await dialog.getByText('Harbour Weekly <editors@news.example.com>').waitFor();
    await dialog.getByRole('button', { name: 'Send now' }).click();

    // Taken back once, then sent for good.
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('All changes saved').waitFor();
    expect(receiver.count()).toBe(0);
    await page.getByRole('button', { name: 'Send now' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Send now' }).click();
    await page
      .getByText(/Sending starts in \d+ seconds/)
      .first()
      .waitFor();

    await page.waitForURL(/\/report/, { timeout: 90_000 });
    await page.getByText(`${total} of ${total} done`).waitFor({ timeout: 90_000 });
    await page.getByRole('complementary').getByText('Sent', { exact: true }).waitFor();
    const { counts } = (await playground.admin<CampaignReport>('GET', `/newsletter/campaigns/${id}/report`))
      .body;
    expect(counts).toMatchObject({ candidates: GOOD + DEAD, accepted: GOOD, bounced: DEAD, unfinished: 0 });
    const received = (await receiver.ledger()).map((message) => message.to);
    expect(new Set(received).size).toBe(GOOD);
    expect(received.length).toBe(GOOD);

    await page.getByRole('button', { name: /^Bounced \d/ }).click();
    await page.waitForURL(/state=bounced/);
    await page.getByRole('link', { name: 'dead-0@example.org' }).waitFor();
    await page
      .getByRole('link', { name: /^reader-/ })
      .first()
      .waitFor({ state: 'detached' });
    expect(await panel.findings()).toEqual([]);
  });

  it('is scheduled in a zone, locked meanwhile, and a draft again', async () => {
    const { page } = panel;
    const source = (await playground.admin<{ results: CampaignDto[] }>('GET', '/newsletter/campaigns')).body
      .results[0]!;
    const copy = await playground.admin<CampaignDto>(
      'POST',
      `/newsletter/campaigns/${source.documentId}/duplicate`,
      {},
    );
    await panel.open(`campaigns/${copy.body.documentId}/review`);
    await page.getByRole('radio', { name: 'Schedule for later' }).click();
    await page.getByLabel('Date').fill('2027-03-28');
    await page.getByLabel(/^Time\W*$/).fill('02:30');
    await page.getByText(/does not exist on this day in Europe\/Berlin/).waitFor();
    expect(await page.getByRole('button', { name: 'Schedule', exact: true }).isDisabled()).toBe(true);
    await page.getByLabel(/^Time\W*$/).fill('09:00');
    await page.getByText(/UTC\+02:00/).waitFor();
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await page
      .getByRole('alertdialog')
      .getByText(/Europe\/Berlin/)
      .waitFor();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Schedule' }).click();
    await page.getByRole('button', { name: 'Back to draft' }).waitFor();
    const scheduled = (
      await playground.admin<CampaignDto>('GET', `/newsletter/campaigns/${copy.body.documentId}`)
    ).body;
    expect(scheduled).toMatchObject({
      state: 'scheduled',
      scheduledAt: '2027-03-28T07:00:00.000Z',
      timezone: 'Europe/Berlin',
    });
    await page.getByRole('link', { name: 'Content', exact: true }).click();
    expect(await page.getByLabel('Name').isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Back to draft' }).click();
    await page.getByText('All changes saved').waitFor();
    expect(await page.getByLabel('Name').isDisabled()).toBe(false);
  });

  it('goes out at local times, within a window and in waves, as its sentences say', async () => {
    const { page } = panel;
    const lists = (await playground.admin<{ results: ListDto[] }>('GET', '/newsletter/lists')).body.results;
    for (const timezone of ['Asia/Tokyo', 'America/New_York']) {
      const person = await playground.admin('POST', '/newsletter/subscribers', {
        email: `${timezone.replace('/', '.')}@example.org`,
        lists: [lists[0]!.documentId],
        timezone,
        consent: true,
      });
      expect(person.status).toBe(201);
    }
    const { body } = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
      name: 'Around the world',
      contents: [{ language: 'en', subject: 'Good morning', body: '<p>Good morning</p>' }],
    });
    const stored = async () =>
      (await playground.admin<CampaignDto>('GET', `/newsletter/campaigns/${body.documentId}`)).body;
    await panel.open(`campaigns/${body.documentId}/review`);
    await page.getByRole('radio', { name: 'Schedule for later' }).click();
    await page.getByLabel('Date').fill('2027-06-01');
    await page.getByLabel(/^Time\W*$/).fill('09:00');
    await page.getByRole('checkbox', { name: /same local time/ }).click();
    // 09:00 in Tokyo is 02:00 in Berlin, and New York is 13 hours behind Tokyo.
    const first = page
      .getByRole('main')
      .getByText(/^From 09:00 in each reader’s own time zone: the first at/);
    await first.filter({ hasText: /2:00 AM.*the last 13 hours later/ }).waitFor();
    await page.getByText(/\d+ readers have no time zone of their own .* Europe\/Berlin/).waitFor();
    await page.getByRole('checkbox', { name: 'Only within a send window' }).click();
    await page.getByLabel('Until').fill('18:30');
    await page.getByRole('checkbox', { name: 'Sat' }).click();
    await page.getByText(/^Only 09:00–18:30, Mon to Sat, in the reader’s own time zone/).waitFor();
    await page.getByRole('checkbox', { name: 'In waves' }).click();
    await page.getByLabel('In each wave').fill('25');
    await page.getByText(/^In 4 waves, each 1 hour after the one before/).waitFor();
    await page.getByLabel('In each wave').fill('0');
    await page.getByText('Enter a whole number from 1 to 99.').waitFor();
    await page.getByLabel('In each wave').fill('50');
    await page.getByText(/^In 2 waves/).waitFor();
    await page.getByText('All changes saved').waitFor();
    expect(await panel.findings()).toEqual([]);
    const timing = {
      localTime: true,
      window: { from: '09:00', to: '18:30', weekdays: [1, 2, 3, 4, 5, 6] },
      waves: { everyMinutes: 60, share: 50 },
    };
    expect((await stored()).timing).toEqual(timing);

    await page.getByRole('radio', { name: 'Send now' }).click();
    await page.getByText(/same local time needs a date and a time/).waitFor();
    expect(await page.getByRole('button', { name: 'Send now' }).isDisabled()).toBe(true);
    await page.getByRole('radio', { name: 'Schedule for later' }).click();
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText(/^From 09:00 in each reader’s own time zone/).waitFor();
    await dialog.getByRole('button', { name: 'Schedule' }).click();
    await page.getByRole('button', { name: 'Back to draft' }).waitFor();
    await page.getByText(/^From 09:00 in each reader’s own time zone/).waitFor();
    expect(await stored()).toMatchObject({
      state: 'scheduled',
      scheduledAt: '2027-06-01T00:00:00.000Z',
      timezone: 'Europe/Berlin',
    });
    await page.getByRole('button', { name: 'Back to draft' }).click();
    await page.getByRole('checkbox', { name: /same local time/ }).waitFor();
    expect(await page.getByRole('checkbox', { name: /same local time/ }).isChecked()).toBe(true);
    expect(await page.getByLabel('Until').inputValue()).toBe('18:30');
    expect(await stored()).toMatchObject({ state: 'draft', timing });
  });

  it('keeps what was typed while the server could not be reached', async () => {
    const { page } = panel;
    const { body } = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
      name: 'Offline',
    });
    await panel.open(`campaigns/${body.documentId}/content`);
    const put = `**/newsletter/campaigns/${body.documentId}`;
    await page.route(put, (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
    await page.getByLabel('Subject').fill('Typed offline');
    await page.getByText(/^Not saved:/).waitFor();
    await page.unroute(put);
    await page.getByRole('button', { name: 'Save now' }).click();
    await page.getByText('All changes saved').waitFor();
    const saved = (await playground.admin<CampaignDto>('GET', `/newsletter/campaigns/${body.documentId}`))
      .body;
    expect(saved.contents[0]?.subject).toBe('Typed offline');
  });

  it('lists what is in doubt, leaves it, and sends it again after a question', async () => {
    await receiver.script({ ...DEAD_ONES, dropAfterDot: ['reader-1@', 'reader-2@'] });
    const { body: lists } = await playground.admin<Paged<ListDto>>('GET', '/newsletter/lists');
    const { body: draft } = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
      name: 'Doubtful letter',
      contents: [{ language: 'en', subject: 'Doubts', body: '<p>Hello</p>' }],
      audience: {
        include: { lists: [lists.results.find(({ name }) => name === 'Readers')!.documentId], segments: [] },
        exclude: { lists: [], segments: [] },
      },
    });
    const id = draft.documentId;
    await playground.admin('POST', `/newsletter/campaigns/${id}/schedule`, { at: new Date().toISOString() });
    const counts = async () =>
      (await playground.admin<CampaignReport>('GET', `/newsletter/campaigns/${id}/report`)).body.counts;
    await expect.poll(counts, { timeout: 60_000 }).toMatchObject({ inDoubt: 2, unfinished: 0 });
    await receiver.script(DEAD_ONES);

    const { page } = panel;
    await panel.open(`campaigns/${id}/report`);
    const part = page.getByRole('region', { name: 'In doubt' });
    await part.getByText(/for 2 messages the connection or the process ended/).waitFor();
    await part.getByText(/They can be sent again from/).waitFor();
    expect(await part.getByRole('button', { name: 'Send again' }).isDisabled()).toBe(true);
    expect(await part.getByRole('row').count()).toBe(3);
    expect(await panel.findings()).toEqual([]);

    await part.getByRole('button', { name: 'Leave as it is' }).click();
    await page
      .getByRole('alertdialog')
      .getByText(/2 recipients stay in doubt/)
      .waitFor();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Leave as it is' }).click();
    await part.getByText(/left 2 recipients as they were/).waitFor();

    // Ten minutes later.
    const filename = path.join(playground.folder, 'data.db');
    const knex = createKnex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
    const doubtful = knex('newsletter_deliveries').where({ state: 'in_doubt' });
    expect(await doubtful.decrement('settled_at', 11 * 60_000)).toBe(2);
    await knex.destroy();
    await panel.open(`campaigns/${id}/report`);
    await part.getByRole('button', { name: 'Send again' }).click();
    await page
      .getByRole('alertdialog')
      .getByText(/goes to 2 recipients once more/)
      .waitFor();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Send again' }).click();
    await part.waitFor({ state: 'detached' });
    await expect.poll(counts, { timeout: 60_000 }).toMatchObject({ inDoubt: 0, unfinished: 0 });
    const sent = (await receiver.ledger()).filter(({ to }) => to.startsWith('reader-1@')).slice(-2);
    expect(sent.map(({ reply }) => reply)).toEqual(['dropped', 250]);
    expect(sent[0]!.messageId).toBe(sent[1]!.messageId);
  });

  it('shows which destination waits and why, and resumes it', async () => {
    const asked = '421 4.7.0 Sending rate limit exceeded, try again in 30 minutes';
    const dead = { 'dead-': '550 5.1.1 no such user' };
    await receiver.script({ refuse: { ...dead, 'gee-': asked } });
    const { body: list } = await playground.admin<ListDto>('POST', '/newsletter/lists', {
      name: 'Providers',
      slug: 'providers',
    });
    for (const email of ['gee-1@gmail.com', 'gee-2@gmail.com', 'gee-3@googlemail.com', 'ann@example.org']) {
      const lists = [list.documentId];
      const { status } = await playground.admin('POST', '/newsletter/subscribers', {
        email,
        lists,
        consent: true,
      });
      expect(status).toBe(201);
    }
    const { body: draft } = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
      name: 'Slow letter',
      pacePerHour: 36_000,
      contents: [{ language: 'en', subject: 'Slowly', body: '<p>Hello</p>' }],
      audience: {
        include: { lists: [list.documentId], segments: [] },
        exclude: { lists: [], segments: [] },
      },
    });
    const id = draft.documentId;
    await playground.admin('POST', `/newsletter/campaigns/${id}/schedule`, { at: new Date().toISOString() });
    const { page } = panel;
    const report = async () =>
      (await playground.admin<CampaignReport>('GET', `/newsletter/campaigns/${id}/report`)).body;
    const counts = async () => (await report()).counts;
    const deferred = async () =>
      (await report()).reasons.reduce((sum, one) => sum + (one.state === 'deferred' ? one.count : 0), 0);
    await expect.poll(counts, { timeout: 60_000 }).toMatchObject({ accepted: 1, unfinished: 3 });
    // What the panel counts of them, it keeps for a while.
    await expect.poll(deferred, { timeout: 60_000 }).toBe(3);

    await panel.open(`campaigns/${id}/report`);
    const part = page.getByRole('region', { name: 'Destinations' });
    const google = part.getByRole('row').filter({ hasText: 'Gmail and Google Workspace' });
    await google.getByText('Suspended', { exact: true }).waitFor();
    await google.getByText('The receiver said how long to wait').waitFor();
    await google.getByText(/try again in 30 minutes/).waitFor();
    await google.getByText(/Too fast for the receiver$/).waitFor();
    await google.getByText(/^Next attempt: in \d+ minutes$/).waitFor();
    await google.getByText('0 per second now').waitFor();
    await part.getByRole('row').filter({ hasText: 'All others' }).getByText('1', { exact: true }).waitFor();
    const whole = part.getByRole('row').filter({ hasText: 'Everything over demo' });
    await whole.getByText('1,000 per second').waitFor();
    await whole.getByText('Set in the configuration').waitFor();
    const pace = part.getByText('This campaign sends at most 36,000 messages an hour');
    await pace.waitFor();
    await part.getByText('Mail from news.example.com goes out at 2,000 per second at most').waitFor();
    expect(await panel.findings()).toEqual([]);

    await receiver.script({ refuse: dead });
    await google.getByRole('button', { name: 'Resume now: Gmail and Google Workspace' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Resume now' }).click();
    await page.getByText('“Gmail and Google Workspace” is resumed; 3 recipients are due now.').waitFor();
    await expect.poll(counts, { timeout: 60_000 }).toMatchObject({ accepted: 4, unfinished: 0 });
    await google.getByText('Suspended', { exact: true }).waitFor({ state: 'detached' });
    await google.getByText('3', { exact: true }).waitFor();
    await pace.waitFor({ state: 'detached' });
    expect(playground.output()).toContain('resumed the destination "google"');
    const again = await playground.admin<{ resumed: boolean; released: number }>(
      'POST',
      '/newsletter/destinations/resume',
      { source: 'demo', destination: 'google' },
    );
    expect(again.body).toEqual({ resumed: false, released: 0 });
    const wrong = await playground.admin('POST', '/newsletter/destinations/resume', { source: 'demo' });
    expect(wrong.status).toBe(400);
  });

  it('shows each role only what it may do', async () => {
    const draft = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', { name: 'Guarded' });
    const reader = await newUser(playground, 'reader', ['campaigns.read-campaigns']);
    const other = await openPanel(playground, services.chromium!, { user: reader });
    try {
      const { page } = other;
      await other.open('campaigns');
      await page.getByRole('link', { name: 'Guarded' }).waitFor();
      expect(await page.getByRole('button', { name: 'New campaign' }).count()).toBe(0);
      const nav = page.getByRole('navigation', { name: 'Newsletter' });
      expect(await nav.getByRole('link').allTextContents()).toEqual(['Campaigns']);
      await other.open(`campaigns/${draft.body.documentId}/content`);
      expect(await page.getByLabel('Name').isDisabled()).toBe(true);
      await other.open(`campaigns/${draft.body.documentId}/review`);
      await page.getByText('You may not send').waitFor();
      expect(await page.getByRole('button', { name: 'Send now' }).count()).toBe(0);
      await page.goto(`${playground.url}/admin/plugins/newsletter/subscribers`);
      await page.getByText(/have the permissions to access that content/).waitFor();
    } finally {
      await other.close();
    }
  });

  it('shows how delivery is, and which processes there are', async () => {
    const { page } = panel;
    await page.goto(`${playground.url}/admin/settings/newsletter/delivery`);
    await page.getByText('Everything works.').waitFor();
    await page.getByText('Panel and sending').waitFor();
    expect(await panel.findings()).toEqual([]);
  });
});

async function seed(playground: TestPlayground): Promise<void> {
  const settings = (await playground.admin<Settings>('GET', '/newsletter/settings')).body;
  const answer = await playground.admin('PUT', '/newsletter/settings', {
    ...settings,
    senders: [{ id: 'editors', name: 'Harbour Weekly', email: 'editors@news.example.com' }],
    brand: { ...settings.brand, name: 'Harbour Weekly', postalAddress: '12 Quay Street, Bristol' },
  });
  expect(answer.status).toBe(200);
  const list = await playground.admin<ListDto>('POST', '/newsletter/lists', {
    name: 'Readers',
    isDefault: true,
  });
  expect(list.status).toBe(201);
  const addresses = [
    ...Array.from({ length: GOOD }, (_, index) => `reader-${index}@example.org`),
    ...Array.from({ length: DEAD }, (_, index) => `dead-${index}@example.org`),
  ];
  for (const email of addresses) {
    const person = await playground.admin('POST', '/newsletter/subscribers', {
      email,
      firstName: 'Ana',
      lists: [list.body.documentId],
      consent: true,
    });
    expect(person.status).toBe(201);
  }
}

/** A user whose role holds only the given actions of the plugin. */
async function newUser(playground: TestPlayground, name: string, actions: string[]) {
  const role = await playground.admin<{ data: { id: number } }>('POST', '/admin/roles', {
    name,
    description: name,
  });
  expect(role.status).toBe(201);
  const granted = await playground.admin('PUT', `/admin/roles/${role.body.data.id}/permissions`, {
    permissions: actions.map((action) => ({
      action: `plugin::newsletter.${action}`,
      subject: null,
      conditions: [],
      properties: {},
    })),
  });
  expect(granted.status).toBe(200);
  const user = { email: `${name}@example.com`, password: 'Newsletter1' };
  const invited = await playground.admin<{ data: { registrationToken: string } }>('POST', '/admin/users', {
    email: user.email,
    firstname: name,
    roles: [role.body.data.id],
  });
  expect(invited.status).toBe(201);
  const { registrationToken } = invited.body.data;
  const userInfo = { firstname: name, password: user.password };
  const registered = await playground.admin('POST', '/admin/register', { registrationToken, userInfo });
  expect(registered.status).toBe(200);
  return user;
}
