import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, freePort, startPlayground, type TestPlayground } from '../helpers/playground';
import { services } from '../helpers/services';

const PANEL = '/admin/plugins/newsletter';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FIRST_LOAD = 60_000;

/** Nobody listens there: these pages only need a configured transport. */
let playground: TestPlayground;
let browser: Browser;
let page: Page;

describe.skipIf(services.chromium === null)('audience, templates and settings in the panel', () => {
  beforeAll(async () => {
    playground = await startPlayground({ panel: true, smtpPort: await freePort() });
    browser = await chromium.launch({
      executablePath: services.chromium ?? undefined,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    page.setDefaultTimeout(20_000);
    await page.goto(`${playground.url}/admin/auth/login`);
    await page.fill('input[name=email]', ADMIN.email, { timeout: FIRST_LOAD });
    await page.fill('input[name=password]', ADMIN.password);
    await page.click('button[type=submit]');
    await page.waitForURL((url) => !url.pathname.includes('/auth/'));
  });

  afterAll(async () => {
    await browser?.close();
    await playground?.stop();
  });

  it('creates a list', async () => {
    await open(`${PANEL}/lists`);
    await page.getByRole('button', { name: 'Create list' }).first().click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Garden letter');
    await page.getByRole('dialog').getByRole('button', { name: 'Create list' }).click();
    const row = page.getByRole('row', { name: /Garden letter/ });
    await row.waitFor();
    expect(await row.textContent()).toContain('garden-letter');
    await expectAccessible();
  });

  it('adds two people on it, one of them with consent', async () => {
    await open(`${PANEL}/subscribers`);
    await addPerson({ email: 'rosa@example.org', firstName: 'Rosa', consent: true });
    await addPerson({ email: 'tom@example.org', firstName: 'Tom', consent: false });
    await row('rosa@example.org').getByText('Subscribed').waitFor();
    await row('tom@example.org').getByText('Pending').waitFor();
    await expectAccessible();
  });

  it('refuses what is no address, in place', async () => {
    await page.getByRole('button', { name: 'Add subscriber' }).first().click();
    await page.getByLabel('Email address').fill('nobody');
    await page.getByRole('dialog').getByRole('button', { name: 'Add subscriber' }).click();
    await page.getByText('This is not an email address.').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('finds somebody by search, which lives in the address bar', async () => {
    const search = page.getByRole('searchbox').or(page.locator('input[name=search]')).first();
    await search.fill('rosa');
    await search.press('Enter');
    await row('tom@example.org').waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('_q')).toBe('rosa');
    await page.reload();
    await row('rosa@example.org').waitFor();
    expect(await row('tom@example.org').count()).toBe(0);
  });

  it('shows a person with consent and timeline', async () => {
    await page.getByRole('link', { name: 'rosa@example.org' }).click();
    await page.getByRole('heading', { level: 1, name: 'rosa@example.org' }).waitFor();
    await page.getByRole('heading', { name: 'Subscriptions and proof of consent' }).waitFor();
    await page.getByRole('row', { name: /Garden letter Subscribed/i }).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Added by an editor' }).first().waitFor();
    await expectAccessible();
  });

  it('unsubscribes by a bulk action, and the tab counts it', async () => {
    await open(`${PANEL}/subscribers`);
    await page.getByRole('tab', { name: /Unsubscribed\s*0/ }).waitFor();
    await page.getByRole('checkbox', { name: 'Select rosa@example.org' }).click();
    await page.getByRole('button', { name: 'Unsubscribe', exact: true }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Unsubscribe' }).click();
    await page.getByText('1 person was unsubscribed.').waitFor();
    await page.getByRole('tab', { name: /Unsubscribed\s*1/ }).click();
    await row('rosa@example.org').getByText('By an editor').waitFor();
    expect(new URL(page.url()).searchParams.get('status')).toBe('unsubscribed');
    await expectAccessible();
  });

  it('adds a sender on a configured domain only', async () => {
    await open('/admin/settings/newsletter/senders');
    await page.getByRole('button', { name: 'Add sender' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('The gardeners');
    await dialog.getByLabel('Email address').fill('letter@elsewhere.example');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('This domain is not configured').waitFor();
    await dialog.getByLabel('Email address').fill('letter@news.example.com');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /The gardeners letter@news\.example\.com/ }).waitFor();
    await expectAccessible();
  });

  it('keeps one section of the settings when another is saved', async () => {
    await open('/admin/settings/newsletter/consent');
    await page.getByLabel('English').fill('I want the garden letter.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.').first().waitFor();
    const { body } = await playground.admin<{
      senders: { name: string }[];
      consent: { text: { en?: string } };
    }>('GET', '/newsletter/settings');
    expect(body.senders.map(({ name }) => name)).toEqual(['The gardeners']);
    expect(body.consent.text.en).toBe('I want the garden letter.');
    await expectAccessible();
  });

  it.each([
    ['delivery', 'news.example.com'],
    ['tracking', 'Clicks'],
  ])('shows the settings page %s', async (name, text) => {
    await open(`/admin/settings/newsletter/${name}`);
    await page.getByText(text, { exact: true }).first().waitFor();
    await expectAccessible();
  });

  it('says that nothing listens, when a transport is tested', async () => {
    await open('/admin/settings/newsletter/delivery');
    await page.getByRole('button', { name: 'Test the connection' }).click();
    await page.getByText(/Nothing listens on/).waitFor();
  });

  it('names line and column of an error in a template, and saves none with it', async () => {
    await open(`${PANEL}/templates/new`);
    await page.getByRole('textbox', { name: 'Name' }).fill('Plain');
    await write('<p>\n{{{content}}}\n{{#if firstName}}\n</p>');
    await page.getByText('Line 3, column').waitFor();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').filter({ hasText: 'line 3' }).waitFor();
    await write('<p>{{{content}}}</p>');
    await page.frameLocator('iframe[title=Preview]').getByRole('link').first().waitFor();
    expect(await page.locator('iframe[title=Preview]').getAttribute('sandbox')).toBe('');
    await expectAccessible();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForURL(/templates\/[a-z0-9]{8,}$/);
    await page.getByRole('heading', { level: 1, name: 'Plain' }).waitFor();
  });

  it('asks before unsaved changes of a template are lost', async () => {
    await write('<p>Changed {{{content}}}</p>');
    await page.getByRole('link', { name: 'Lists' }).first().click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
    expect(page.url()).toContain('/templates/');
    await page.getByRole('link', { name: 'Lists' }).first().click();
    await page.getByRole('button', { name: 'Leave without saving' }).click();
    await page.getByRole('row', { name: /Garden letter/ }).waitFor();
  });
});

async function open(path: string): Promise<void> {
  await page.goto(playground.url + path);
  await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: FIRST_LOAD });
}

const row = (email: string) => page.getByRole('row').filter({ hasText: email });

async function addPerson(person: { email: string; firstName: string; consent: boolean }): Promise<void> {
  await page.getByRole('button', { name: 'Add subscriber' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email address').fill(person.email);
  await dialog.getByLabel('First name').fill(person.firstName);
  await dialog.getByRole('combobox', { name: 'Lists' }).click();
  await page.getByRole('option', { name: 'Garden letter' }).click();
  await page.keyboard.press('Escape');
  if (person.consent) await dialog.getByRole('checkbox', { name: /This person agreed/ }).click();
  await dialog.getByRole('button', { name: 'Add subscriber' }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Replaces the source in the editor of a template. */
async function write(source: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: 'HTML source' });
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(source);
}

/** No serious or critical finding of axe in the page's own content; the panel around it is Strapi's. */
async function expectAccessible(): Promise<void> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    interface Axe {
      run(
        context: string,
        options: object,
      ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
    }
    const { violations } = await (window as unknown as { axe: Axe }).axe.run('main', {
      resultTypes: ['violations'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  expect(found).toEqual([]);
}
