#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { VERSION } from '../constants';
import { parseBounces } from './bounce';
import { keygen, printRecord } from './dkim';
import { doctor } from './doctor';
import { UsageError } from './project';
import { worker } from './worker';

const HELP = `strapi-newsletter ${VERSION}

Run worker and doctor in the folder of a Strapi project.

  strapi-newsletter worker [--health-port PORT]
      Sends from a process of its own. Needs PostgreSQL, MySQL or MariaDB, and the Redis or PostgreSQL queue.
      Ends after the outstanding replies on SIGTERM or SIGINT; at once on the second.
      --health-port   answers GET /health and /metrics there (default: worker.healthPort)

  strapi-newsletter dkim keygen --domain DOMAIN --selector SELECTOR [--out FILE]
      Makes an RSA-2048 key, writes it (default: dkim-DOMAIN.pem) and prints the TXT record. Replaces no file.
  strapi-newsletter dkim record --key FILE [--domain DOMAIN --selector SELECTOR]
      Prints the TXT record of a key that exists.

  strapi-newsletter doctor [--dns SERVER]
      Checks configuration, transports, queue and the DNS records of the domains. Exit code 1 when something fails.
      --dns           address of the DNS server to ask, such as 1.1.1.1 or 127.0.0.1:5353

  strapi-newsletter bounce parse FILE...
      Reads bounces, complaints and automatic replies (one mail a file, - for standard input) and prints what each
      says as a line of JSON. Needs no project.

  --help, --version

Exit codes: 0 well; 1 failed; 2 wrong usage, or a project that cannot have a worker.
`;

const string = { type: 'string' } as const;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.version) return print(VERSION);
  const [command, action, ...rest] = positionals;
  if (values.help || command === 'help') return print(HELP.trimEnd());
  if (command === undefined) throw new UsageError('A command is missing.');
  if (command === 'bounce') {
    if (action !== 'parse') throw new UsageError('bounce: expected parse.');
    return parseBounces(rest);
  }
  const name = command === 'dkim' ? `dkim ${action ?? ''}`.trim() : command;
  if (command === 'dkim' ? rest.length > 0 : action !== undefined)
    throw new UsageError(`"${positionals.at(-1)}" is not expected here.`);
  switch (name) {
    case 'worker':
      return worker({ healthPort: portOf(values['health-port']) });
    case 'doctor':
      return doctor({ dns: values.dns });
    case 'dkim keygen':
      return keygen({ domain: values.domain, selector: values.selector, out: values.out });
    case 'dkim record':
      return printRecord({ key: values.key, domain: values.domain, selector: values.selector });
    case 'dkim':
      throw new UsageError('dkim: expected keygen or record.');
    default:
      throw new UsageError(`There is no command "${name}".`);
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        'health-port': string,
        dns: string,
        domain: string,
        selector: string,
        out: string,
        key: string,
      },
    });
  } catch (error) {
    // Node explains how to begin a positional argument with a dash, which nobody wants here.
    throw new UsageError((error as Error).message.replace(/\. To specify a positional.*$/s, '.'));
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new UsageError(`--health-port: expected a TCP port, found "${text}".`);
  return Number(text);
}

function print(text: string): number {
  console.log(text);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    const isUsage = error instanceof UsageError;
    console.error(`strapi-newsletter: ${error.message}${isUsage ? ' See strapi-newsletter --help.' : ''}`);
    process.exit(isUsage || ['ProjectError', 'WorkerRefusal'].includes(error.name) ? 2 : 1);
  },
);
