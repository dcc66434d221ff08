import type { Core } from '@strapi/strapi';
import { getContext, getDelivery, isReady } from './app';
import {
  announceWithdrawn,
  dispatch,
  dispatchDue,
  enabledRules,
  recordPublication,
  withdrawEntry,
  type DispatchEnv,
  type Entries,
} from './campaign';
import { createEntries, isEntryType, type EntrySource } from './publish-entries';

let source: EntrySource | null = null;

/** The entries of this process's Strapi, for controllers. */
export function getEntries(): EntrySource {
  if (!source) throw new Error('newsletter: entries were asked for before register');
  return source;
}

type Result = { documentId?: string; locale?: string | null; entries?: { locale?: string | null }[] } | null;

/** What became of some locales of a document; `locales` null: not known in detail. */
interface Signal {
  uid: string;
  documentId: string;
  locales: (string | null)[];
}

/**
 * Fires the publish rules, whichever way an entry is published: the panel, its bulk actions, REST, GraphQL, releases,
 * scheduled releases and the project's own code all end in the document service. The firing is written in the
 * transaction that publishes, and dispatched once that is committed. Writes past the document service (`strapi.db`,
 * SQL, `strapi import`) fire nothing. Registered in `register`, when no context exists yet: what is published before
 * our bootstrap fires nothing either.
 */
export function watchPublishing(strapi: Core.Strapi): void {
  const entries = createEntries(strapi);
  source = entries;
  strapi.documents.use(async (ctx, next) => {
    const effect = effectOf(ctx);
    if (effect === null || !isReady() || !isEntryType(strapi, ctx.uid)) return next();
    return strapi.db.transaction(async ({ trx, onCommit }) => {
      const result = await next();
      const signal = signalOf(ctx, result as Result);
      if (signal === null) return result;
      const { fired, cancelled } =
        effect === 'published' ? await published(trx, entries, signal) : await withdrawn(trx, signal);
      if (fired.length + cancelled.length > 0) onCommit(() => void afterCommit(entries, fired, cancelled));
      return result;
    });
  });
}

type Trx = Parameters<Parameters<Core.Strapi['db']['transaction']>[0] & object>[0]['trx'];
type Call = {
  action: string;
  uid: string;
  contentType: { options?: { draftAndPublish?: boolean } };
  params: object;
};

/** What an action does to the world; null: nothing. Content types without draft & publish publish by creating. */
function effectOf({ action, contentType, params }: Call): 'published' | 'withdrawn' | null {
  const hasDrafts = contentType.options?.draftAndPublish === true;
  switch (action) {
    case 'publish':
      return 'published';
    case 'create':
    case 'update':
      if (hasDrafts) return (params as { status?: unknown }).status === 'published' ? 'published' : null;
      return action === 'create' ? 'published' : null;
    case 'clone':
      return hasDrafts ? null : 'published';
    case 'unpublish':
    case 'delete':
      return 'withdrawn';
    default:
      return null;
  }
}

/** The result may lack keys that the caller did not select: what was asked for then says it. */
function signalOf({ uid, params }: Call, result: Result): Signal | null {
  const asked = params as { documentId?: string; locale?: string | string[] | null };
  const documentId = result?.documentId ?? asked.documentId;
  if (!result || documentId === undefined) return null;
  const locales = (result.entries ?? [result]).map(
    ({ locale }) =>
      locale ?? (typeof asked.locale === 'string' && asked.locale !== '*' ? asked.locale : null),
  );
  return { uid, documentId, locales: [...new Set(locales)] };
}

async function published(
  trx: Trx,
  entries: Entries,
  { uid, documentId, locales }: Signal,
): Promise<{ fired: number[]; cancelled: string[] }> {
  const rules = await enabledRules(trx, uid);
  const type = rules.length > 0 ? await entries.type(uid) : null;
  const all = { fired: [] as number[], cancelled: [] as string[] };
  for (const given of type ? locales : []) {
    const locale = type!.localized ? (given ?? type!.defaultLocale) : null;
    const entry = await entries.load({ uid, documentId, locale, status: 'published' });
    if (!entry) continue;
    const { fired, cancelled } = await recordPublication(trx, rules, { type: type!, entry, locale });
    all.fired.push(...fired);
    all.cancelled.push(...cancelled);
  }
  return all;
}

async function withdrawn(
  trx: Trx,
  { uid, documentId, locales }: Signal,
): Promise<{ fired: number[]; cancelled: string[] }> {
  const known = locales.filter((locale) => locale !== null);
  const which = known.length === locales.length ? known : null;
  return { fired: [], cancelled: await withdrawEntry(trx, uid, documentId, which) };
}

/** Nobody awaits it, so that it must not throw: what fails here stays in the outbox and is taken up again. */
async function afterCommit(entries: Entries, fired: number[], cancelled: string[]): Promise<void> {
  const ctx = getContext();
  await announceWithdrawn(ctx, cancelled);
  for (const id of fired) {
    await dispatch(ctx, dispatchEnv(entries), id).catch((error: Error) => {
      ctx.log.error(`newsletter: publish rules, dispatch ${id}: ${error.message}. It is tried again.`);
    });
  }
}

/** What the rooms need of this process to dispatch. */
export function dispatchEnv(entries: Entries): DispatchEnv {
  return {
    entries,
    async scheduled(campaignId, version, at) {
      await getDelivery()?.scheduleStart(campaignId, version, at);
    },
  };
}

let timer: NodeJS.Timeout | null = null;
let looking: Promise<void> | null = null;
let stopped = true;

/**
 * Takes up what is pending in the outbox, now and every `worker.reconcileSeconds`: firings whose process died between
 * the commit and the dispatch. In each process that listens, whether or not it sends, since it takes Strapi to read
 * entries.
 */
export function keepDispatching(): void {
  const env = dispatchEnv(getEntries());
  stopped = false;
  const look = async () => {
    const ctx = getContext();
    looking = dispatchDue(ctx, env).catch((error: Error) =>
      ctx.log.error(`newsletter: publish rules: ${error.message}. It is tried again.`),
    );
    await looking;
    if (!stopped) timer = setTimeout(() => void look(), ctx.config.worker.reconcileSeconds * 1000);
  };
  void look();
}

export async function stopDispatching(): Promise<void> {
  stopped = true;
  if (timer) clearTimeout(timer);
  await looking;
}
