import { connect } from 'node:net';
import { bounceDomains, takesMail, type ListenerConfig } from '../config';
import type { Context } from '../context';
import type { Diagnosis } from './doctor';
import type { DnsResolver } from './doctor-dns';

type Finding = Omit<Diagnosis, 'subject'>;

/** Whether bounces find their way back: the domains of the return path in DNS, and something of ours that reads them. */
export async function diagnoseBounces(
  { config }: Pick<Context, 'config'>,
  resolver: DnsResolver,
): Promise<Diagnosis[]> {
  const domains = [...bounceDomains(config)];
  if (domains.length === 0) {
    const text =
      'No bounce domain is configured: bounces go to the senders’ own addresses, and nothing of ours reads them. See bounce.domain.';
    return takesMail(config) || hears(config) ? [] : [{ level: 'warn', subject: 'bounces', text }];
  }
  const found = await Promise.all(domains.map((domain) => diagnoseDomain(config, domain, resolver)));
  return [...found.flat(), ...(await ways(config))];
}

/** A provider tells by its webhook. */
const hears = ({ feedback }: Context['config']) => Object.keys(feedback).length > 0;

async function ways(config: Context['config']): Promise<Diagnosis[]> {
  const { listener, mailboxes } = config.bounce;
  if (!takesMail(config))
    return [
      {
        level: 'warn',
        subject: 'bounces',
        text: 'There is a bounce domain, but nothing that reads what comes there. Configure bounce.listener or bounce.mailboxes.',
      },
    ];
  return [
    ...(listener ? [await door(listener)] : []),
    ...mailboxes.map(
      ({ name, host }): Diagnosis => ({
        level: 'ok',
        subject: `mailbox ${name}`,
        text: `at ${host}; its state stands in Settings › Newsletter › Delivery`,
      }),
    ),
  ];
}

/** Milliseconds until an SMTP server of this machine should have greeted. */
const GREETING = 5_000;

/** The listener lives in the process that delivers, which may run elsewhere. */
async function door({ host, port }: ListenerConfig): Promise<Diagnosis> {
  const subject = 'SMTP listener';
  const forwarded = port === 25 ? '' : ' The world delivers to port 25: something must forward that here.';
  const local = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host;
  if (await greets(local, port))
    return { level: 'ok', subject, text: `answers on port ${port}.${forwarded}` };
  return {
    level: 'warn',
    subject,
    text: `Nothing answers on ${local}:${port}. Strapi or a worker listens there while it runs; is one running on this machine?${forwarded}`,
  };
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const done = (there: boolean) => {
      socket.destroy();
      resolve(there);
    };
    socket.setTimeout(GREETING, () => done(false));
    socket.once('data', (greeting) => done(greeting.toString('latin1').startsWith('220')));
    socket.once('error', () => done(false)).once('close', () => done(false));
  });
}

async function diagnoseDomain(
  config: Context['config'],
  domain: string,
  resolver: DnsResolver,
): Promise<Diagnosis[]> {
  const parts: [string, Promise<Finding>][] = [
    ['MX', mx(domain, resolver)],
    ['SPF', spf(domain, resolver)],
  ];
  const found = await Promise.all(
    parts.map(async ([part, finding]) => ({ subject: `${domain} ${part}`, ...(await finding) })),
  );
  return [...found, ...alignment(config, domain)];
}

/** RFC 5321 §5.1: without MX a domain's own address counts, which is rarely what was meant. */
async function mx(domain: string, resolver: DnsResolver): Promise<Finding> {
  try {
    const records = await orNone(resolver.resolveMx(domain));
    const hosts = records.sort((a, b) => a.priority - b.priority).map(({ exchange }) => exchange);
    if (hosts.length > 0 && hosts.some((host) => host !== '' && host !== '.'))
      return {
        level: 'ok',
        text: `${hosts.join(', ')} (must be this machine, or the server of the mailbox)`,
      };
    return {
      level: 'fail',
      text: `There is no MX record: bounces do not arrive, and some receivers refuse such a sender. Publish "${domain}. MX 10 <host of the listener or the mailbox>".`,
    };
  } catch (error) {
    return failed(error as NodeJS.ErrnoException);
  }
}

/** The return path is what SPF looks at (RFC 7208 §2.4): the servers that send must be allowed for it. */
async function spf(domain: string, resolver: DnsResolver): Promise<Finding> {
  try {
    const texts = (await orNone(resolver.resolveTxt(domain))).map((parts) => parts.join(''));
    const [record, second] = texts.filter((text) => /^v=spf1(?: |$)/i.test(text));
    if (record === undefined)
      return {
        level: 'fail',
        text: 'There is no SPF record, and receivers look here, not at the sender’s domain. Publish a TXT record that allows your relay, such as "v=spf1 include:<your relay> -all".',
      };
    if (second !== undefined)
      return { level: 'fail', text: 'There are several SPF records, so that none counts. Keep one.' };
    return { level: 'ok', text: record };
  } catch (error) {
    return failed(error as NodeJS.ErrnoException);
  }
}

/** DMARC counts SPF only when the return path belongs to the sender's domain (RFC 9989, relaxed alignment). */
function alignment({ domains, bounce }: Context['config'], domain: string): Diagnosis[] {
  const strangers = Object.entries(domains)
    .filter(([, own]) => (own.bounceDomain ?? bounce.domain) === domain)
    .map(([name]) => name)
    .filter((name) => !domain.endsWith(`.${name}`) && domain !== name && !sharesParent(name, domain));
  return strangers.map((name) => ({
    level: 'warn',
    subject: `${domain} alignment`,
    text: `It is not below ${name}: SPF does not count for DMARC there, only DKIM does. Give it a bounceDomain of its own, such as bounce.${name}.`,
  }));
}

/** news.example.com and bounce.example.com; with more labels than a public suffix is likely to have. */
function sharesParent(name: string, domain: string): boolean {
  const parent = name.split('.').slice(1).join('.');
  return parent.includes('.') && domain.endsWith(`.${parent}`);
}

const failed = (error: NodeJS.ErrnoException): Finding => ({
  level: 'warn',
  text: `could not be looked up (${error.code ?? error.message}). Try again, or ask another resolver with --dns.`,
});

async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
