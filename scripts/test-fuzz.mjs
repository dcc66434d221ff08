// npm run test:fuzz [-- RUNS [SEED]]: reads that many changed reports (default 100,000); no crash, no hang, bounded memory.
import { spawnSync } from 'node:child_process';
import { bin } from './lib/build.mjs';
import { root } from './lib/install.mjs';

const [runs = '100000', seed] = process.argv.slice(2);
const { status } = spawnSync(
  bin('vitest'),
  ['run', '--project', 'unit', 'tests/unit/feedback-report/fuzz.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, FUZZ_RUNS: runs, ...(seed === undefined ? {} : { FUZZ_SEED: seed }) },
  },
);
process.exit(status ?? 1);
