// npm run test:faults: kills sending processes 200 times over campaigns of thousands, on the embedded queue with SQLite
// and on Redis with PostgreSQL, with and without evidence; freezes them, takes databases, queues and the disk away; lets
// the receiver misbehave at every step; and compares our ledger with the receiver's. Takes about a quarter of an hour.
// FAULTS_KILLS and FAULTS_SEED choose otherwise.
//   node scripts/test-faults.mjs [any vitest filter]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureInstalled, root } from './lib/install.mjs';

ensureInstalled();
const { bin } = await import('./lib/build.mjs');
const { startServices, stopServices } = await import('./lib/services.mjs');

const FILES = ['faults.test', 'faults-', 'queue-flush', 'queue-away', 'queue-change', 'drain'];
const filters = process.argv.slice(2);
const report = path.join(root, `tests/.run/faults-${process.pid}.jsonl`);
mkdirSync(path.dirname(report), { recursive: true });

const services = await startServices();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await stopServices();
    process.exit(1);
  });
}

let status = 1;
try {
  const seed = process.env.FAULTS_SEED ?? String(Math.floor(Math.random() * 1e9));
  const kills = process.env.FAULTS_KILLS ?? '200';
  console.log(`faults: seed ${seed}`);
  const env = {
    ...process.env,
    ...services.env,
    FAULTS_KILLS: kills,
    FAULTS_SEED: seed,
    FAULTS_REPORT: report,
  };
  const args = ['run', '--project', 'integration', ...(filters.length > 0 ? filters : FILES)];
  status = spawnSync(bin('vitest'), args, { cwd: root, stdio: 'inherit', env }).status ?? 1;
} finally {
  await stopServices();
}

for (const { name, why } of services.missing) console.log(`not run: what needs ${name} (${why})`);
printTable();
process.exit(status);

/** What each campaign came to, and the sums; whatever is in doubt is told apart by the receiver's own ledger. */
function printTable() {
  if (!existsSync(report)) return;
  /** @type {import('../tests/integration/faults-judge').Verdict[]} */
  const verdicts = readFileSync(report, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  rmSync(report);
  const columns = /** @type {const} */ ([
    'kills',
    'left',
    'accepted',
    'twice',
    'forgotten',
    'inDoubt',
    'arrived',
    'notArrived',
    'dropped',
  ]);
  const sum = Object.fromEntries(
    columns.map((name) => [name, verdicts.reduce((total, verdict) => total + verdict[name], 0)]),
  );
  sum.left = Math.max(...verdicts.map(({ left }) => left));
  const width = Math.max(...verdicts.map(({ what }) => what.length));
  const heads = [
    'kills',
    'most left open',
    'accepted',
    'twice',
    'forgotten',
    'in doubt',
    'arrived',
    'not arrived',
    'dropped after the dot',
  ];
  const line = (/** @type {string} */ name, /** @type {(string | number)[]} */ cells) =>
    console.log(
      [name.padEnd(width), ...cells.map((cell, i) => String(cell).padStart(heads[i].length))].join('  '),
    );
  line('', heads);
  for (const verdict of verdicts)
    line(
      verdict.what,
      columns.map((name) => verdict[name]),
    );
  line(
    'sum',
    columns.map((name) => sum[name]),
  );
}
