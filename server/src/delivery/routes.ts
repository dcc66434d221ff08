import type { Sender } from '../../../shared/contracts';
import type { StateReason } from '../storage';
import type { OutgoingMessage, SendOutcome, Site, Transport } from './types';

/** One of a sender's ways to send. */
export interface Route {
  transport: Transport;
  /** Share of the mail, in proportion to the weights of the others. */
  weight: number;
}

/**
 * The transports of a sender: those it names and the configuration has, else the first one of the configuration.
 * @returns empty when there is none (any more): nothing can be sent for this sender
 */
export function routesOf(
  transports: ReadonlyMap<string, Transport>,
  sender: Pick<Sender, 'transports'>,
): Route[] {
  if (!sender.transports?.length) {
    const first = transports.values().next().value;
    return first ? [{ transport: first, weight: 1 }] : [];
  }
  return sender.transports.flatMap(({ name, weight }) => {
    const transport = transports.get(name);
    return transport ? [{ transport, weight }] : [];
  });
}

/** Why nothing can be sent for a sender without routes, for the editor. */
export function noRoute({ email, transports = [] }: Pick<Sender, 'email' | 'transports'>): StateReason {
  const names = transports.map(({ name }) => `"${name}"`);
  const [first, ...others] = names;
  const what = !first
    ? 'There is no transport in the configuration'
    : others.length === 0
      ? `The transport ${first} of the sender ${email} is not in the configuration`
      : `None of the transports ${[first, ...others].join(', ')} of the sender ${email} is in the configuration`;
  return {
    sentence: `${what} (newsletter.config.transports). Add ${first && others.length === 0 ? 'it' : 'one'}, restart Strapi and resume.`,
    cause: { id: 'no-route', values: { count: names.length, transports: names.join(', '), sender: email } },
  };
}

/** What decides about a message's transport. */
export interface PickOptions {
  /** Domain of the recipient. */
  domain: string;
  /** Milliseconds since 1970. */
  now: number;
  /** Name of the transport that a retry should use, if it can: a receiver that greylists knows our address (RFC 6647). */
  sticky?: string | null;
  /** Names of transports that had no session for this message. */
  tried?: ReadonlySet<string>;
  /**
   * Milliseconds until this transport may be used for mail to the domain: breaker, pace, suspension and limits of the
   * destination; 0: now, Infinity: not today. `site` is what `transport.site` says.
   */
  wait: (transport: Transport, site: Site | null) => number | Promise<number>;
  /** Gives numbers from 0 up to 1; `Math.random` by default. */
  random?: () => number;
}

/** So long a retry waits for its transport: from another address a receiver that greylists would begin anew. Milliseconds. */
const STICKY_MS = 60_000;

/** The transport to use now; or how long nothing can be sent, and why, as a sentence. */
export type Choice =
  | { transport: Transport; site: Site | null }
  | { transport: null; waitMs: number; why: string };

/**
 * Chooses by weight among the transports that may be used now and have room, or, when none has room, among those that may
 * be used. Ask once per message, right before it is admitted.
 */
export async function pickTransport(routes: readonly Route[], options: PickOptions): Promise<Choice> {
  const { domain, tried, wait, sticky } = options;
  const first = tried ? undefined : routes.find(({ transport }) => transport.name === sticky);
  if (first) {
    const site = await first.transport.site(domain);
    const ms = await wait(first.transport, site);
    if (ms === 0) return { ...first, site };
    if (ms <= STICKY_MS)
      return { transport: null, waitMs: ms, why: 'The transport of the first try is busy' };
  }
  const usable: (Route & { site: Site | null })[] = [];
  let waitMs = Infinity;
  for (const route of routes) {
    if (tried?.has(route.transport.name)) continue;
    const site = await route.transport.site(domain);
    const ms = await wait(route.transport, site);
    if (ms > 0) waitMs = Math.min(waitMs, ms);
    else usable.push({ ...route, site });
  }
  if (usable.length === 0) return { transport: null, waitMs, why: 'No transport may be used now' };
  const roomy = usable.filter(({ transport }) => transport.waiting < transport.capacity);
  return byWeight(roomy.length > 0 ? roomy : usable, options.random ?? Math.random);
}

function byWeight<R extends Route>(routes: readonly R[], random: () => number): R {
  let left = random() * routes.reduce((sum, { weight }) => sum + weight, 0);
  return routes.find(({ weight }) => (left -= weight) < 0) ?? routes.at(-1)!;
}

/** Whether nothing was said about the message because there was no session to send it over. */
export function hadNoSession(outcome: SendOutcome): boolean {
  if (outcome.kind !== 'lost' && outcome.kind !== 'refused') return false;
  if (outcome.kind === 'lost' && outcome.stopped) return false;
  return outcome.stage === 'connect' || outcome.stage === 'tls' || outcome.stage === 'auth';
}

/** Sends a single mail over one of the transports, chosen by weight, or over another one when there is no session. */
export async function sendSingle(
  routes: readonly Route[],
  message: OutgoingMessage,
): Promise<{ transport: Transport; outcome: SendOutcome }> {
  const domain = message.envelope.to.slice(message.envelope.to.lastIndexOf('@') + 1);
  const choose = async (tried: ReadonlySet<string>) => {
    const { transport } = await pickTransport(routes, { domain, now: Date.now(), tried, wait: () => 0 });
    return transport && { transport };
  };
  const first = await choose(new Set());
  if (!first) throw new Error('There is no transport to send over');
  const { way, outcome } = await sendOver(first, message, choose);
  return { transport: way.transport, outcome };
}

/**
 * Sends a message over a transport, and over the others of the sender when a relay has no session for it: nothing was
 * handed over then, so that it stays one attempt. What a transport of type `mx` cannot reach is the receiver's matter and
 * goes nowhere else. Everything else, "perhaps" included, is final.
 * @param next hears of a failure, and chooses among the transports that were not tried yet; null: there is none to use now
 */
export async function sendOver<W extends { transport: Transport }>(
  first: W,
  message: OutgoingMessage,
  next: (tried: ReadonlySet<string>, failed: W, outcome: SendOutcome) => Promise<W | null>,
): Promise<{ way: W; outcome: SendOutcome }> {
  const tried = new Set<string>();
  for (let way = first; ; ) {
    const { transport } = way;
    tried.add(transport.name);
    const outcome = await transport.send(message);
    const other = transport.type === 'smtp' && hadNoSession(outcome) ? await next(tried, way, outcome) : null;
    if (!other || tried.has(other.transport.name)) return { way, outcome };
    way = other;
  }
}
