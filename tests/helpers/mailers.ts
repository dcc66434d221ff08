import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, userNamed, waitFor } from './processes';
import { SmtpClient } from './smtp-client';

/** A mail server of somebody else's making, which relays for us and reports what it cannot deliver. */
export interface Mailer {
  port: number;
  log(): string;
  stop(): Promise<void>;
}

export interface MailerRoutes {
  /** Loopback port that mail to `bounce.example.com` is sent to. */
  bounces: number;
  /** Loopback port that all other mail is sent to. */
  rest: number;
  /** Maildir for mail to `bounce.example.com`, in place of the port. Postfix only. */
  maildir?: string;
}

interface Made {
  command: string[];
  env?: NodeJS.ProcessEnv;
  logFile: string;
  /** Command that ends it; a SIGTERM by default. */
  endBy?: string[];
}

const DOMAIN = 'bounce.example.com';
const HOST = 'relay.example.org';

export const mailers = {
  Postfix: { variable: 'postfix', make: makePostfix },
  Exim: { variable: 'exim', make: makeExim },
  OpenSMTPD: { variable: 'opensmtpd', make: makeOpenSmtpd },
} as const;
export type MailerName = keyof typeof mailers;

/** @param program its path, as the test services found it */
export async function startMailer(name: MailerName, program: string, routes: MailerRoutes): Promise<Mailer> {
  const folder = mkdtempSync(path.join(tmpdir(), `newsletter-${name.toLowerCase()}-`));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const { command, env, logFile, endBy } = mailers[name].make(program, folder, port, routes);
  const [first, ...args] = command;
  const child = spawn(first!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const log = () => `${output}${existsSync(logFile) ? readFileSync(logFile, 'utf8') : ''}`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null) {
      if (endBy) spawnSync(endBy[0]!, endBy.slice(1));
      else child.kill('SIGTERM');
    }
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitFor(
      () => (child.exitCode === null ? SmtpClient.answers(port) : Promise.reject(new Error(log()))),
      () => `${name} does not answer: ${log()}`,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, log, stop };
}

function makePostfix(
  program: string,
  folder: string,
  port: number,
  { bounces, rest, maildir }: MailerRoutes,
): Made {
  const logFile = path.join(folder, 'log');
  const nobody = userNamed('nobody');
  for (const name of ['spool', 'data']) mkdirSync(path.join(folder, name));
  const owner = userNamed('postfix');
  chownSync(path.join(folder, 'data'), owner.uid, owner.gid);
  const daemons = ['/usr/lib/postfix/sbin', '/usr/libexec/postfix'].find((at) => existsSync(at))!;
  write(folder, 'main.cf', [
    'compatibility_level = 3.6',
    `queue_directory = ${folder}/spool`,
    `data_directory = ${folder}/data`,
    `daemon_directory = ${daemons}`,
    `command_directory = ${path.dirname(program)}`,
    `maillog_file = ${logFile}`,
    `maillog_file_prefixes = ${folder}`,
    `myhostname = ${HOST}`,
    'mydestination =',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = ipv4',
    'mynetworks = 127.0.0.0/8',
    `relayhost = [127.0.0.1]:${rest}`,
    'local_recipient_maps =',
    'alias_maps =',
    // Tells soon of what it cannot deliver yet.
    'delay_warning_time = 1s',
    'minimal_backoff_time = 1s',
    'maximal_backoff_time = 1s',
    'queue_run_delay = 1s',
    ...(maildir
      ? [
          `virtual_mailbox_domains = ${DOMAIN}`,
          `virtual_mailbox_base = ${maildir}`,
          'virtual_mailbox_maps = static:./',
          `virtual_uid_maps = static:${nobody.uid}`,
          `virtual_gid_maps = static:${nobody.gid}`,
        ]
      : [`transport_maps = inline:{ {${DOMAIN}=smtp:[127.0.0.1]:${bounces}} }`]),
  ]);
  const unix = (name: string, program = name, flags = 'n - n - -') => `${name} unix ${flags} ${program}`;
  write(folder, 'master.cf', [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    unix('cleanup', 'cleanup', 'n - n - 0'),
    unix('qmgr', 'qmgr', 'n - n 1 1'),
    unix('rewrite', 'trivial-rewrite', '- - n - -'),
    unix('bounce', 'bounce', '- - n - 0'),
    unix('defer', 'bounce', '- - n - 0'),
    unix('trace', 'bounce', '- - n - 0'),
    unix('smtp', 'smtp', '- - n - -'),
    unix('error', 'error', '- - n - -'),
    unix('retry', 'error', '- - n - -'),
    unix('anvil', 'anvil', '- - n - 1'),
    unix('proxymap', 'proxymap', '- - n - -'),
    unix('tlsmgr', 'tlsmgr', '- - n 1000? 1'),
    unix('virtual', 'virtual', '- n n - -'),
    `postlog unix-dgram n - n - 1 postlogd`,
  ]);
  // Checks the configuration, makes the folders of the spool, and becomes the master.
  const postfix = [program, '-c', folder];
  return { command: [...postfix, 'start-fg'], logFile, endBy: [...postfix, 'stop'] };
}

