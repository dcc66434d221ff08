import { checkDomains, publicUrlProblem } from '../config';
import type { Context } from '../context';
import { checkQueue, queueKind } from '../delivery';
import { loadSettings } from '../settings';
import { dialectOf } from '../storage';
import { metricsProblem } from './metrics-access';
import { diagnoseBounces } from './doctor-bounce';
import { diagnoseDomain, type DnsResolver } from './doctor-dns';
import { diagnoseTransports, type HostResolver } from './doctor-transport';

/** What of Node's `dns.promises.Resolver` is needed. */
export type DoctorResolver = DnsResolver & HostResolver;

/** One line of `strapi-newsletter doctor`. */
export interface Diagnosis {
  /** `fail`: mail does not go out or does not arrive. `warn`: it works, but somebody should look. */
  level: 'ok' | 'warn' | 'fail';
  /** What it is about. */
  subject: string;
  /** What was found and, unless ok, what to do. */
  text: string;
}

/** Looks at everything that sending needs and that can be seen from here. Changes nothing and sends nothing. */
export async function diagnose(ctx: Context, resolver: DoctorResolver): Promise<Diagnosis[]> {
  const domains = Object.entries(ctx.config.domains);
  const [queue, transports, senders, bounces, ...dns] = await Promise.all([
    diagnoseQueue(ctx),
    diagnoseTransports(ctx, resolver),
    diagnoseSenders(ctx),
    diagnoseBounces(ctx, resolver),
    ...domains.map(([name, config]) => diagnoseDomain(name, config, ctx.projectDir, resolver)),
  ]);
  return [
    { level: 'ok', subject: 'configuration', text: 'valid' },
    diagnosePublicUrl(ctx),
    diagnoseDatabase(ctx),
    queue,
    ...transports,
    ...senders,
    ...(domains.length === 0
      ? [fail('domains', 'No domain is configured. Add one to newsletter.config.domains.')]
      : []),
    ...checkDomains(ctx).map(({ domain, path, message }) => fail(domain, `${path}: ${message}`)),
    ...dns.flat(),
    ...bounces,
    ...diagnoseMetrics(ctx),
  ];
}

const fail = (subject: string, text: string): Diagnosis => ({ level: 'fail', subject, text });

/** Held to what production asks for; elsewhere it is a warning. */
function diagnosePublicUrl({ publicUrl, production }: Context): Diagnosis {
  const problem = publicUrlProblem({ publicUrl, production: true });
  const subject = 'publicUrl';
  if (problem === null) return { level: 'ok', subject, text: publicUrl };
  return { level: production ? 'fail' : 'warn', subject, text: problem };
}

function diagnoseDatabase({ knex }: Context): Diagnosis {
  const dialect = dialectOf(knex);
  const apart = dialect === 'sqlite' ? ' (one process sends; a worker apart needs PostgreSQL or MySQL)' : '';
  return { level: 'ok', subject: 'database', text: `${dialect}${apart}` };
}

function diagnoseMetrics(ctx: Context): Diagnosis[] {
  const problem = metricsProblem(ctx);
  return problem === null ? [] : [{ level: 'warn', subject: 'metrics', text: problem }];
}

async function diagnoseQueue(ctx: Context): Promise<Diagnosis> {
  const kind = queueKind(ctx);
  const problem = await checkQueue(ctx);
  if (problem !== null) return fail('queue', `${kind}: ${problem}. Check newsletter.config.queue.`);
  const apart = kind === 'embedded' ? ' (one process; a worker apart needs Redis or PostgreSQL)' : ' answers';
  return { level: 'ok', subject: 'queue', text: `${kind}${apart}` };
}

async function diagnoseSenders({ knex, config }: Context): Promise<Diagnosis[]> {
  const { senders } = await loadSettings(knex);
  if (senders.length === 0)
    return [
      {
        level: 'warn',
        subject: 'senders',
        text: 'There is no sender yet. Add one in Settings › Newsletter.',
      },
    ];
  return senders.map(({ email, transports = [] }): Diagnosis => {
    const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
    if (!Object.hasOwn(config.domains, domain))
      return fail(`sender ${email}`, `${domain} is not in newsletter.config.domains. Add it with its key.`);
    const unknown = transports.filter(({ name }) => !Object.hasOwn(config.transports, name));
    if (unknown.length > 0) {
      const names = unknown.map(({ name }) => `"${name}"`).join(', ');
      const text = `Not in newsletter.config.transports: its transport${unknown.length > 1 ? 's' : ''} ${names}.`;
      return {
        level: unknown.length === transports.length ? 'fail' : 'warn',
        subject: `sender ${email}`,
        text,
      };
    }
    const direct = routeNames(transports, config).filter((name) => config.transports[name]?.type === 'mx');
    if (direct.length > 0 && config.domains[domain]?.dkim === 'relay')
      return fail(
        `sender ${email}`,
        `Nobody signs what goes over ${direct.join(', ')}: newsletter.config.domains.${domain}.dkim leaves it to a relay. Give it a key.`,
      );
    return { level: 'ok', subject: `sender ${email}`, text: 'its domain and transport are configured' };
  });
}

/** Names of a sender's transports; the first of the configuration when it names none. */
function routeNames(
  transports: readonly { name: string }[],
  { transports: all }: Context['config'],
): string[] {
  return transports.length > 0 ? transports.map(({ name }) => name) : Object.keys(all).slice(0, 1);
}
