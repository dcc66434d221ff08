// Finds or starts the services that the tests use; `--stop` ends what an earlier call started.
// `npm test` calls this itself. To run single tests against them: `npm run test:setup`, then
// `node scripts/test.mjs --keep tests/integration/…`.
import { ensureInstalled } from './lib/install.mjs';

ensureInstalled();
const { startServices, stopServices } = await import('./lib/services.mjs');

if (process.argv.includes('--stop')) {
  await stopServices();
} else {
  const found = await startServices();
  for (const [name, value] of Object.entries(found.env)) console.log(`${name}=${value}`);
  for (const { name, why } of found.missing) console.log(`${name}: not run (${why})`);
}
