import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Runs a command in the repository, its output shown.
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @throws Error when it fails
 */
export function run(command, args, { cwd = root, env = process.env } = {}) {
  const result = spawnSync(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.error) throw result.error;
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed (${result.signal ?? result.status})`);
}

/** Installs the locked dependencies when they are missing or the lock file has changed since. */
export function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node.js 20.19 or newer is needed; this is ${process.version}`);
  }
  if (!isInstalled()) {
    console.log('Installing dependencies …');
    // Not `npm ci`: it refuses a lock file that lacks the optional binaries of other platforms; the versions are the same.
    run('npm', ['install', '--no-audit', '--no-fund']);
  }
}

/** npm leaves the list of what it installed in node_modules: the same versions as in the lock file, or not. */
function isInstalled() {
  const installed = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const versions = (/** @type {string} */ file) => {
    const { packages } = JSON.parse(readFileSync(file, 'utf8'));
    return new Map(
      Object.entries(packages).map(([name, entry]) => [name, /** @type {any} */ (entry).version]),
    );
  };
  const have = versions(installed);
  const wanted = versions(path.join(root, 'package-lock.json'));
  // Optional packages of other platforms are in the lock file only, so look at what is there.
  return [...have].every(([name, version]) => wanted.get(name) === version) && have.size > 100;
}
