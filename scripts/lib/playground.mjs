import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { bin, ensurePlaygroundBuilt } from './build.mjs';
import { root } from './install.mjs';

/**
 * @typedef {object} Playground
 * @property {string} url where it listens, `http://127.0.0.1:port`
 * @property {number} pid
 * @property {() => string} output what it has printed so far
 * @property {(signal?: NodeJS.Signals) => Promise<void>} stop ends the process and waits for its end
 */

export const ADMIN = {
  email: 'admin@example.com',
  password: 'Newsletter1',
  firstname: 'Demo',
  lastname: 'Admin',
};

/**
 * Starts the playground as `strapi start` in a process of its own, over a database below `folder`.
 * @param {object} options
 * @param {string} options.folder for database, queue and keys of this instance; made when missing
 * @param {boolean} [options.panel] serve the admin panel too (built when needed, about a minute)
 * @param {number} [options.port] default: a free one
 * @param {number} [options.smtpPort] the transport's port on 127.0.0.1; without it there is no transport
 * @param {NodeJS.ProcessEnv} [options.env] more environment
 * @returns {Promise<Playground>}
 */
export async function startPlayground({ folder, panel = false, port, smtpPort, env = {} }) {
  ensurePlaygroundBuilt({ panel });
  mkdirSync(folder, { recursive: true });
  const listenPort = port ?? (await freePort());
  const url = `http://127.0.0.1:${listenPort}`;
  const child = spawn(process.execPath, [bin('strapi'), 'start'], {
    cwd: path.join(root, 'playground'),
    env: {
      ...process.env,
      NODE_ENV: 'development',
      STRAPI_TELEMETRY_DISABLED: 'true',
      HOST: '127.0.0.1',
      PORT: String(listenPort),
      PUBLIC_URL: url,
      SERVE_ADMIN_PANEL: String(panel),
      DATABASE_FILENAME: path.join(folder, 'data.db'),
      NEWSLETTER_QUEUE_FOLDER: path.join(folder, 'queue'),
      ...(smtpPort
        ? { DEMO_SMTP_PORT: String(smtpPort), DEMO_DKIM_KEY_FILE: path.join(folder, 'dkim.pem') }
        : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  await waitUntilUp(url, child, () => output);
  return {
    url,
    pid: /** @type {number} */ (child.pid),
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
}

/**
 * A DKIM key pair for tests and the demo: the private key goes to `<folder>/dkim.pem`.
 * @param {string} folder
 * @returns {string} the TXT record's value
 */
export function makeDkimKey(folder) {
  mkdirSync(folder, { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(path.join(folder, 'dkim.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
    mode: 0o600,
  });
  return `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
}

/**
 * Registers the first admin, or logs in when there is one.
 * @param {string} url
 * @returns {Promise<string>} a bearer token for the admin API
 */
export async function adminToken(url) {
  const post = async (/** @type {string} */ route, /** @type {object} */ body) =>
    fetch(`${url}/admin/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  let response = await post('register-admin', ADMIN);
  if (!response.ok) response = await post('login', { email: ADMIN.email, password: ADMIN.password });
  const body = await response.json();
  if (!response.ok) throw new Error(`admin login failed: ${JSON.stringify(body)}`);
  return body.data.token;
}

/**
 * @param {string} url
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => string} output
 */
async function waitUntilUp(url, child, output) {
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`Strapi ended at start (${child.exitCode}):\n${output()}`);
    const answer = await fetch(`${url}/_health`).catch(() => null);
    if (answer?.status === 204) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error(`Strapi did not start in three minutes:\n${output()}`);
}

/**
 * Below the range from which systems take the ports of outgoing connections and of servers that ask for any: between
 * this answer and the moment at which somebody listens there, nobody gets it by chance.
 */
const PORTS = { from: 20_000, to: 32_000 };

/** @returns {Promise<number>} a port of 127.0.0.1 that nobody listens on now */
export async function freePort() {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${PORTS.from} to ${PORTS.to}`);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
