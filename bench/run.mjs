// npm run bench [-- NAME…]: runs the benchmarks of this folder, all of them or those whose name starts with a NAME.
// Each prints lines `bench <name> value=<n> unit=<u>` or `bench <name> ours=<n> base=<n> ratio=<n>`. See README.md.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { ensureInstalled, root } from '../scripts/lib/install.mjs';

ensureInstalled();
const { bin } = await import('../scripts/lib/build.mjs');
const { startServices, stopServices } = await import('../scripts/lib/services.mjs');

/** The variables in which a benchmark finds its services. @type {Record<string, string>} */
const SERVICES = { postgres: 'TEST_POSTGRES_URL', mariadb: 'TEST_MARIADB_URL', redis: 'TEST_REDIS_URL' };
const DATABASES = ['sqlite', 'postgres', 'mariadb'];
/** Benchmarks that do not run once a database. A variant names the services that it needs. @type {Record<string, string[]>} */
const VARIANTS = {
  send: ['embedded-sqlite', 'redis-postgres'],
  'loop-time': ['embedded-sqlite', 'redis-postgres'],
  rtt40: ['pipelining', 'chunking'],
  memory: ['embedded-sqlite'],
  'inline-latency': ['embedded-sqlite', 'redis-postgres'],
};

const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .sort();
const benches = files.flatMap((file) => {
  const base = file.replace('.bench.ts', '');
  return (VARIANTS[base] ?? DATABASES).map((kind) => ({
    file,
    kind,
    name: `${base}-${kind}`,
    needs: kind.split('-').flatMap((word) => SERVICES[word] ?? []),
  }));
});
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const chosen = benches.filter(
  ({ name }) => wanted.length === 0 || wanted.some((want) => name.startsWith(want)),
);
if (chosen.length === 0) {
  console.error(`There is no such benchmark. There are: ${benches.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

/** @type {NodeJS.ProcessEnv} */
let env = { ...process.env };
const missing = chosen.some(({ needs }) => needs.some((variable) => !env[variable]));
if (missing) {
  const services = await startServices();
  env = { ...env, ...services.env };
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    if (missing) await stopServices();
    process.exit(1);
  });
}
let failed = false;
try {
  for (const { file, kind, name, needs } of chosen) {
    if (needs.some((variable) => !env[variable])) {
      console.log(`bench ${name} not run: there is no such service on this machine`);
      continue;
    }
    console.log(`# ${name}, load average ${loadavg()[0]?.toFixed(1)}`);
    // In a process of its own: what one leaves in memory is not measured with the next.
    const { status } = spawnSync(bin('tsx'), ['--expose-gc', path.join(import.meta.dirname, file), kind], {
      cwd: root,
      stdio: 'inherit',
      env,
    });
    failed ||= status !== 0;
  }
} finally {
  if (missing) await stopServices();
}
process.exit(failed ? 1 : 0);
