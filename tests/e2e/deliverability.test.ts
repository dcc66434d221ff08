import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignDto, Settings } from '../../shared/contracts';
import { startDns, type DnsServer } from '../helpers/dns';
import { openPanel, type Panel } from '../helpers/panel';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { startReceiver, type Receiver } from '../helpers/receiver';
import { services } from '../helpers/services';

let dns: DnsServer;
let receiver: Receiver;
let playground: TestPlayground;
let panel: Panel;
let folder: string;

const SECRET = 'a secret of thirty-two characters or more';
const PEOPLE = [
  'ann@example.com',
  'info@example.com',
  'sales@example.com',
  'bob@gone.example',
  'eve@gmial.com',
];

describe.skipIf(services.chromium === null)('deliverability in the panel', () => {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'newsletter-e2e-deliverability-'));
    dns = await startDns({
      'example.com': { mx: ['mx.example.com'] },
      'gmial.com': { mx: ['mx.example.com'] },
    });
    receiver = await startReceiver({ refuse: { 'bob@': '550 5.1.1 no such user' } });
    const config = {
      hygiene: { dns: { servers: [dns.address], timeoutMs: 500, tries: 1 } },
      feedback: { generic: { secret: SECRET } },
    };
    playground = await startPlayground({
      panel: true,
      smtpPort: receiver.port,
      env: { NEWSLETTER_CONFIG: JSON.stringify(config) },
    });
    const settings = (await playground.admin<Settings>('GET', '/newsletter/settings')).body;
    await playground.admin('PUT', '/newsletter/settings', {
      ...settings,
      senders: [{ id: 'editors', name: 'Harbour Weekly', email: 'editors@news.example.com' }],
      brand: { ...settings.brand, name: 'Harbour Weekly', postalAddress: '12 Quay Street, Bristol' },
    });
    const list = await playground.admin<{ documentId: string }>('POST', '/newsletter/lists', {
      name: 'Garden letter',
      isDefault: true,
    });
    for (const email of PEOPLE) {
      const lists = [list.body.documentId];
      await playground.admin('POST', '/newsletter/subscribers', { email, lists, consent: true });
    }
    panel = await openPanel(playground, services.chromium!);
  });
  afterAll(async () => {
    await panel?.close();
    await playground?.stop();
    await receiver?.stop();
    await dns?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('checks the list, says what is wrong with whom, and changes nothing by that', async () => {
    const { page } = panel;
    await panel.open('deliverability/hygiene');
    await page.getByText('No check yet.').waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.getByRole('button', { name: 'Check a list' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: 'Whom to look at' }).click();
    await page.getByRole('option', { name: 'List: Garden letter' }).click();
    await dialog.getByRole('button', { name: 'Start the check' }).click();

    await page.getByRole('heading', { level: 1, name: 'List: Garden letter' }).waitFor();
    await page.getByText('5 people looked at. Nothing changes until you decide.').waitFor();
    await part('No mail server: 1')
      .getByRole('row', { name: /bob@gone\.example The domain does not exist/ })
      .waitFor();
    await part('Misspelt domain: 1')
      .getByRole('row', { name: /eve@gmial\.com gmail\.com may be meant/ })
      .waitFor();
    await part('Role address: 2')
      .getByRole('row', { name: /info@example\.com/ })
      .waitFor();
    expect(await panel.findings()).toEqual([]);
    expect(await suppressed()).toBe(0);

    const csv = await download(part('Role address: 2').getByRole('button', { name: 'Download as CSV' }));
    expect(csv).toContain('info@example.com,role,,subscribed,no');
  });

  it('does what a person decides for one kind, and keeps who decided it', async () => {
    const { page } = panel;
    await part('Role address: 2').getByRole('button', { name: 'Suppress 2 people' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('2 people get nothing any more').waitFor();
    expect(await suppressed()).toBe(0);
    await dialog.getByRole('button', { name: 'Yes, for 2 people' }).click();
    await part('What was decided')
      .getByRole('row', { name: /Role address: Suppress 2 people.*2 done, 0 passed over/ })
      .waitFor();
    await part('Role address: 2').getByText('Something was done about all of them.').waitFor();
    expect(await suppressed()).toBe(2);

    await part('No mail server: 1').getByRole('button', { name: 'Make a segment of 1 person' }).click();
    await dialog.getByRole('textbox', { name: 'Name of the segment' }).fill('Servers that are gone');
    await dialog.getByRole('button', { name: 'Yes, for 1 person' }).click();
    await page.getByRole('link', { name: 'Servers that are gone' }).click();
    await page.getByRole('heading', { level: 1, name: 'Servers that are gone' }).waitFor();
  });

  it('explains the sunset rule, changes it and looks for inactive people', async () => {
    const { page } = panel;
    await panel.open('deliverability/hygiene');
    await part('Sunset rule').getByRole('button', { name: 'Change the rule' }).click();
    const dialog = page.getByRole('dialog');
    const months = dialog.getByRole('textbox', { name: 'Months without an open or a click' });
    await months.fill('0');
    await dialog.getByText('Enter a whole number from 1 to 60.').waitFor();
    await months.fill('9');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await part('Sunset rule').getByText('more than 9 months ago').waitFor();
    await part('Sunset rule').getByText('Nothing happens by itself.').waitFor();
    await page.getByRole('button', { name: 'Look for inactive people' }).click();
    await page.getByText('Nobody is inactive by this rule.').waitFor();
    expect(await panel.findings()).toEqual([]);
  });

  it('adds an address to the suppression list, finds it, shows why, and lifts it with a reason', async () => {
    const { page } = panel;
    await panel.open('deliverability/suppressions');
    await page.getByRole('row', { name: /info@example\.com List check Role address/ }).waitFor();
    await page.getByRole('button', { name: 'Add an address' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Address' }).fill('nobody');
    await dialog.getByRole('button', { name: 'Suppress it' }).click();
    await dialog.getByText('"email" is not an email address.').waitFor();
    await dialog.getByRole('textbox', { name: 'Address' }).fill('rival@example.org');
    await dialog.getByRole('textbox', { name: 'Note' }).fill('Asked by letter');
    await dialog.getByRole('button', { name: 'Suppress it' }).click();
    await page.getByRole('row', { name: /rival@example\.org Added by hand Asked by letter/ }).waitFor();
    expect(await panel.findings()).toEqual([]);

    await page
      .getByRole('searchbox')
      .or(page.getByPlaceholder('Search for an address'))
      .first()
      .fill('rival@example.org');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: /info@example\.com/ }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Show why rival@example.org is suppressed' }).click();
    await dialog.getByText('No report is stored').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();

    await page.getByRole('checkbox', { name: 'Select rival@example.org' }).click();
    await page.getByRole('button', { name: 'Lift 1 entry' }).click();
    await dialog.getByRole('button', { name: 'Lift', exact: true }).click();
    await dialog.getByText('Say why: it stays in the history.').waitFor();
    await dialog.getByRole('textbox', { name: 'Why' }).fill('A mistake');
    await dialog.getByRole('button', { name: 'Lift', exact: true }).click();
    await page.getByText('No entry matches.').waitFor();
    expect(await suppressed()).toBe(2);
  });

  it('takes the suppression list of another product, and says which rows it did not take', async () => {
    const { page } = panel;
    await panel.open('deliverability/suppressions');
    await page.getByRole('button', { name: 'Import a list' }).click();
    const dialog = page.getByRole('dialog');
    const file = path.join(folder, 'blocked.csv');
    writeFileSync(file, 'email,reason\nold@example.org,bounced\nnobody,bounced\n');
    await dialog.getByLabel('File').setInputFiles(file);
    await dialog.getByRole('button', { name: 'Upload' }).click();
    await dialog.getByText('2 rows: 1 added, 0 known already, 1 not taken').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('row', { name: /old@example\.org/ }).waitFor();
    expect(await suppressed()).toBe(3);
  });

  it('shows the rates of what was sent, with their lines, and the same numbers as a table', async () => {
    const { page } = panel;
    await send();
    await panel.open('deliverability/rates');
    const row = page.getByRole('row', { name: /news\.example\.com 3 1 \(33\.33%\) Too high/ });
    await row.waitFor();
    await page
      .getByRole('img', { name: /Bounce rate \(dead addresses\) of All together: 1 day, 33\.33% at most/ })
      .waitFor();
    await page.getByText('The numbers day by day').click();
    await page.getByRole('row', { name: /3 1 \(33\.33%\) 0 \(0%\)$/ }).waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.getByRole('combobox', { name: 'Group by' }).click();
    await page.getByRole('option', { name: 'By destination' }).click();
    await page.getByRole('button', { name: 'Show gone.example in the charts' }).click();
    await page.getByRole('heading', { name: 'gone.example' }).waitFor();
  });

  it('shows what came back without a match, and lets a person put it away', async () => {
    const { page } = panel;
    await report({ id: 'one', type: 'complaint', messageId: '<nothing@elsewhere.example>', text: 'spam' });
    await panel.open('deliverability/feedback?result=unmatched');
    await page.getByRole('row', { name: /Complaint .*Unmatched/ }).waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.getByRole('button', { name: 'Show Complaint' }).click();
    await page.getByRole('dialog').getByText('generic').waitFor();
    await page.keyboard.press('Escape');
    // Whoever uses the keyboard goes on where they were.
    await page.locator('button[aria-label="Show Complaint"]:focus').waitFor();
    await page.getByRole('checkbox', { name: 'Select Complaint' }).click();
    await page.getByRole('button', { name: 'Put 1 away' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Put 1 away' }).click();
    await page.getByText('Nothing matches these filters.').waitFor();

    await panel.open('deliverability/sources');
    await page.getByRole('row', { name: /Webhook: generic .*\/feedback\/generic Works/ }).waitFor();
    expect(await panel.findings()).toEqual([]);
  });

  it('is complete in Japanese, and in a narrow window', async () => {
    const japanese = await openPanel(playground, services.chromium!, { locale: 'ja', width: 900 });
    try {
      for (const [part, text] of [
        ['rates', '差出人のドメイン別'],
        ['suppressions', '宛先不明'],
        ['feedback', '迷惑メール報告'],
        ['sources', '正常'],
        ['hygiene', '休眠ルール'],
      ] as const) {
        await japanese.open(`deliverability/${part}`);
        await japanese.page.locator('main').getByText(text).first().waitFor();
        expect(await japanese.findings()).toEqual([]);
      }
    } finally {
      await japanese.close();
    }
  });

  function part(name: string) {
    return panel.page.getByRole('region', { name });
  }

  async function suppressed(): Promise<number> {
    const counts = await playground.admin<Record<string, number>>('GET', '/newsletter/suppressions/counts');
    return counts.body.all ?? Number.NaN;
  }

  /** Sends a campaign to the three who are not suppressed; one of them does not exist. */
  async function send(): Promise<void> {
    const draft = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
      name: 'Spring letter',
    });
    const { documentId, contents } = draft.body;
    const content = { ...contents[0], subject: 'Spring', body: '<p>Hello</p>' };
    const saved = await playground.admin('PUT', `/newsletter/campaigns/${documentId}`, {
      contents: [content],
    });
    expect(saved).toMatchObject({ status: 200 });
    const scheduled = await playground.admin('POST', `/newsletter/campaigns/${documentId}/schedule`, {
      at: new Date().toISOString(),
    });
    expect(scheduled).toMatchObject({ status: 200 });
    const deadline = Date.now() + 60_000;
    for (;;) {
      const { body } = await playground.admin<CampaignDto>('GET', `/newsletter/campaigns/${documentId}`);
      if (body.state === 'sent') return;
      if (Date.now() > deadline) throw new Error(`the campaign is still ${body.state}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Tells the generic webhook something, signed as its documentation says. */
  async function report(event: object): Promise<void> {
    const body = JSON.stringify({ events: [event] });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
    const response = await fetch(`${playground.url}/api/newsletter/feedback/generic`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-newsletter-timestamp': timestamp,
        'x-newsletter-signature': `sha256=${signature}`,
      },
      body,
    });
    expect(response.status).toBeLessThan(300);
  }

  /** Presses a button and gives the text of the file that it saves. */
  async function download(button: { click(): Promise<void> }): Promise<string> {
    const saved = panel.page.waitForEvent('download');
    await button.click();
    return readFileSync(await (await saved).path(), 'utf8');
  }
});
