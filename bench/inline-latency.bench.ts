/**
 * Lets a Strapi freeze and send a newsletter to 20,000 readers in its own process, and asks it for things meanwhile, 20
 * times a second, whether it has answered or not: what a visitor and an editor notice. Prints the 99th percentile of the
 * time to the answer, from the moment at which a request was due: the median of three rounds, each with a new Strapi.
 */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import createKnex from 'knex';
import type { CampaignDto } from '../shared/contracts';
import type { NewsletterConfigInput } from '../server/src/config';
import { createTestContext } from '../tests/helpers/context';
import { createEmptyDatabase } from '../tests/helpers/database';
import { startPlayground, type TestPlayground } from '../tests/helpers/playground';
import { addReaders, LIST, newsletter, SENDER } from './lib/newsletter';
import { median, report } from './lib/report';
import { configOf, rsaKey } from './lib/senders';
import { startSink } from './lib/sink';

const MESSAGES = Number(process.env.BENCH_RECIPIENTS ?? 20_000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const EVERY_MS = 50;
const DEADLINE_MS = 20 * 60_000;
const [queue, kind] = process.argv[2]!.split('-') as ['embedded', 'sqlite'] | ['redis', 'postgres'];

async function main(): Promise<void> {
  const rounds: number[] = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round());
  console.log(`# rounds: ${rounds.map((ms) => ms.toFixed(1)).join(', ')} ms`);
  report(`inline-latency-${queue}-${kind}`, median(rounds), 'ms');
}

/** @returns the 99th percentile in milliseconds */
async function round(): Promise<number> {
  const database = await createEmptyDatabase(kind);
  const sink = await startSink({ chunking: true });
  const line = { port: sink.port, connections: 10, messages: MESSAGES, key: rsaKey() };
  const { worker: _slots, ...config } = configOf(line, queue); // a process that serves keeps the default of 32 slots
  const playground = await startPlayground({ env: environment(database.knexConfig.connection, config) });
  const knex = createKnex(database.knexConfig);
  try {
    await addReaders(await createTestContext(knex), MESSAGES);
    const id = await addCampaign(playground);
    collectGarbage();
    const quiet = await latencies(playground, () => sleep(3_000));
    console.log(`# nothing to send: ${summary(quiet)}`);
    const scheduled = await playground.admin('POST', `/newsletter/campaigns/${id}/schedule`, {});
    if (scheduled.status !== 200) throw new Error(JSON.stringify(scheduled.body));
    // An editor has half a minute to change their mind, in which nothing happens.
    await stateIs(playground, id, 'sending', 50);
    collectGarbage();
    const begun = performance.now();
    const busy = await latencies(playground, () => stateIs(playground, id, 'sent', 500));
    const seconds = (performance.now() - begun) / 1000;
    const { accepted } = await sink.taken();
    if (accepted !== MESSAGES) throw new Error(`${accepted} of ${MESSAGES} messages were accepted`);
    console.log(`# ${(MESSAGES / seconds).toFixed(0)} messages/s, frozen meanwhile: ${summary(busy)}`);
    return percentile(busy, 0.99);
  } finally {
    await knex.destroy();
    await playground.stop();
    await sink.stop();
    await database.drop();
  }
}

function environment(connection: unknown, config: NewsletterConfigInput): NodeJS.ProcessEnv {
  const env = { NEWSLETTER_CONFIG: JSON.stringify(config) };
  if (kind === 'sqlite') return { ...env, DATABASE_FILENAME: (connection as { filename: string }).filename };
  const url = new URL(String(connection));
  return {
    ...env,
    DATABASE_CLIENT: 'postgres',
    DATABASE_HOST: url.hostname,
    DATABASE_PORT: url.port,
    DATABASE_NAME: url.pathname.slice(1),
    DATABASE_USERNAME: decodeURIComponent(url.username),
    DATABASE_PASSWORD: decodeURIComponent(url.password),
  };
}

/** @returns its documentId */
async function addCampaign(playground: TestPlayground): Promise<string> {
  const settings = (await playground.admin<object>('GET', '/newsletter/settings')).body;
  const { brand, contents } = newsletter('bench');
  const saved = await playground.admin('PUT', '/newsletter/settings', {
    ...settings,
    senders: [SENDER],
    brand,
  });
  if (saved.status !== 200) throw new Error(JSON.stringify(saved.body));
  const { status, body } = await playground.admin<CampaignDto>('POST', '/newsletter/campaigns', {
    name: 'Bench',
    sender: SENDER.id,
    contents: contents.map(({ language, subject, preheader, body }) => ({
      language,
      subject,
      preheader,
      body,
    })),
    audience: { include: { lists: [LIST], segments: [] }, exclude: { lists: [], segments: [] } },
  });
  if (status >= 300) throw new Error(JSON.stringify(body));
  return body.documentId;
}

/** What this process leaves behind is not to be collected beside the one that is measured. */
const collectGarbage = () => (globalThis as { gc?: () => void }).gc?.();

const agent = new Agent({ keepAlive: true });

/** Without `fetch`, whose garbage takes both cores for some tens of milliseconds when it is collected. */
function ask({ url, token }: TestPlayground, route: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url + route, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode! < 300) resolve(text);
        else reject(new Error(`${route}: ${response.statusCode} ${text}`));
      });
    });
    request.on('error', reject);
  });
}

async function stateIs(
  playground: TestPlayground,
  id: string,
  wanted: CampaignDto['state'],
  everyMs: number,
): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const { state } = JSON.parse(await ask(playground, `/newsletter/campaigns/${id}`)) as CampaignDto;
    if (state === wanted || state === 'sent') return;
    if (state === 'paused' || Date.now() > deadline) throw new Error(`the campaign is ${state}`);
    await sleep(everyMs);
  }
}

/** Milliseconds of each answer, in turn of Strapi itself and of a page of the panel that asks the database. */
async function latencies(playground: TestPlayground, meanwhile: () => Promise<void>): Promise<number[]> {
  const routes = ['/_health', '/newsletter/campaigns?pageSize=10'];
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  let isOver = false;
  const time = async (route: string, due: number) => {
    await ask(playground, route);
    times.push(performance.now() - due);
  };
  const asking = (async () => {
    const begun = performance.now();
    for (let n = 0; !isOver; n++) {
      const due = begun + n * EVERY_MS;
      await sleep(Math.max(0, due - performance.now()));
      const answer = time(routes[n % routes.length]!, due);
      answer.catch(() => {}); // told below, when all are awaited
      asked.push(answer);
    }
  })();
  try {
    await meanwhile();
  } finally {
    isOver = true;
    await asking;
  }
  await Promise.all(asked);
  return times;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

const summary = (times: readonly number[]) =>
  `${times.length} answers, half within ${percentile(times, 0.5).toFixed(1)} ms, 99 of 100 within ` +
  `${percentile(times, 0.99).toFixed(1)} ms, the last after ${percentile(times, 1).toFixed(1)} ms`;

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
