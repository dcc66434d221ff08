import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './install.mjs';

const PLUGIN_SOURCES = ['package.json', 'strapi-server.ts', 'strapi-admin.ts', 'server', 'admin', 'shared'];
const PLAYGROUND_SOURCES = ['package.json', 'tsconfig.json', 'config', 'src'].map(
  (name) => `playground/${name}`,
);

/** Builds `dist/` unless it was built from exactly these sources. */
export function ensureBuilt() {
  withLock(() => {
    const wanted = hashOf(PLUGIN_SOURCES);
    if (stampOf('dist/.built') === wanted) return;
    console.log('Building the plugin …');
    run(bin('strapi-plugin'), ['build', '--silent']);
    writeFileSync(path.join(root, 'dist/.built'), wanted);
  });
}

/**
 * Compiles the playground's server, and with `panel` also bundles the admin panel (about a minute), unless that was
 * done from exactly these sources.
 * @param {{panel: boolean}} options
 */
export function ensurePlaygroundBuilt({ panel }) {
  ensureBuilt();
  withLock(() => {
    const wanted = hashOf([...PLAYGROUND_SOURCES, ...(panel ? PLUGIN_SOURCES : [])]);
    const stamp = `playground/dist/.built-${panel ? 'panel' : 'server'}`;
    if (stampOf(stamp) === wanted) return;
    if (panel) {
      console.log('Building the admin panel …');
      // A panel that changed under a kept chunk cache would mix old and new modules.
      rmSync(path.join(root, 'playground/dist'), { recursive: true, force: true });
      run(bin('strapi'), ['build', '--silent'], {
        cwd: path.join(root, 'playground'),
        env: { ...process.env, NODE_ENV: 'production', STRAPI_TELEMETRY_DISABLED: 'true' },
      });
      writeFileSync(path.join(root, 'playground/dist/.built-server'), hashOf(PLAYGROUND_SOURCES));
    } else {
      run(bin('tsc'), ['-p', 'tsconfig.json'], { cwd: path.join(root, 'playground') });
    }
    writeFileSync(path.join(root, stamp), wanted);
  });
}

/** @param {string} name of an installed command */
export function bin(name) {
  return path.join(root, 'node_modules/.bin', name);
}

/** @param {string} file */
function stampOf(file) {
  const full = path.join(root, file);
  return existsSync(full) ? readFileSync(full, 'utf8') : null;
}

/** @param {string[]} entries files and folders below the root */
function hashOf(entries) {
  const hash = createHash('sha256');
  for (const file of entries.flatMap(filesBelow).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * @param {string} entry
 * @returns {string[]}
 */
function filesBelow(entry) {
  const full = path.join(root, entry);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [entry];
  return readdirSync(full)
    .filter((name) => name !== 'node_modules' && name !== 'dist')
    .flatMap((name) => filesBelow(path.join(entry, name)));
}

/**
 * Test files run in processes of their own and may ask for a build at the same time: one builds, the others wait.
 * The lock is a folder (made atomically) with the holder's pid in it.
 * @param {() => void} work
 */
function withLock(work) {
  const folder = path.join(root, 'node_modules/.cache/newsletter-build.lock');
  const deadline = Date.now() + 10 * 60_000;
  mkdirSync(path.dirname(folder), { recursive: true });
  for (;;) {
    try {
      mkdirSync(folder);
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      if (!holderLives(folder)) rmSync(folder, { recursive: true, force: true });
      else if (Date.now() > deadline) throw new Error(`${folder} is held by another build for too long`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    writeFileSync(path.join(folder, 'pid'), String(process.pid));
    work();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function holderLives(folder) {
  const file = path.join(folder, 'pid');
  // No pid yet: the holder is between the two steps, unless it died there.
  if (!existsSync(file))
    return Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 5_000;
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}
