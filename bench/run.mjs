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

/** The variables in which a benchmark finds its database. */
const DATABASES = { postgres: 'TEST_POSTGRES_URL', mariadb: 'TEST_MARIADB_URL' };

const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .sort();
const benches = files.flatMap((file) =>
  ['sqlite', ...Object.keys(DATABASES)].map((kind) => ({
    file,
    kind,
    name: `${file.replace('.bench.ts', '')}-${kind}`,
  })),
);
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
const missing = chosen.some(
  ({ kind }) => kind !== 'sqlite' && !env[DATABASES[/** @type {'postgres'} */ (kind)]],
);
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
  for (const { file, kind, name } of chosen) {
    if (kind !== 'sqlite' && !env[DATABASES[/** @type {'postgres'} */ (kind)]]) {
      console.log(`bench ${name} not run: there is no such database on this machine`);
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
