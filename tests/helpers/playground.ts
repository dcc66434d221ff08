import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { adminToken, makeDkimKey, startPlayground as start } from '../../scripts/lib/playground.mjs';

export { ADMIN, freePort } from '../../scripts/lib/playground.mjs';

export interface TestPlayground {
  url: string;
  pid: number;
  folder: string;
  /** Value of the TXT record demo._domainkey.news.example.com. */
  dkimRecord: string;
  output(): string;
  /** Calls the admin API as the first admin; `path` starts with `/newsletter/…` or `/admin/…`. */
  admin<T = unknown>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  token: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * A real Strapi in its own process over a fresh SQLite database, with an admin.
 * @param options.panel also serve the admin panel
 * @param options.smtpPort port of the SMTP server that its transport "demo" uses
 * @param options.folder keep and reuse this folder instead of a temporary one
 */
export async function startPlayground(
  options: { panel?: boolean; smtpPort?: number; folder?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<TestPlayground> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), 'newsletter-playground-'));
  const dkimRecord = makeDkimKey(folder);
  const playground = await start({ ...options, folder });
  const token = await adminToken(playground.url);
  return {
    url: playground.url,
    pid: playground.pid,
    output: playground.output,
    folder,
    dkimRecord,
    token,
    async admin<T>(method: string, route: string, body?: unknown) {
      const response = await fetch(playground.url + route, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, body: (text ? JSON.parse(text) : null) as T };
    },
    async stop(signal) {
      await playground.stop(signal);
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}
