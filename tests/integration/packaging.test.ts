import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bin, ensureBuilt } from '../../scripts/lib/build.mjs';
import { adminToken, freePort } from '../../scripts/lib/playground.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-packaging-'));
const typescript = path.join(folder, 'typescript');
const javascript = path.join(folder, 'javascript');
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Runs a command to its end. @throws Error with its output when it fails */
function run(command: string, args: string[], cwd: string): string {
  const result = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, NODE_ENV: 'development', STRAPI_TELEMETRY_DISABLED: 'true' },
  });
  if (result.status !== 0) throw new Error(`${command} ${args.join(' ')}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** The files of a new Strapi project, as `create-strapi` writes them, in either language. */
function writeProject(project: string, language: 'ts' | 'js'): void {
  const source = (value: string) =>
    language === 'ts' ? `export default ${value};\n` : `module.exports = ${value};\n`;
  const files: Record<string, string> = {
    [`config/admin.${language}`]: source(
      `({ env }${language === 'ts' ? ': { env: any }' : ''}) => ({ auth: { secret: 'a' }, apiToken: { salt: 'b' }, transfer: { token: { salt: 'c' } }, secrets: { encryptionKey: 'd'.repeat(32) }, serveAdminPanel: env.bool('SERVE_ADMIN_PANEL', true) })`,
    ),
    [`config/api.${language}`]: source('{ rest: { defaultLimit: 25, maxLimit: 100 } }'),
    [`config/database.${language}`]: source(
      `({ connection: { client: 'sqlite', connection: { filename: '.tmp/data.db' }, useNullAsDefault: true } })`,
    ),
    [`config/middlewares.${language}`]: source(
      `['strapi::logger', 'strapi::errors', 'strapi::security', 'strapi::cors', 'strapi::poweredBy', 'strapi::query', 'strapi::body', 'strapi::session', 'strapi::favicon', 'strapi::public']`,
    ),
    [`config/server.${language}`]: source(
      `({ env }${language === 'ts' ? ': { env: any }' : ''}) => ({ host: '127.0.0.1', port: env.int('PORT', 1337), app: { keys: ['a', 'b'] } })`,
    ),
    [`config/plugins.${language}`]: source('{ newsletter: { enabled: true } }'),
    [`src/index.${language}`]: source('{ register() {}, bootstrap() {} }'),
    'public/uploads/.gitkeep': '',
    ...(language === 'ts'
      ? {
          'tsconfig.json': JSON.stringify({
            extends: '@strapi/typescript-utils/tsconfigs/server',
            compilerOptions: { outDir: 'dist', rootDir: '.' },
            include: ['./', './**/*.ts', './src/**/*.json'],
            exclude: ['node_modules/', 'build/', 'dist/', '.cache/', '.tmp/', 'src/admin/'],
          }),
        }
      : {}),
    'package.json': JSON.stringify({
      name: `site-${language}`,
      version: '0.1.0',
      private: true,
      dependencies: {
        '@strapi/strapi': '5.54.0',
        'better-sqlite3': '12.11.1',
        react: '^18.0.0',
        'react-dom': '^18.0.0',
        'react-router-dom': '^6.0.0',
        'styled-components': '^6.0.0',
      },
      ...(language === 'ts'
        ? {
            devDependencies: {
              '@types/node': '^20',
              '@types/react': '^18',
              '@types/react-dom': '^18',
              typescript: '^5',
            },
          }
        : {}),
      allowScripts: manifest.allowScripts,
    }),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    writeFileSync(path.join(project, name), text);
  }
}

interface Site {
  url: string;
  output(): string;
  stop(): Promise<void>;
}

async function start(project: string, env: NodeJS.ProcessEnv = {}): Promise<Site> {
  const port = await freePort();
  const child: ChildProcess = spawn(
    process.execPath,
    ['node_modules/@strapi/strapi/bin/strapi.js', 'start'],
    {
      cwd: project,
      env: {
        ...process.env,
        NODE_ENV: 'production',
        STRAPI_TELEMETRY_DISABLED: 'true',
        PORT: String(port),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 120_000;
  while ((await fetch(`${url}/_health`).catch(() => null))?.status !== 204) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`Strapi did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** What somebody sees who installed the plugin a minute ago. */
async function expectNewsletter(site: Site): Promise<void> {
  const token = await adminToken(site.url);
  const admin = async (method: string, route: string, body?: object) => {
    const response = await fetch(`${site.url}/newsletter/${route}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  };
  expect((await fetch(`${site.url}/newsletter/lists`)).status).toBe(401);
  expect(await admin('GET', 'templates')).toMatchObject({
    status: 200,
    body: { results: [{ name: 'Letter' }] },
  });
  expect(await admin('POST', 'lists', { name: 'Readers', isDefault: true })).toMatchObject({ status: 201 });
  // A refusal keeps its status: an error class that Strapi takes for a foreign one would end as 500.
  expect(await admin('POST', 'lists', {})).toMatchObject({
    status: 400,
    body: { error: { name: 'ValidationError', message: '"name" is required.' } },
  });
  const subscribed = await fetch(`${site.url}/api/newsletter/subscribe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'reader@example.com' }),
  });
  expect(subscribed.status).toBe(202);
  expect(await admin('GET', 'subscribers')).toMatchObject({
    status: 200,
    body: { results: [{ status: 'pending' }] },
  });
}

