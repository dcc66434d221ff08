import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, unprivilegedUser, waitFor } from './processes';

export interface Dovecot {
  port: number;
  /** Port of IMAP with STARTTLS. */
  plainPort: number;
  /** Certificate of the server, PEM. */
  ca: string;
  /** Maildir of a user; made when first used. Password of everybody: `secret`. */
  maildir(user: string): string;
  /** Puts a mail into a folder as an MTA would. @param folder Maildir++ name such as `.Sub`, INBOX by default */
  drop(user: string, raw: Buffer, folder?: string): void;
  /** Makes the folders of a user, for who writes into the Maildir itself. */
  prepare(user: string): void;
  /** Number of mails in a folder. */
  count(user: string, folder?: string): number;
  /** Throws a folder's index away: the server gives a new UIDVALIDITY and new UIDs. */
  forgetUids(user: string): void;
  stop(): Promise<void>;
}

/**
 * Dovecot in a folder of its own, with TLS on a loopback port.
 * @param introspection URL that says whether an access token is good; then nobody logs in with a password
 */
export async function startDovecot(binary: string, introspection?: string): Promise<Dovecot> {
  const folder = mkdtempSync(path.join(tmpdir(), 'newsletter-dovecot-'));
  chmodSync(folder, 0o755);
  const [cert, key] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const user = unprivilegedUser();
  const mail = path.join(folder, 'mail');
  mkdirSync(mail);
  const port = await freePort();
  const plainPort = await freePort();
  writeFileSync(
    path.join(folder, 'dovecot.conf'),
    `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <${cert}
ssl_key = <${key}
auth_mechanisms = ${introspection ? 'xoauth2 oauthbearer' : 'plain'}
auth_failure_delay = 0
mail_location = maildir:${mail}/%u
first_valid_uid = 1
mail_max_userip_connections = 100
passdb {
  ${introspection ? `driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = ${folder}/oauth2.conf` : 'driver = static\n  args = password=secret'}
}
userdb {
  driver = static
  args = uid=${user.uid} gid=${user.gid} home=${mail}/%u
}
service imap-login {
  inet_listener imap {
    port = ${plainPort}
  }
  inet_listener imaps {
    port = ${port}
    ssl = yes
  }
}
`,
  );
  if (introspection)
    writeFileSync(
      path.join(folder, 'oauth2.conf'),
      `introspection_mode = post\nintrospection_url = ${introspection}\nusername_attribute = user\nactive_attribute = active\nactive_value = true\n`,
    );
  const child = spawn(binary, ['-F', '-c', path.join(folder, 'dovecot.conf')], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const log = () => readFileSync(path.join(folder, 'log'), 'utf8');
  await waitFor(
    () => answers(port),
    () => `dovecot does not answer: ${log()}`,
  );

  const maildir = (name: string) => path.join(mail, name);
  const inside = (name: string, sub: string) => path.join(maildir(name), sub);
  const makeFolder = (name: string, sub: string) => {
    for (const part of ['new', 'cur', 'tmp'])
      mkdirSync(path.join(inside(name, sub), part), { recursive: true });
  };
  const own = (name: string) => execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, maildir(name)]);
  let dropped = 0;
  return {
    port,
    plainPort,
    ca: readFileSync(cert, 'utf8'),
    maildir,
    drop(name, raw, sub = '') {
      dropped += 1;
      makeFolder(name, sub);
      writeFileSync(path.join(inside(name, sub), 'new', `${Date.now()}.${dropped}.test`), raw);
      own(name);
    },
    prepare(name) {
      makeFolder(name, '');
      own(name);
    },
    count(name, sub = '') {
      const list = (part: string) => {
        try {
          return readdirSync(path.join(inside(name, sub), part)).length;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
          throw error;
        }
      };
      return list('new') + list('cur');
    },
    forgetUids(name) {
      for (const file of readdirSync(maildir(name)))
        if (/^dovecot/.test(file)) rmSync(path.join(maildir(name), file), { force: true });
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
