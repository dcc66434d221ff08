import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, it } from 'vitest';
import { configSchema, parseConfig } from '../../../server/src/config';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const deploy = read('docs/deploy.md');
const manifest = JSON.parse(read('package.json')) as { bin: Record<string, string> };
const cli = read('server/src/cli/index.ts');

interface Service {
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown>;
  volumes?: string[];
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
}

const config = parseConfig({});

/** Comes with other packages, not by our package.json. */
const yaml = (() => {
  try {
    return createRequire(import.meta.url)('yaml') as typeof import('yaml');
  } catch {
    return null;
  }
})();

it('names configuration keys and defaults that exist', () => {
  const named = [...deploy.matchAll(/`(worker|metrics)\.(\w+)(?:: [^`]+)?`(?: \((\d+)\))?/g)];
  expect(named.length).toBeGreaterThan(8);
  // Keys without a default are not in the parsed configuration.
  const given = parseConfig({ worker: { healthPort: 1 }, metrics: { token: 'a-token-for-prometheus' } });
  for (const [text, room, key, value] of named as unknown as [
    string,
    'worker' | 'metrics',
    string,
    string?,
  ][]) {
    expect(Object.keys(given[room]), text).toContain(key);
    if (value) expect((config[room] as Record<string, unknown>)[key], text).toBe(Number(value));
  }
});

it('has each key of queue, worker, bounce and limits in the table of the README, with its default', () => {
  const rows = new Map<string, string>();
  const cells = new Map<string, string>();
  for (const [, keys, value] of read('README.md').matchAll(/^\| (`[a-z]+\.\w+`[^|]*) \| ([^|]+) \|/gm))
    for (const [nth, [, key]] of [...keys!.matchAll(/`([\w.]+)`/g)].entries()) {
      rows.set(key!, (value!.split(', ')[nth] ?? '').replaceAll('`', ''));
      cells.set(key!, value!);
    }
  for (const room of ['queue', 'worker', 'bounce', 'limits'] as const) {
    const shape = configSchema.shape[room].unwrap().shape;
    const named = [...rows.keys()].filter((key) => key.startsWith(`${room}.`));
    expect(named.sort()).toEqual(
      Object.keys(shape)
        .map((key) => `${room}.${key}`)
        .sort(),
    );
    for (const key of Object.keys(shape)) {
      const value = (config[room] as Record<string, unknown>)[key];
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        for (const part of Object.entries(value))
          expect(cells.get(`${room}.${key}`), `${room}.${key}`).toContain(
            `\`${part[0]}\` (${String(part[1])})`,
          );
        continue;
      }
      if (value !== undefined && !Array.isArray(value))
        expect(rows.get(`${room}.${key}`), `${room}.${key}`).toBe(String(value));
    }
  }
});

it('names commands, options and metrics that exist', () => {
  const commands = [...deploy.matchAll(/strapi-newsletter (worker|doctor|dkim \w+)/g)].map(
    ([, name]) => name!,
  );
  expect(new Set(commands)).toEqual(new Set(['worker', 'doctor', 'dkim keygen']));
  for (const name of commands) expect(cli, name).toContain(`case '${name}':`);
  for (const [, option] of deploy.matchAll(/ --([a-z-]+)/g))
    if (!['build', 'scale'].includes(option!))
      expect(cli, option).toMatch(new RegExp(`'?${option}'?: string`));
  const metrics = read('server/src/insight/metrics.ts');
  for (const [, name] of deploy.matchAll(/`newsletter_(\w+)`/g)) expect(metrics, name).toContain(name);
});

it.skipIf(yaml === null)('has a Compose file whose services, volumes and commands exist', () => {
  const { services, volumes } = yaml!.parse(read('docs/docker-compose.yml'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
  };
  expect(Object.keys(services)).toEqual(['web', 'worker', 'postgres', 'redis']);
  for (const [name, service] of Object.entries(services)) {
    for (const other of Object.keys(service.depends_on ?? {})) expect(services, name).toHaveProperty(other);
    for (const volume of service.volumes ?? []) expect(volumes).toHaveProperty(volume.split(':')[0]!);
    expect(service.healthcheck?.test, name).toBeDefined();
  }
  const { command = [], environment = {}, stop_grace_period: grace = '' } = services.worker!;
  expect(command.slice(0, 3)).toEqual([
    'node',
    path.posix.join('node_modules/strapi-plugin-newsletter', manifest.bin['strapi-newsletter']!),
    'worker',
  ]);
  expect(command[3]).toBe('--health-port');
  expect(services.worker!.healthcheck!.test.join(' ')).toContain(`127.0.0.1:${command[4]}/health`);
  // The configuration in the text reads what the Compose file sets.
  for (const name of Object.keys(environment).filter((key) => key.startsWith('NEWSLETTER_')))
    expect(deploy).toContain(`'${name}'`);
  expect(parseInt(grace, 10)).toBeGreaterThan(config.worker.drainSeconds);
});
