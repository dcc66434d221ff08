import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encode } from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPanel, type Panel } from '../helpers/panel';
import { startPlayground, type TestPlayground } from '../helpers/playground';
import { services } from '../helpers/services';

let playground: TestPlayground;
let panel: Panel;
let folder: string;

describe.skipIf(services.chromium === null)('imports in the panel', () => {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'newsletter-e2e-imports-'));
    playground = await startPlayground({ panel: true });
    await playground.admin('POST', '/newsletter/lists', { name: 'Garden letter' });
    panel = await openPanel(playground, services.chromium!);
  });
  afterAll(async () => {
    await panel?.close();
    await playground?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string, content: string | Buffer) => {
    const full = path.join(folder, name);
    writeFileSync(full, content);
    return full;
  };

  it('leads from a Japanese file to people on a list, and names the rows that were not taken', async () => {
    const { page } = panel;
    await panel.open('imports');
    await page.getByText('Bring the people of your former newsletter').waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.getByRole('button', { name: 'Import' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Upload' }).click();
    await dialog.getByText('Choose a file.').waitFor();
    const text =
      'メールアドレス,氏名,靴のサイズ\r\nhanako@example.jp,山田 花子,24\r\nnobody,だれか,25\r\ntaro@gmial.com,山田 太郎,26\r\n';
    await dialog.getByLabel('File').setInputFiles(file('会員.csv', encode(text, 'shift_jis')));
    await dialog.getByRole('button', { name: 'Upload' }).click();

    await page.getByRole('heading', { level: 1, name: '会員.csv' }).waitFor();
    await page.getByRole('cell', { name: '山田 花子' }).first().waitFor();
    const encoding = page.getByRole('combobox', { name: 'Encoding' });
    expect(await encoding.textContent()).toContain('Shift_JIS');
    await choose('Encoding', 'Windows-1252');
    await page.getByRole('cell', { name: '山田 花子' }).first().waitFor({ state: 'detached' });
    await choose('Encoding', 'Shift_JIS');
    await page.getByRole('cell', { name: '山田 花子' }).first().waitFor();
    expect(await panel.findings()).toEqual([]);

    await choose('What the column 靴のサイズ becomes', 'Create an attribute…');
    const attribute = page.getByRole('dialog');
    await attribute.getByRole('textbox', { name: 'Name' }).fill('shoe_size');
    await attribute.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'Number' }).click();
    await attribute.getByRole('button', { name: 'Use this attribute' }).click();

    await page
      .getByRole('row', { name: /Misspelt domain: 1.*taro@gmial\.com – gmail\.com may be meant/ })
      .waitFor();
    await page.getByRole('checkbox', { name: 'Leave out: Misspelt domain' }).click();
    expect(await panel.findings()).toEqual([]);

    await page.getByRole('button', { name: 'Start the import' }).click();
    await page.getByRole('alert').getByText('Say where the people agreed.').waitFor();
    await page.getByRole('combobox', { name: 'Lists' }).click();
    await page.getByRole('option', { name: 'Garden letter' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'Where did they agree?' }).fill('Garden fair');
    await page.getByRole('checkbox', { name: /The people in this file agreed/ }).click();
    await page.getByRole('button', { name: 'Start the import' }).click();

    await page.getByText('Report of the import').waitFor();
    await page.getByRole('row', { name: /3 メールアドレス "nobody" is not an email address/ }).waitFor();
    await page.getByText('Left out: Misspelt domain: 1').waitFor();
    expect(await panel.findings()).toEqual([]);
    const report = await download('Download as CSV');
    expect(report).toContain('"nobody" is not an email address.'.replaceAll('"', '""'));

    const reportUrl = page.url();
    await page.getByRole('button', { name: 'Check the people of this file' }).click();
    await page
      .getByRole('dialog')
      .getByRole('checkbox', { name: /Look up whether/ })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start the check' }).click();
    await page.getByText('Nothing found about 1 person.').waitFor();
    expect(await panel.findings()).toEqual([]);
    await page.goto(reportUrl);

    await page.getByRole('link', { name: 'Show subscribers' }).click();
    await page
      .getByRole('row', { name: /hanako@example\.jp/ })
      .getByText('Subscribed')
      .waitFor();
  });

  it('exports the people that the filter shows', async () => {
    const { page } = panel;
    await panel.open('subscribers?_q=hanako');
    await page.getByRole('row', { name: /hanako@example\.jp/ }).waitFor();
    expect(await download('Export CSV')).toMatch(
      /\r\nhanako@example\.jp,花子,山田,.*,garden-letter,24,\r\n$/,
    );
    await panel.open('subscribers?_q=zzz');
    await page.getByText('Nobody matches this search and these filters.').waitFor();
    expect((await download('Export CSV')).trim().split('\r\n')).toHaveLength(1);
    expect(await panel.findings()).toEqual([]);
  });

  it('lists the imports, and deletes one', async () => {
    const { page } = panel;
    await panel.open('imports');
    const row = page.getByRole('row', { name: /会員\.csv.*Done.*1 person added/ });
    await row.waitFor();
    await row.getByRole('button', { name: 'Delete the import of 会員.csv' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await row.waitFor({ state: 'detached' });
  });

  async function choose(label: string, option: string): Promise<void> {
    await panel.page.getByRole('combobox', { name: label }).click();
    await panel.page.getByRole('option', { name: option, exact: true }).click();
  }

  /** Presses a button and gives the text of the file that it saves. */
  async function download(button: string): Promise<string> {
    const saved = panel.page.waitForEvent('download');
    await panel.page.getByRole('button', { name: button }).click();
    return readFileSync(await (await saved).path(), 'utf8');
  }
});
