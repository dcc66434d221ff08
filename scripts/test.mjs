// npm test: installs what is missing, builds, starts real services, runs all tests, prints the sum as its last line.
//   node scripts/test.mjs [--project unit|integration|e2e] [FILE …]    any vitest filter
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root } from './lib/install.mjs';

ensureInstalled();
const { ensurePlaygroundBuilt, bin } = await import('./lib/build.mjs');
const { startServices, stopServices } = await import('./lib/services.mjs');

const filters = process.argv.slice(2);
// Of this run alone: another one beside it must not get into the sum.
const report = path.join(root, `tests/.run/report-${process.pid}.json`);
const services = await startServices();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopServices();
    process.exit(1);
  });
}

let status = 1;
try {
  const unitOnly = filters.includes('--project') && filters[filters.indexOf('--project') + 1] === 'unit';
  if (!unitOnly)
    ensurePlaygroundBuilt({ panel: !filters.length || filters.some((filter) => filter.includes('e2e')) });
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filters];
  status =
    spawnSync(bin('vitest'), args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...services.env } })
      .status ?? 1;
} finally {
  await stopServices();
}

const text = readFileSync(report, 'utf8');
rmSync(report);
const {
  numPassedTests: passed,
  numFailedTests,
  numPendingTests: pending,
  numTodoTests: todo,
  testResults,
} = JSON.parse(text);
// A file that does not load has no tests of its own, yet has failed.
const brokenFiles = testResults.filter(
  (/** @type {any} */ file) =>
    file.status === 'failed' && file.assertionResults.every((/** @type {any} */ t) => t.status !== 'failed'),
).length;
const missing = services.missing;
for (const { name, why } of missing) console.log(`not run: tests with ${name} (${why})`);
const missingFailures = process.env.CI === 'true' ? missing.filter(({ optional }) => !optional).length : 0;
const failed = Math.max(numFailedTests + brokenFiles + missingFailures, status === 0 ? 0 : 1);
console.log(`${passed} passed, ${failed} failed, ${pending + todo} skipped`);
process.exit(failed === 0 ? 0 : 1);
