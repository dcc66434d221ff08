import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from './install.mjs';
import { freePort } from './playground.mjs';

/**
 * The services that the tests use. Each is taken from where it is named in the environment, else from a binary on the
 * PATH (or where Debian puts it), else from the distribution's package when we are root. Servers are started on free
 * loopback ports over throw-away folders, under another user where they refuse root.
 *
 * @typedef {object} Found
 * @property {string} owner
 * @property {Record<string, string>} env variables for the tests
 * @property {{name: string, pid: number}[]} started processes of ours, to be stopped by pid
 * @property {string[]} folders throw-away folders of ours
 * @property {{name: string, why: string, optional?: boolean}[]} missing
 */

const RUN = path.join(root, 'tests/.run');

/**
 * What a run has started is written down in a file of its own, so that runs beside each other do not stop each other's
 * servers, and whoever comes next can clean up behind one that was killed.
 * @param {string} owner a process id, or `setup`: kept until asked to stop
 */
const stateFile = (owner) => path.join(RUN, `services-${owner}.json`);

const SERVICES = [
  { name: 'Chromium', variable: 'TEST_CHROMIUM', package: 'chromium', start: findChromium },
  { name: 'Redis', variable: 'TEST_REDIS_URL', package: 'redis-server', start: startRedis },
  { name: 'PostgreSQL', variable: 'TEST_POSTGRES_URL', package: 'postgresql', start: startPostgres },
  { name: 'MariaDB', variable: 'TEST_MARIADB_URL', package: 'mariadb-server', start: startMariadb },
  // No package of Debian has it: used where the environment names a server.
  { name: 'MySQL', variable: 'TEST_MYSQL_URL', package: '', start: null },
  // Makers of real bounces, and a mailbox. They need root, as Debian's servers do; without it their tests are left out.
  {
    name: 'Postfix',
    variable: 'TEST_POSTFIX',
    package: 'postfix',
    start: () => asRoot('/usr/sbin/postfix'),
    optional: true,
  },
  { name: 'Dovecot', variable: 'TEST_DOVECOT', package: 'dovecot-imapd', start: findDovecot, optional: true },
  { name: 'Exim', variable: 'TEST_EXIM', package: '', start: unpackExim, optional: true },
  { name: 'OpenSMTPD', variable: 'TEST_OPENSMTPD', package: '', start: unpackOpenSmtpd, optional: true },
  { name: 'dkimpy', variable: 'TEST_DKIM_PYTHON', package: 'python3-dkim', start: findDkimPython },
];

/**
 * Finds or starts all services.
 * @param {string} [owner] whose they are: this process, or `setup` for servers that outlive it
 * @returns {Promise<Found>}
 */
export async function startServices(owner = String(process.pid)) {
  await stopServices(owner);
  await cleanUpBehindTheDead();
  /** @type {Found} */
  const found = { owner, env: {}, started: [], folders: [], missing: [] };
  for (const service of SERVICES) {
    const named = process.env[service.variable];
    if (named) {
      found.env[service.variable] = named;
      continue;
    }
    if (service.start === null) {
      const why = `no server is named in ${service.variable}`;
      found.missing.push({ name: service.name, why, optional: true });
      continue;
    }
    try {
      let value = await service.start(found);
      if (value === null && service.package && installPackage(service.package))
        value = await service.start(found);
      if (value === null) throw new Error(`not on the PATH; install the package ${service.package}`);
      found.env[service.variable] = value;
    } catch (error) {
      const why = /** @type {Error} */ (error).message;
      found.missing.push({ name: service.name, why, optional: service.optional });
    }
    remember(found);
  }
  remember(found);
  return found;
}

/**
 * Stops what `startServices` started for this owner, by process id, and removes its folders.
 * @param {string} [owner]
 */