beforeAll(() => {
  ensureBuilt();
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root),
  ) as [{ filename: string }];
  writeProject(typescript, 'ts');
  // First the site, then the plugin, as people do it.
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
  run('npm', install, typescript);
  run('npm', [...install, path.join(folder, packed.filename)], typescript);
  writeProject(javascript, 'js');
  // Strapi looks for plugins among the dependencies.
  const site = JSON.parse(readFileSync(path.join(typescript, 'package.json'), 'utf8'));
  writeFileSync(path.join(javascript, 'package.json'), JSON.stringify({ ...site, name: 'site-js' }));
  symlinkSync(path.join(typescript, 'node_modules'), path.join(javascript, 'node_modules'));
}, 900_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('passes the check of the plugin SDK', () => {
  run(bin('strapi-plugin'), ['verify'], root);
});

it('requires only what its package.json names, and bundles nothing of Strapi', () => {
  const named = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
  const isKnown = (id: string) =>
    id.startsWith('.') ||
    builtinModules.includes(id.replace(/^node:/, '')) ||
    named.has(
      id
        .split('/')
        .slice(0, id.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  for (const [file, pattern] of [
    ['dist/server/index.js', /\brequire\("([^"]+)"\)/g],
    ['dist/admin/index.mjs', /\bfrom "([^"]+)"/g],
    ['dist/cli/index.js', /\brequire\("([^"]+)"\)/g],
    ['dist/message-thread/index.js', /\brequire\("([^"]+)"\)/g],
  ] as const) {
    const text = readFileSync(path.join(typescript, 'node_modules/strapi-plugin-newsletter', file), 'utf8');
    const required = [...text.matchAll(pattern)].map((match) => match[1] ?? '');
    expect(required.length, file).toBeGreaterThan(0);
    expect(
      required.filter((id) => !isKnown(id)),
      file,
    ).toEqual([]);
    expect(text, file).not.toMatch(/class ApplicationError|node_modules\/@strapi/);
  }
});

it('makes mails in a thread of its own', () => {
  const script = `
    const { Worker } = require('node:worker_threads');
    const workerData = {
      config: { domains: {}, transports: {}, bounce: { mailboxes: [] } },
      projectDir: '.', publicUrl: 'http://localhost', secrets: { tokens: ['t'.repeat(64)], pepper: 'p'.repeat(64) },
    };
    const thread = new Worker(require.resolve('strapi-plugin-newsletter/message-thread'), { workerData });
    thread.once('message', ({ kind }) => { console.log(kind); void thread.terminate(); });`;
  expect(run('node', ['-e', script], typescript)).toBe('ready\n');
  // Where the server looks for it.
  const dist = path.join(typescript, 'node_modules/strapi-plugin-newsletter/dist');
  expect(existsSync(path.join(dist, 'server/../message-thread/index.js'))).toBe(true);
});

it('shares one copy of everything that Strapi and its panel must share', () => {
  interface Tree {
    version?: string;
    dependencies?: Record<string, Tree>;
  }
  const shared = Object.keys(manifest.peerDependencies as Record<string, string>);
  // Fails by itself when a peer dependency is missing or of a wrong version.
  const tree = JSON.parse(run('npm', ['ls', '--all', '--json', ...shared], typescript)) as Tree;
  const versions = new Map<string, Set<string>>(shared.map((name) => [name, new Set()]));
  const visit = ({ dependencies = {} }: Tree): void => {
    for (const [name, child] of Object.entries(dependencies)) {
      if (child.version) versions.get(name)?.add(child.version);
      visit(child);
    }
  };
  visit(tree);
  for (const [name, found] of versions) expect([...found], name).toHaveLength(1);
});

it('has a command that knows its version, and what it cannot do in these projects', () => {
  const command = (project: string, ...args: string[]) =>
    spawnSync('npx', ['--no-install', 'strapi-newsletter', ...args], { cwd: project, encoding: 'utf8' });
  expect(command(typescript, '--version').stdout.trim()).toBe(manifest.version);
  const unbuilt = command(typescript, 'worker');
  expect(unbuilt.stderr).toContain('is not built');
  expect(unbuilt.status).toBe(2);
  const onSqlite = command(javascript, 'worker');
  expect(onSqlite.stderr).toContain('SQLite belongs to one process');
  expect(onSqlite.status).toBe(2);
});

it('boots in a JavaScript project with nothing but enabled: true', { timeout: 180_000 }, async () => {
  const site = await start(javascript, { SERVE_ADMIN_PANEL: 'false' });
  try {
    await expectNewsletter(site);
  } finally {
    await site.stop();
  }
});

it('builds and boots in a TypeScript project, panel included', { timeout: 600_000 }, async () => {
  run(process.execPath, ['node_modules/@strapi/strapi/bin/strapi.js', 'build'], typescript);
  const site = await start(typescript);
  try {
    await expectNewsletter(site);
    const panel = await fetch(`${site.url}/admin/`);
    expect(panel.status).toBe(200);
    expect(await panel.text()).toContain('<div id="strapi"');
  } finally {
    await site.stop();
  }
});

it('has types for its documents and its service', { timeout: 300_000 }, () => {
  writeFileSync(
    path.join(typescript, 'src/uses.ts'),
    `import type { Core } from '@strapi/strapi';
import type { NewsletterApi } from 'strapi-plugin-newsletter/strapi-server';

export async function uses(strapi: Core.Strapi): Promise<string[]> {
  const api: NewsletterApi = strapi.plugin('newsletter').service('api');
  await api.subscribe({ email: 'reader@example.com', lists: ['readers'] });
  const { documentId } = await api.createCampaign({ name: 'From code' });
  const { at }: { at: string } = await api.schedule(documentId);
  const people = await strapi.documents('plugin::newsletter.subscriber').findMany({ filters: { status: 'subscribed' } });
  return [at, ...people.map((person) => person.email)];
}

// @ts-expect-error a field that does not exist
export type Wrong = Parameters<NewsletterApi['subscribe']>[0]['mail'];

export async function wrong(strapi: Core.Strapi) {
  const person = await strapi.documents('plugin::newsletter.subscriber').findFirst();
  // @ts-expect-error a field that does not exist
  return person?.nickname;
}
`,
  );
  run(
    process.execPath,
    ['node_modules/@strapi/strapi/bin/strapi.js', 'ts:generate-types', '--silent'],
    typescript,
  );
  run(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'], typescript);
});
