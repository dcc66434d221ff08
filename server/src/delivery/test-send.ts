import { randomBytes } from 'node:crypto';
import type {
  AttributeDeclaration,
  Sender,
  Settings,
  TestSendResult,
  TransportTestResult,
} from '../../../shared/contracts';
import {
  compileCampaign,
  samplePerson,
  type CampaignSnapshot,
  type RenderLinks,
  type RenderPerson,
} from '../compose';
import type { TransportConfig } from '../config';
import type { Context } from '../context';
import { findSender, loadSettings } from '../settings';
import { findSubscriber } from '../storage';
import type { PersonClaim } from '../tokens';
import { createMessageBuilder } from './message';
import { createSigner } from './signing';
import { oneLine } from './replies-parse';
import { createTransport } from './transport';
import type { OutgoingMessage, SendOutcome, Transport } from './types';

export interface TestSend {
  /** The campaign as it would be scheduled now. */
  snapshot: CampaignSnapshot;
  /** 1–10 addresses. */
  to: readonly string[];
  /** documentId of the person whose data fills the mail; a sample person by default. The mail goes to `to` alone. */
  subscriber?: string;
  /** Language of the content; the person's by default. */
  language?: string;
  /** The attributes of which the sample person has values; none by default. */
  declared?: readonly AttributeDeclaration[];
}

/** Days during which the web version of a test mail can be opened. */
const VIEW_DAYS = 7;

/**
 * Sends a campaign to a few addresses at once, outside the ledger: composed, signed and sent as the campaign will be, but
 * with [Test] before the subject and with links that do nothing to anybody: nothing is counted, and the unsubscribe link
 * belongs to nobody. Does not throw for what can be wrong with a campaign or a server: each address gets a sentence.
 */
export async function sendTest(ctx: Context, test: TestSend): Promise<TestSendResult> {
  const all = (ok: boolean, message: string): TestSendResult => ({
    results: test.to.map((to) => ({ to, ok, message })),
  });
  const wanted = firstKnown(ctx, test.snapshot.sender);
  const transport = openTransport(ctx, wanted);
  if (!transport) return all(false, noTransport(wanted));
  try {
    const person = test.subscriber ? await findSubscriber(ctx.knex, test.subscriber) : null;
    if (test.subscriber && !person)
      return all(false, 'The subscriber whose data should fill the mail does not exist any more.');
    const messages = buildTests(ctx, test, person);
    const results = await Promise.all(
      messages.map(async ({ to, message }) => {
        try {
          return { to, ...describe(await transport.send(await message())) };
        } catch (error) {
          return { to, ok: false, message: (error as Error).message };
        }
      }),
    );
    return { results };
  } catch (error) {
    return all(false, (error as Error).message);
  } finally {
    await transport.close();
  }
}

/** @throws TemplateErrors */
function buildTests(
  ctx: Context,
  { snapshot, to, language, declared }: TestSend,
  person: RenderPerson | null,
) {
  const builder = createMessageBuilder(ctx, createSigner(ctx));
  // Without link ids links keep their own addresses: a test is not counted.
  const compiled = compileCampaign(snapshot, new Map());
  const content = compiled.contentFor('a', language ?? person?.language ?? null);
  const reader = person ?? samplePerson(content.language, declared);
  return to.map((address) => {
    const nobody = claimOfNobody();
    const rendered = compiled.render(
      content,
      reader,
      linksOf(ctx, snapshot.campaignId, content.language, nobody),
    );
    return {
      to: address,
      message: (): Promise<OutgoingMessage> =>
        builder.build({
          snapshot,
          rendered: { ...rendered, subject: `[Test] ${rendered.subject}` },
          to: { email: address },
          deliveryId: 0,
          personClaim: nobody,
          messageIdLocal: `test-${randomBytes(16).toString('hex')}`,
        }),
    };
  });
}

function linksOf(ctx: Context, campaignId: string, language: string, nobody: PersonClaim): RenderLinks {
  const expiresAt = Date.now() + VIEW_DAYS * 24 * 3_600_000;
  return {
    unsubscribe: ctx.urls.unsubscribe(nobody),
    preferences: ctx.urls.preferences(nobody),
    view: ctx.urls.preview({ campaignId, subscriberId: null, language, variant: 'a', expiresAt }),
    openPixel: null,
    click: null,
  };
}

/** A person and an address that nobody has: following the links of a test changes nothing for anybody. */
function claimOfNobody(): PersonClaim {
  return {
    subscriberId: `test${randomBytes(10).toString('hex')}`,
    addressHash: randomBytes(16).toString('hex'),
    deliveryId: null,
  };
}