export async function stopServices(owner = String(process.pid)) {
  const file = stateFile(owner);
  if (!existsSync(file)) return;
  /** @type {Found} */
  const found = JSON.parse(readFileSync(file, 'utf8'));
  for (const { pid, name } of found.started) {
    // A recycled process id must not be hit: look at what runs under it.
    if (!commandOf(pid).includes(name)) continue;
    process.kill(pid, name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    await until(() => !alive(pid), 15_000).catch(() => process.kill(pid, 'SIGKILL'));
  }
  for (const folder of found.folders) rmSync(folder, { recursive: true, force: true });
  rmSync(file, { force: true });
}

/** Runs that were killed could not stop their servers. */
async function cleanUpBehindTheDead() {
  for (const name of existsSync(RUN) ? readdirSync(RUN) : []) {
    const owner = Number(/^services-(\d+)\.json$/.exec(name)?.[1]);
    if (owner && !alive(owner)) await stopServices(String(owner));
  }
}

/**
 * Command line of a process, empty when there is none.
 * @param {number} pid
 */
function commandOf(pid) {
  const file = `/proc/${pid}/cmdline`;
  if (existsSync('/proc/self/cmdline')) return existsSync(file) ? readFileSync(file, 'utf8') : '';
  return spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

/** @param {Found} found */
function remember(found) {
  mkdirSync(RUN, { recursive: true });
  writeFileSync(stateFile(found.owner), JSON.stringify(found, null, 2));
}

/** @returns {Promise<string | null>} */
async function findChromium() {
  return which('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome');
}

/** @returns {Promise<string | null>} the first Python that has the verifier; a package of Debian belongs to Debian's own */
async function findDkimPython() {
  for (const python of [which('python3'), which('/usr/bin/python3')]) {
    if (python && spawnSync(python, ['-c', 'import dkim'], { stdio: 'ignore' }).status === 0) return python;
  }
  return null;
}

/**
 * @param {string} binary
 * @returns {Promise<string | null>}
 */
async function asRoot(binary) {
  if (process.getuid?.() !== 0) throw new Error('can only be started by root');
  return which(binary);
}

/** @returns {Promise<string | null>} with its IMAP part, which is a package of its own */
async function findDovecot() {
  const dovecot = await asRoot('/usr/sbin/dovecot');
  return existsSync('/usr/lib/dovecot/imap') ? dovecot : null;
}

/** @returns {Promise<string | null>} */
async function unpackExim() {
  return unpacked(['exim4-daemon-light', 'libidn12'], 'usr/sbin/exim4');
}

/** @returns {Promise<string | null>} */
async function unpackOpenSmtpd() {
  return unpacked(['opensmtpd'], 'usr/sbin/smtpd');
}

/**
 * A program of packages that exclude each other, so that none of them can be installed: they are unpacked beside the
 * system, once.
 * @param {string[]} packages the program's first
 * @param {string} program path within the packages
 * @returns {Promise<string | null>}
 */
async function unpacked(packages, program) {
  const folder = path.join(RUN, 'packages', packages[0]);
  const binary = path.join(folder, program);
  if (!(await asRoot('/usr/bin/dpkg')) || !which('apt-get') || !which('unshare'))
    throw new Error('needs Debian and name spaces');
  if (existsSync(binary)) return binary;
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0)
    throw new Error('needs a mount name space, which this machine does not give');
  refreshPackageLists();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`Unpacking ${packages.join(', ')} …`);
  const run = (/** @type {string[]} */ [command, ...args]) => {
    const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
  };
  run(['apt-get', 'download', ...packages]);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    run(['dpkg', '-x', file, folder]);
    rmSync(path.join(folder, file));
  }
  chmodSync(binary, 0o755); // without its set-user-id bit
  return binary;
}

/**
 * @param {Found} found
 * @returns {Promise<string | null>}
 */
async function startRedis(found) {
  const binary = which('redis-server');
  if (!binary) return null;
  const port = await freePort();
  const folder = throwAwayFolder(found, 'redis');
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ];
  launch(found, 'redis-server', binary, args, null, folder);
  await accepting(port, folder);
  return `redis://127.0.0.1:${port}`;
}

/**
 * @param {Found} found
 * @returns {Promise<string | null>}
 */
async function startPostgres(found) {
  const initdb = which('initdb', ...debianPostgres('initdb'));
  const postgres = which('postgres', ...debianPostgres('postgres'));
  if (!initdb || !postgres) return null;
  const folder = throwAwayFolder(found, 'postgres');
  const user = unprivileged(folder, ['postgres', 'nobody']);
  const data = path.join(folder, 'data');
  const init = spawnSync(initdb, ['-D', data, '-U', 'newsletter', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    encoding: 'utf8',
    cwd: folder,
    ...user,
  });
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr || init.error?.message}`);
  const port = await freePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'max_connections=200'];
  launch(found, 'postgres', postgres, args, user, folder);
  await accepting(port, folder);
  return `postgres://newsletter@127.0.0.1:${port}/postgres`;
}

/**
 * @param {Found} found
 * @returns {Promise<string | null>}
 */
