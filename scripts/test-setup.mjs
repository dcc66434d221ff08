// Finds or starts the services that the tests use, and leaves them running; `--stop` ends what an earlier call started.
// `npm test` starts its own. To run single tests without waiting for servers each time, put the variables that this
// prints into the environment: `export $(npm run --silent test:setup)`, then `npm test -- tests/integration/…`.
import { ensureInstalled } from './lib/install.mjs';

ensureInstalled();
const { startServices, stopServices } = await import('./lib/services.mjs');

if (process.argv.includes('--stop')) {
  await stopServices('setup');
} else {
  const found = await startServices('setup');
  for (const [name, value] of Object.entries(found.env)) console.log(`${name}=${value}`);
  for (const { name, why } of found.missing) console.error(`${name}: not run (${why})`);
}
