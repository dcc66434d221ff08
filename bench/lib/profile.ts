import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import path from 'node:path';

/**
 * With `BENCH_PROFILE=folder`, takes a CPU profile of this process from now until the result is called, and writes it
 * there: open it in Chromium's developer tools, or in an editor. Otherwise does nothing.
 */
export async function startProfile(): Promise<() => Promise<void>> {
  const folder = process.env.BENCH_PROFILE;
  if (!folder) return async () => {};
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${Date.now()}-${process.pid}.cpuprofile`), JSON.stringify(profile));
  };
}