export interface TransportTest {
  /** Name of a transport; that of the sender, or the first one, by default. */
  transport?: string;
  /** Id of a sender; the first one by default. */
  sender?: string;
  /** Sends a short mail there when the login worked. */
  to?: string;
}

/** Connects to a relay, logs in and, with `to`, sends a short signed mail. Every failure is a sentence, nothing is thrown. */
export async function sendTransportTest(ctx: Context, test: TransportTest): Promise<TransportTestResult> {
  const settings = await loadSettings(ctx.knex);
  const sender = findSender(settings, test.sender);
  const wanted = test.transport ?? (sender ? firstKnown(ctx, sender) : undefined);
  const transport = openTransport(ctx, wanted);
  if (!transport) return { ok: false, message: noTransport(wanted) };
  try {
    await transport.verify();
    if (!test.to) return { ok: true, message: reachable(transport) };
    if (!sender)
      return {
        ok: false,
        message: 'The login works, but there is no sender to write as. Add one in Settings › Newsletter.',
      };
    const message = await createMessageBuilder(ctx, createSigner(ctx)).buildPlain({
      from: sender,
      to: { email: test.to },
      ...shortMail(settings, transport.name),
      messageIdLocal: `test-${randomBytes(16).toString('hex')}`,
    });
    return describe(await transport.send(message));
  } catch (error) {
    return { ok: false, message: oneLine((error as Error).message) };
  } finally {
    await transport.close();
  }
}

function reachable({ name, type }: Transport): string {
  return type === 'mx'
    ? `The transport "${name}" finds mail servers. Send a mail to see whether they can be reached from here.`
    : `The transport "${name}" can be reached and accepts the login.`;
}

function shortMail(settings: Settings, transport: string) {
  const brand = settings.brand.name || 'Newsletter';
  const text = `This mail was sent from Settings › Newsletter › Delivery over the transport "${transport}". It shows that sending works.`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title></head><body><p>${text.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</p></body></html>`;
  return { subject: `[Test] ${brand}`, text: `${text}\n`, html };
}

/** The first of a sender's transports that is configured, or the first one that is not. */
function firstKnown(ctx: Context, { transports = [] }: Pick<Sender, 'transports'>): string | undefined {
  const known = transports.find(({ name }) => Object.hasOwn(ctx.config.transports, name));
  return (known ?? transports[0])?.name;
}

function openTransport(ctx: Context, name: string | null | undefined): Transport | null {
  const chosen = name ?? Object.keys(ctx.config.transports)[0];
  const config = chosen === undefined ? undefined : ctx.config.transports[chosen];
  return chosen !== undefined && config ? createTransport(ctx, chosen, capped(config)) : null;
}

/** Milliseconds that each wait of a test takes at most: somebody looks at the screen. */
const TEST_WAIT = 20_000;

export function capped<C extends TransportConfig>(config: C): C {
  const { connect, greeting, socket } = config.timeouts;
  return {
    ...config,
    timeouts: {
      connect: Math.min(connect, TEST_WAIT),
      greeting: Math.min(greeting, TEST_WAIT),
      socket: Math.min(socket, TEST_WAIT),
    },
  };
}

const noTransport = (name: string | null | undefined) =>
  name
    ? `There is no transport "${name}". Check newsletter.config.transports.`
    : 'There is no transport yet. Configure one in newsletter.config.transports.';

/** What became of a test, in a sentence: accepted is not delivered. */
function describe(outcome: SendOutcome): { ok: boolean; message: string } {
  switch (outcome.kind) {
    case 'accepted':
      return { ok: true, message: oneLine(`The mail server accepted it: ${said(outcome.reply)}`) };
    case 'refused':
      return {
        ok: false,
        message: oneLine(
          `The mail server refused it ${outcome.reply.code < 500 ? 'for now; try again later' : 'for good'}: ${said(outcome.reply)}`,
        ),
      };
    case 'lost':
      return {
        ok: false,
        message: oneLine(`The connection failed before the mail was sent: ${outcome.message}`),
      };
    case 'unknown':
      return {
        ok: false,
        message: oneLine(
          `The connection was lost before the server answered; look whether the mail arrived: ${outcome.message}`,
        ),
      };
  }
}

const said = (reply: { code: number; status: string | null; text: string }) =>
  [reply.code, reply.status, reply.text].filter(Boolean).join(' ');
