import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignDto, FiringDto, ListDto, Paged, RuleDto, Settings } from '../../shared/contracts';
import { inputOf } from '../../admin/src/pages/Rules/editor/fields';
import { openPanel, type Panel } from '../helpers/panel';
import { freePort, startPlayground, type TestPlayground } from '../helpers/playground';
import { services } from '../helpers/services';

const ARTICLES = '/content-manager/collection-types/api::article.article';
const FIRST_LOAD = 60_000;

/** Nothing is sent here: the transport only has to be configured. */
describe.skipIf(!services.chromium)('publishing in the panel', () => {
  let playground: TestPlayground;
  let panel: Panel;

  beforeAll(async () => {
    playground = await startPlayground({ panel: true, smtpPort: await freePort() });
    const settings = (await playground.admin<Settings>('GET', '/newsletter/settings')).body;
    await ok('PUT', '/newsletter/settings', {
      ...settings,
      brand: { ...settings.brand, name: 'Harbour Weekly', postalAddress: '12 Quay Street, Bristol' },
      senders: [{ id: 'editors', name: 'Harbour Weekly', email: 'editors@news.example.com' }],
    });
    const list = await ok<ListDto>('POST', '/newsletter/lists', { name: 'Readers', isDefault: true });
    await ok('POST', '/newsletter/subscribers', {
      email: 'ann@example.org',
      lists: [list.documentId],
      consent: true,
    });
    await publish('The old boat');
    panel = await openPanel(playground, services.chromium!);
  });

  afterAll(async () => {
    await panel?.close();
    await playground?.stop();
  });

  async function ok<T>(method: string, route: string, body?: unknown): Promise<T> {
    const answer = await playground.admin<T>(method, route, body);
    expect([200, 201, 204], `${method} ${route}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
    return answer.body;
  }

  async function publish(title: string): Promise<string> {
    const body = [{ type: 'paragraph', children: [{ type: 'text', text: `All about ${title}.` }] }];
    const answer = await ok<{ data: { documentId: string } }>('POST', `${ARTICLES}/actions/publish`, {
      title,
      body,
    });
    return answer.data.documentId;
  }

  async function firingOf(title: string, state?: string): Promise<FiringDto> {
    for (const end = Date.now() + 30_000; ; ) {
      const { results } = await ok<Paged<FiringDto>>('GET', '/newsletter/rules/activity');
      const found = results.find((firing) => firing.title === title);
      if (found && found.state !== 'pending' && (!state || found.state === state)) return found;
      if (Date.now() > end) throw new Error(`no firing of ${title}: ${JSON.stringify(results)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function changeRule(patch: Partial<RuleDto>): Promise<void> {
    const [rule] = (await ok<Paged<RuleDto>>('GET', '/newsletter/rules')).results;
    await ok('PUT', `/newsletter/rules/${rule!.documentId}`, { ...inputOf(rule!), ...patch });
  }

  it('writes a rule, and shows beside it the mail of the entry published last', async () => {
    const { page } = panel;
    await page.goto(`${playground.url}/admin/plugins/newsletter/rules`, { timeout: FIRST_LOAD });
    await page.getByText('With a rule, publishing an entry writes the newsletter for you.').waitFor();
    expect(await panel.findings()).toEqual([]);

    await page.getByRole('link', { name: 'Create rule' }).first().click();
    await page.getByRole('button', { name: 'Save' }).waitFor();
    await page.getByRole('combobox', { name: /Content type/ }).click();
    await page.getByRole('option', { name: 'Article' }).click();
    await page.getByText('Publishing “The old boat” fires the rule.').waitFor();
    await page.frameLocator('iframe[title="Preview"]').getByText('All about The old boat.').waitFor();

    await page.getByRole('textbox', { name: 'Subject' }).fill('New: {{entry.title}}');
    await page.getByText('New: The old boat', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Add a condition' }).click();
    await page.getByRole('combobox', { name: 'Value of condition 1' }).click();
    await page.getByRole('option', { name: 'No' }).click();
    await page.getByText('Publishing “The old boat” does not fire the rule').waitFor();
    await page.getByRole('button', { name: 'Remove condition 1' }).click();
    await page.getByText('Publishing “The old boat” fires the rule.').waitFor();

    // The default list is chosen already.
    await page
      .getByRole('combobox', { name: /To these lists/ })
      .filter({ hasText: 'Readers' })
      .waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /New Article.*Article.*Makes a draft/ }).waitFor();
    expect(await panel.findings()).toEqual([]);

    await page.getByRole('switch', { name: 'New Article is enabled' }).click();
    await page.getByText('The rule New Article is off.').waitFor();
    await page.getByRole('switch', { name: 'New Article is enabled' }).click();
    await page.getByText('The rule New Article is on.').waitFor();
  });

  it('makes a draft of an article that is published in Content Manager, and says so beside it', async () => {
    const { page } = panel;
    await page.goto(`${playground.url}/admin${ARTICLES}/create`);
    const publishes = page.getByRole('button', { name: 'Publish', exact: true });
    await publishes.waitFor();
    // On a slow machine Content Manager empties its form once more after it is shown.
    for (const end = Date.now() + 30_000; !(await publishes.isEnabled()) && Date.now() < end; ) {
      await page.getByRole('textbox', { name: /title/i }).fill('Boats {{arrive}} early');
      await page.waitForTimeout(1000);
    }
    await publishes.click();
    const box = page.getByRole('complementary').filter({ hasText: 'Newsletter' });
    await box.getByText('Draft', { exact: true }).waitFor();
    await box.getByRole('link').first().click();
    await page.waitForURL(/\/newsletter\/campaigns\//);
    const { campaign } = await firingOf('Boats {{arrive}} early');
    expect(page.url()).toContain(campaign!.documentId);
    const made = await ok<CampaignDto>('GET', `/newsletter/campaigns/${campaign!.documentId}`);
    expect(made).toMatchObject({ state: 'draft', sender: 'editors' });
    await page.getByText('New: Boats {{arrive}} early', { exact: true }).first().waitFor();
  });

  it('has a column in the list of articles, and none in lists without rules', async () => {
    const { page } = panel;
    await page.goto(`${playground.url}/admin${ARTICLES}`);
    await page.getByRole('row', { name: /The old boat/ }).waitFor();
    await page.locator('thead th', { hasText: 'Newsletter' }).waitFor();
    await page.getByRole('row', { name: /Boats.*Draft/ }).waitFor();
    expect(await page.getByRole('row', { name: /The old boat/ }).textContent()).toContain('–');
    await page.goto(`${playground.url}/admin/content-manager/collection-types/api::notice.notice`);
    await page.getByRole('heading', { level: 1, name: /Notice/ }).waitFor();
    expect(await page.locator('thead th', { hasText: 'Newsletter' }).count()).toBe(0);
  });

  it('makes a draft of an entry when a person asks for it, but not of changes that are not saved', async () => {
    const { page } = panel;
    const id = await publish('Sails');
    await firingOf('Sails');
    await page.goto(`${playground.url}/admin${ARTICLES}/${id}`);
    const title = page.getByRole('textbox', { name: /title/i });
    await title.fill('Sails!');
    await page.getByRole('button', { name: 'More actions' }).first().click();
    await page.getByRole('menuitem', { name: 'Send as newsletter' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('There are changes that are not saved.').waitFor();
    expect(await dialog.getByRole('button', { name: 'Create the draft' }).isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await title.fill('Sails');
    await page.getByRole('button', { name: 'More actions' }).first().click();
    await page.getByRole('menuitem', { name: 'Send as newsletter' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create the draft' }).click();
    await page.waitForURL(/\/newsletter\/campaigns\/[a-z0-9]+\/content$/);
    await page.getByText('New: Sails', { exact: true }).first().waitFor();
  });

  it('stops what is scheduled, beside the entry', async () => {
    const { page } = panel;
    await changeRule({ action: 'schedule', delayMinutes: 120 });
    const id = await publish('Anchors');
    expect(await firingOf('Anchors')).toMatchObject({
      state: 'done',
      message: null,
      campaign: { state: 'scheduled' },
    });
    await page.goto(`${playground.url}/admin${ARTICLES}/${id}`);
    const box = page.getByRole('complementary').filter({ hasText: 'Newsletter' });
    await box.getByText('Sends in 2 hours').waitFor();
    await box.getByRole('button', { name: 'Stop it: back to draft' }).click();
    await box.getByText('Draft', { exact: true }).waitFor();
    expect((await firingOf('Anchors')).campaign?.state).toBe('draft');
  });

  it('shows what is held, and releases it or not', async () => {
    const { page } = panel;
    await changeRule({ action: 'draft', holdAbove: 1 });
    await publish('Ropes');
    await publish('Knots');
    await firingOf('Ropes', 'held');
    await firingOf('Knots', 'held');
    await page.goto(`${playground.url}/admin/plugins/newsletter/rules/activity?state=held`);
    const ropes = page.getByRole('row', { name: /Ropes/ });
    await ropes.getByText('Held', { exact: true }).waitFor();
    expect(await panel.findings()).toEqual([]);
    await ropes.getByRole('button', { name: 'Release' }).click();
    await page.getByText('A campaign was made of Ropes.').waitFor();
    await page.getByRole('row', { name: /Knots/ }).getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('Nothing is in this state.').waitFor();
    expect((await firingOf('Ropes', 'done')).campaign?.state).toBe('draft');
    expect((await firingOf('Knots', 'cancelled')).campaign).toBeNull();
  });

  it('shows nothing of it in Content Manager to people without rights in the plugin', async () => {
    const role = await ok<{ data: { id: number } }>('POST', '/admin/roles', {
      name: 'Writers',
      description: 'x',
    });
    const permissions = ['read', 'update', 'create'].map((action) => ({
      action: `plugin::content-manager.explorer.${action}`,
      subject: 'api::article.article',
      properties: { fields: ['title'], locales: ['en'] },
      conditions: [],
    }));
    await ok('PUT', `/admin/roles/${role.data.id}/permissions`, { permissions });
    const user = { email: 'writer@example.com', password: 'Newsletter1' };
    const invited = await ok<{ data: { registrationToken: string } }>('POST', '/admin/users', {
      email: user.email,
      firstname: 'Wri',
      lastname: 'Ter',
      roles: [role.data.id],
    });
    const userInfo = { firstname: 'Wri', lastname: 'Ter', password: user.password };
    await ok('POST', '/admin/register', { registrationToken: invited.data.registrationToken, userInfo });
    const writer = await openPanel(playground, services.chromium!, { user });
    try {
      const refused: string[] = [];
      writer.page.on('response', (response) => {
        if (response.url().includes('/newsletter/') && response.status() >= 400) refused.push(response.url());
      });
      await writer.page.goto(`${playground.url}/admin${ARTICLES}`);
      await writer.page.getByRole('row', { name: /Anchors/ }).waitFor();
      expect(await writer.page.locator('thead th', { hasText: 'Newsletter' }).count()).toBe(0);
      await writer.page.getByText('Anchors', { exact: true }).click();
      await writer.page.getByRole('textbox', { name: /title/i }).waitFor();
      await writer.page.getByRole('button', { name: 'More actions' }).first().click();
      await writer.page.getByRole('menuitem').first().waitFor();
      expect(await writer.page.getByRole('menuitem', { name: 'Send as newsletter' }).count()).toBe(0);
      expect(await writer.page.getByText('Newsletter', { exact: true }).count()).toBe(0);
      expect(refused).toEqual([]);
    } finally {
      await writer.close();
    }
  });
});