async function startMariadb(found) {
  const server = which('mariadbd', 'mysqld', '/usr/sbin/mariadbd');
  const install = which('mariadb-install-db', 'mysql_install_db');
  if (!server || !install) return null;
  const folder = throwAwayFolder(found, 'mariadb');
  const user = unprivileged(folder, ['mysql', 'nobody']);
  const data = path.join(folder, 'data');
  const init = spawnSync(
    install,
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { encoding: 'utf8', cwd: folder, ...user },
  );
  if (init.status !== 0) throw new Error(`mariadb-install-db failed: ${init.stderr || init.stdout}`);
  const port = await freePort();
  const args = ['--no-defaults', `--datadir=${data}`, `--port=${port}`, '--bind-address=127.0.0.1'];
  launch(
    found,
    'mariadbd',
    server,
    [...args, `--socket=${folder}/s.sock`, `--pid-file=${folder}/pid`],
    user,
    folder,
  );
  await accepting(port, folder);
  return `mysql://root@127.0.0.1:${port}/mysql`;
}

/**
 * @param {Found} found
 * @param {string} name as it shows in the process list
 * @param {string} binary
 * @param {string[]} args
 * @param {{uid: number, gid: number} | null} user
 * @param {string} folder
 */
function launch(found, name, binary, args, user, folder) {
  const log = path.join(folder, 'log');
  // Through a shell only for the redirection; `exec` keeps the process id.
  const child = spawn('/bin/sh', ['-c', 'exec "$0" "$@" >"$LOG" 2>&1 </dev/null', binary, ...args], {
    cwd: folder,
    env: { ...process.env, LOG: log },
    detached: true,
    stdio: 'ignore',
    ...user,
  });
  child.unref();
  found.started.push({ name, pid: /** @type {number} */ (child.pid) });
  remember(found);
}

/**
 * @param {Found} found
 * @param {string} name
 */
function throwAwayFolder(found, name) {
  const folder = mkdtempSync(path.join(tmpdir(), `newsletter-${name}-`));
  chmodSync(folder, 0o755);
  found.folders.push(folder);
  return folder;
}

/**
 * When we are root: another user, who owns the folder from now on. Otherwise nothing.
 * @param {string} folder
 * @param {string[]} names in order of preference
 */
export function unprivileged(folder, names) {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const user = names.map((name) => users.find((fields) => fields[0] === name)).find(Boolean);
  if (user) {
    const [uid, gid] = [Number(user[2]), Number(user[3])];
    chownSync(folder, uid, gid);
    return { uid, gid };
  }
  throw new Error('is run as root and finds no other user');
}

/**
 * Where Debian puts a program of PostgreSQL, newest version first.
 * @param {string} name
 */
export function debianPostgres(name) {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return [];
  const versions = readdirSync(base).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => path.join(base, version, 'bin', name));
}

/**
 * The first of these programs that there is.
 * @param {string[]} names commands or absolute paths
 */
export function which(...names) {
  for (const name of names) {
    if (path.isAbsolute(name)) {
      if (existsSync(name)) return name;
      continue;
    }
    for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
      const full = path.join(folder, name);
      if (folder && existsSync(full)) return full;
    }
  }
  return null;
}

let packageListsFresh = false;

function refreshPackageLists() {
  if (!packageListsFresh) packageListsFresh = apt('update', '-qq');
}

/** @param {string[]} args of apt-get */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}

/**
 * @param {string} name
 * @returns {boolean} whether the package is there now
 */
function installPackage(name) {
  if (process.getuid?.() !== 0 || !which('apt-get')) return false;
  console.log(`Installing the package ${name} …`);
  refreshPackageLists();
  // Debian starts a server right after its installation; ours run on ports of their own.
  const policy = '/usr/sbin/policy-rc.d';
  const ownPolicy = !existsSync(policy);
  if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return apt('install', '-y', '-qq', '--no-install-recommends', name);
  } finally {
    if (ownPolicy) rmSync(policy, { force: true });
  }
}

/**
 * Waits until somebody accepts connections on the port.
 * @param {number} port
 * @param {string} folder where the log is, for the error
 */
async function accepting(port, folder) {
  const probe = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  await until(probe, 60_000).catch(() => {
    throw new Error(
      `does not accept connections; its log: ${readFileSync(path.join(folder, 'log'), 'utf8')}`,
    );
  });
}

/**
 * @param {() => unknown} condition
 * @param {number} timeout milliseconds
 */
async function until(condition, timeout) {
  const deadline = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('timed out');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