function makeExim(program: string, folder: string, port: number, { bounces, rest }: MailerRoutes): Made {
  const user = 'Debian-exim';
  const at = addUsers(folder, [user]);
  mkdirSync(path.join(folder, 'spool'));
  const out = path.join(folder, 'out');
  mkdirSync(out);
  for (const name of ['spool', 'out']) chownSync(path.join(folder, name), FIRST_ID, FIRST_ID);
  const smtp = (name: string, to: number) => [
    `${name}:`,
    '  driver = smtp',
    `  port = ${to}`,
    '  allow_localhost',
  ];
  const router = (name: string, transport: string, ...more: string[]) => [
    `${name}:`,
    '  driver = manualroute',
    ...more,
    `  transport = ${transport}`,
    '  route_list = * 127.0.0.1',
    '  self = send',
  ];
  write(folder, 'conf', [
    `exim_path = ${program}`,
    'keep_environment = LD_LIBRARY_PATH',
    `primary_hostname = ${HOST}`,
    `spool_directory = ${folder}/spool`,
    `log_file_path = ${out}/%slog`,
    'local_interfaces = 127.0.0.1',
    `daemon_smtp_ports = ${port}`,
    `exim_user = ${user}`,
    `exim_group = ${user}`,
    'tls_advertise_hosts =',
    'host_lookup =',
    'rfc1413_hosts =',
    'acl_smtp_rcpt = acl_all',
    'begin acl',
    'acl_all:',
    '  accept',
    'begin routers',
    ...router('to_us', 'to_listener', `  domains = ${DOMAIN}`),
    ...router('to_others', 'to_rest'),
    'begin transports',
    ...smtp('to_listener', bounces),
    ...smtp('to_rest', rest),
    'begin retry',
    '* * F,1h,1s',
  ]);
  const libraries = path.resolve(path.dirname(program), '../lib/x86_64-linux-gnu');
  return {
    command: inside([...at], [program, '-C', path.join(folder, 'conf'), '-bdf', '-q1m']),
    env: { LD_LIBRARY_PATH: libraries },
    logFile: path.join(out, 'mainlog'),
  };
}

function makeOpenSmtpd(program: string, folder: string, port: number, { bounces, rest }: MailerRoutes): Made {
  const at = addUsers(folder, ['opensmtpd', 'opensmtpq']);
  for (const name of ['spool', 'run', 'lib/opensmtpd/empty'])
    mkdirSync(path.join(folder, name), { recursive: true });
  write(folder, 'conf', [
    `listen on 127.0.0.1 port ${port} hostname ${HOST}`,
    `action "bounces" relay host smtp://127.0.0.1:${bounces} helo ${HOST}`,
    `action "rest" relay host smtp://127.0.0.1:${rest} helo ${HOST}`,
    `match from any for domain "${DOMAIN}" action "bounces"`,
    'match from any for any action "rest"',
  ]);
  const binds: [string, string][] = [
    [path.join(folder, 'spool'), '/var/spool'],
    [path.join(folder, 'run'), '/run'],
    [path.join(folder, 'lib'), '/var/lib'],
  ];
  return {
    command: inside([...at, ...binds], [program, '-d', '-f', path.join(folder, 'conf')]),
    logFile: path.join(folder, 'log'),
  };
}

const FIRST_ID = 61_001;

/** Lists of users and groups with some more, for a name space of one server's own: the machine's stay as they are. */
function addUsers(folder: string, names: readonly string[]): [string, string][] {
  const lines = (line: (name: string, id: number) => string) =>
    names.map((name, nth) => line(name, FIRST_ID + nth)).join('\n');
  const passwd = lines((name, id) => `${name}:x:${id}:${id}::${folder}:/usr/sbin/nologin`);
  const group = lines((name, id) => `${name}:x:${id}:`);
  writeFileSync(path.join(folder, 'passwd'), `${readFileSync('/etc/passwd', 'utf8')}${passwd}\n`);
  writeFileSync(path.join(folder, 'group'), `${readFileSync('/etc/group', 'utf8')}${group}\n`);
  return [
    [path.join(folder, 'passwd'), '/etc/passwd'],
    [path.join(folder, 'group'), '/etc/group'],
  ];
}

/** Runs a program where these files and folders stand in for the machine's, for it alone. */
function inside(binds: readonly [string, string][], program: readonly string[]): string[] {
  const script = [
    'mount --make-rprivate / && ',
    ...binds.map(([from, to]) => `mount --bind '${from}' '${to}' && `),
    'exec "$0" "$@"',
  ].join('');
  return ['unshare', '--mount', 'sh', '-c', script, ...program];
}

const write = (folder: string, name: string, lines: readonly string[]) =>
  writeFileSync(path.join(folder, name), `${lines.join('\n')}\n`);
