import { isIPv4 } from 'node:net';
import { ehloName, isHostName, type MxTransportConfig, type TransportConfig } from '../config';
import type { Context } from '../context';
import { checkTransports, warmUpStates, type WarmUpState } from '../delivery';
import type { Diagnosis } from './doctor';

/** What of Node's `dns.promises.Resolver` is needed to look at host names. */
export interface HostResolver {
  resolve4(name: string): Promise<string[]>;
  resolve6(name: string): Promise<string[]>;
  resolvePtr(name: string): Promise<string[]>;
}

/** Whether each transport can be used, and whether receivers will take our own mail server for a real one. */
export async function diagnoseTransports(ctx: Context, resolver: HostResolver): Promise<Diagnosis[]> {
  const checks = [...(await checkTransports(ctx))];
  if (checks.length === 0) {
    const text = 'No transport is configured. Add one to newsletter.config.transports.';
    return [{ level: 'fail', subject: 'transports', text }];
  }
  const warmUps = await warmUpStates(ctx, Date.now());
  const found = await Promise.all(
    checks.map(async ([name, { message }]): Promise<Diagnosis[]> => {
      const config = ctx.config.transports[name]!;
      const subject = `transport ${name}`;
      const state = warmUps.get(name);
      return [
        message === null
          ? { level: 'ok', subject, text: works(config) }
          : { level: 'fail', subject, text: message },
        ...(config.type === 'mx' ? await diagnoseHost(config, subject, resolver) : []),
        ...(state ? [{ level: 'ok' as const, subject, text: describeWarmUp(state) }] : []),
      ];
    }),
  );
  return found.flat();
}

const works = ({ type }: TransportConfig): string =>
  type === 'smtp'
    ? 'can be reached and accepts the login'
    : 'finds mail servers; whether outgoing port 25 is open, only a mail shows (Settings › Newsletter › Delivery)';

function describeWarmUp({ step, quota, used }: WarmUpState): string {
  if (step === 0) return 'its warm-up has not begun yet: nothing is sent over it';
  return `day ${step} of its warm-up: ${used} of ${quota} messages today`;
}

/** Receivers look up who connects: the address has a name (PTR), the name that address, and EHLO says that name. */
async function diagnoseHost(
  config: MxTransportConfig,
  subject: string,
  resolver: HostResolver,
): Promise<Diagnosis[]> {
  const warn = (text: string): Diagnosis[] => [{ level: 'warn', subject, text }];
  const { localAddress } = config;
  const host = ehloName(config);
  if (!isHostName(host))
    return warn(
      `It calls itself "${host}" in EHLO, which is no full host name; many servers refuse that. Set transports.<name>.name to one such as mail.example.com.`,
    );
  const all = (await Promise.all([orNone(resolver.resolve4(host)), orNone(resolver.resolve6(host))])).flat();
  if (all.length === 0) return warn(`Its name in EHLO, ${host}, has no address in DNS.`);
  if (localAddress && !all.includes(localAddress))
    return warn(
      `Its name in EHLO, ${host}, has the address ${all.join(', ')}, but mail is sent from ${localAddress}.`,
    );
  const sources = localAddress ? [localAddress] : all;
  const findings = await Promise.all(
    sources.map(async (address): Promise<Diagnosis[]> => {
      const names = (await orNone(resolver.resolvePtr(reverseName(address)))).map((one) =>
        one.toLowerCase().replace(/\.$/, ''),
      );
      if (names.includes(host))
        return [{ level: 'ok', subject, text: `${address} is ${host}, and ${host} is ${address}` }];
      const found = names.length > 0 ? `is ${names.join(', ')}` : 'does not exist';
      return warn(
        `The PTR record of ${address} ${found}; it should be ${host}. Gmail and others refuse mail without. Whoever gave you the address sets it.`,
      );
    }),
  );
  return findings.flat();
}

/** Where DNS keeps the names of an address. (`reverse` would also look into this machine's hosts file.) */
function reverseName(address: string): string {
  if (isIPv4(address)) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
  const [head = [], tail = []] = groups.map((half) => (half === '' ? [] : half.split(':')));
  const all = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  const digits = all.map((group) => group.padStart(4, '0')).join('');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
}

/** No answer counts as none: the sentence says what was looked for. */
async function orNone(answer: Promise<string[]>): Promise<string[]> {
  return answer.catch(() => []);
}
