import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type FrameLocator, type Locator, type Page } from 'playwright-core';
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
    const smtpPort = await freePort();
    const warmUp = { startedOn: new Date().toISOString().slice(0, 10) };
    const transports = {
      demo: { host: '127.0.0.1', port: smtpPort },
      direct: { type: 'mx', name: 'mail.example.com', localAddress: '127.0.0.1', warmUp },
    };
    playground = await startPlayground({
      panel: true,
      smtpPort,
      env: { NEWSLETTER_CONFIG: JSON.stringify({ transports }) },
    });
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
    await dialog.getByText('Sent by the first transport (demo).').waitFor();
    await dialog.getByRole('checkbox', { name: 'demo' }).click();
    await dialog.getByRole('checkbox', { name: 'direct' }).click();
    await dialog.getByLabel('Weight of demo').fill('3');
    await dialog.getByText('75 %').waitFor();
    await expectAccessible();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /The gardeners letter@news\.example\.com/ }).waitFor();
    await expectAccessible();
    const { body } = await playground.admin<{ senders: { transports: object[] }[] }>(
      'GET',
      '/newsletter/settings',
    );
    expect(body.senders[0]!.transports).toEqual([
      { name: 'demo', weight: 3 },
      { name: 'direct', weight: 1 },
    ]);
  });

  it('shows transports without a relay, and where a warm-up stands', async () => {
    await open('/admin/settings/newsletter/delivery');
    await page.getByText('The recipients’ own mail servers (MX) · from 127.0.0.1').waitFor();
    await page.getByText('Warm-up: day 1 of the plan, 0 of 200 messages today').waitFor();
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
    await page.getByText(/^Nothing listens on/).waitFor();
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

  it('declares an attribute', async () => {
    await open('/admin/settings/newsletter/attributes');
    await page.getByRole('button', { name: 'Add an attribute' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Label').fill('Garden size');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('size');
    await choose(dialog.getByRole('combobox', { name: 'Type' }), 'Number');
    await dialog.getByLabel('Public').click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /Garden size\s*size Number Yes/ }).waitFor();
    await expectAccessible();
  });

  it('sets it on a person under its label, and takes no value of another type', async () => {
    await open(`${PANEL}/subscribers`);
    await page.getByRole('link', { name: 'tom@example.org' }).click();
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Garden size').fill('large');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('This is not a number.').waitFor();
    await dialog.getByLabel('Garden size').fill('250');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Garden size').waitFor();
    await page.getByText('250', { exact: true }).waitFor();
    await expectAccessible();
  });

  it('offers it to templates, segments and forms', async () => {
    await open(`${PANEL}/templates/new`);
    await page.getByRole('button', { name: 'Variables and helpers' }).click();
    await page.getByText('{{attributes.size}}').waitFor();
    await page.getByText('The attribute “Garden size” of the person.').waitFor();
    await open(`${PANEL}/segments/new`);
    await page.getByRole('button', { name: 'Add rule' }).click();
    await page.getByRole('combobox', { name: 'What the rule asks about' }).last().click();
    await page.getByRole('option', { name: /Garden size/ }).click();
    await open('/admin/settings/newsletter/forms');
    await page.getByRole('combobox', { name: 'Attributes to ask for' }).click();
    await page.getByRole('option', { name: 'Garden size' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'As a frame' }).getByText('form?attributes=size').waitFor();
    await expectAccessible();
  });

  describe('the form in a frame of another site', () => {
    let site: Server;
    const people = async (search: string) =>
      (
        await playground.admin<{ results: { status: string; attributes: object }[] }>(
          'GET',
          `/newsletter/subscribers?search=${search}`,
        )
      ).body.results;

    beforeAll(async () => {
      const frame = `<iframe title="Form" width="400" height="700" src="${playground.url}/api/newsletter/form?attributes=size&locale=en"></iframe>`;
      site = createServer((_request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end(`<!doctype html><title>A site</title>${frame}`);
      });
      await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => site.close());

    async function onSite(javaScriptEnabled: boolean, use: (frame: FrameLocator) => Promise<void>) {
      const context = await browser.newContext({ javaScriptEnabled });
      const other = await context.newPage();
      await other.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
      await use(other.frameLocator('iframe'));
      await context.close();
    }

    it('works without scripts, and keeps what was entered when something is wrong', async () => {
      await onSite(false, async (frame) => {
        await frame.getByLabel('Email address').fill('frame@example.org');
        await frame.getByLabel('Garden size').fill('large');
        await frame.getByRole('button', { name: 'Subscribe' }).click();
        await frame.getByRole('alert').waitFor();
        expect(await frame.getByLabel('Email address').inputValue()).toBe('frame@example.org');
        await frame.getByLabel('Garden size').fill('80');
        await frame.getByRole('button', { name: 'Subscribe' }).click();
        await frame.getByRole('heading', { name: 'Thank you' }).waitFor();
      });
      expect(await people('frame@example.org')).toMatchObject([
        { status: 'pending', attributes: { size: 80 } },
      ]);
    });

    it('lets the widget of the captcha solve its task', async () => {
      const { body } = await playground.admin<{ consent: object }>('GET', '/newsletter/settings');
      const settings = { ...body, consent: { ...body.consent, captcha: 'altcha' } };
      expect(await playground.admin('PUT', '/newsletter/settings', settings)).toMatchObject({ status: 200 });
      await onSite(true, async (frame) => {
        await frame.getByLabel('Email address').fill('widget@example.org');
        await frame.getByRole('checkbox').click();
        await frame.locator('altcha-widget [data-state=verified]').waitFor();
        await frame.getByRole('button', { name: 'Subscribe' }).click();
        await frame.getByRole('heading', { name: 'Thank you' }).waitFor();
      });
      expect(await people('widget@example.org')).toMatchObject([{ status: 'pending' }]);
    });
  });
});

async function choose(select: Locator, option: string): Promise<void> {
  await select.click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

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
