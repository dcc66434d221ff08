import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ADMIN, type TestPlayground } from './playground';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Panel {
  page: Page;
  browser: Browser;
  /** Opens a page of the plugin, `campaigns` for instance. */
  open(path: string): Promise<void>;
  /** Serious and critical findings of axe within the page's main content. */
  findings(): Promise<string[]>;
  close(): Promise<void>;
}

/** A browser of its own, logged in to the panel as the first admin (or as somebody else). */
export async function openPanel(
  playground: TestPlayground,
  executablePath: string,
  options: { locale?: 'en' | 'ja'; width?: number; user?: { email: string; password: string } } = {},
): Promise<Panel> {
  const { locale = 'en', width = 1440, user = ADMIN } = options;
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const context = await browser.newContext({
    viewport: { width, height: 1000 },
    locale,
    timezoneId: 'Europe/Berlin',
  });
  await context.addInitScript((language) => {
    if (window.top === window) localStorage.setItem('strapi-admin-language', language);
  }, locale);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${playground.url}/admin/auth/login`);
  await page.fill('input[name=email]', user.email);
  await page.fill('input[name=password]', user.password);
  await page.click('button[type=submit]');
  await page.waitForURL((url) => !url.pathname.includes('/auth/'));
  return {
    page,
    browser,
    async open(path) {
      await page.goto(`${playground.url}/admin/plugins/newsletter/${path}`);
      await page.locator('main h1').first().waitFor();
    },
    async findings() {
      await page.evaluate(AXE);
      return page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') };
        const scope = document.querySelector('[data-strapi-main-content]') ?? document.body;
        const { violations } = await axe.run(scope as HTMLElement, { iframes: false });
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
      });
    },
    close: () => browser.close(),
  };
}
