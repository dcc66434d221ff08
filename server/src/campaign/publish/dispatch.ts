import type { RuleFields } from '../../../../shared/contracts';
import { TemplateErrors } from '../../compose';
import type { Context } from '../../context';
import {
  claimFiring,
  dueFirings,
  entriesSince,
  findRule,
  findRun,
  findCampaign,
  findFiring,
  inTransaction,
  lockFiring,
  lockRule,
  moveFiring,
  noteCampaign,
  type FiringRecord,
  type RuleRecord,
} from '../../storage';
import { changeDraft, createDraft } from '../drafts';
import { CampaignError } from '../errors';
import { campaignState, unschedule } from '../moves';
import { schedule } from '../schedule';
import { draftFrom } from './draft';
import type { Entries, Entry, EntryType } from './entries';
import { PublishError } from './errors';

/** What dispatching needs besides the context. */
export interface DispatchEnv {
  entries: Entries;
  /** Tells the queue when a campaign is due; the reconciler makes up for what it does not hear. */
  scheduled(campaignId: string, version: number, at: number): Promise<void>;
}

/** A process that died in the middle is replaced after this time. */
const LEASE_MS = 60_000;
const ATTEMPTS = 5;
const HOUR_MS = 3600 * 1000;
const MINUTE_MS = 60_000;
const PAGE = 50;

/**
 * Makes the campaign of a pending firing, and schedules it if the rule says so. Processes may call it at once for the
 * same firing: one campaign comes of it. Ends in a state with a sentence; only trouble with the database throws.
 */
export async function dispatch(ctx: Context, env: DispatchEnv, id: number): Promise<void> {
  const firing = await claimFiring(ctx.knex, id, LEASE_MS);
  if (!firing) return;
  try {
    await carryOut(ctx, env, firing);
  } catch (error) {
    const sentence = sentenceOf(error);
    if (sentence === null && firing.attempt < ATTEMPTS) throw error;
    const message = sentence ?? `It failed ${ATTEMPTS} times: ${(error as Error).message}`;
    // Nothing came of it: publishing the entry again may try again.
    const freesOccasion = (await findFiring(ctx.knex, id))?.campaignId === null;
    if (await moveFiring(ctx.knex, id, ['pending'], { to: 'failed', message, freesOccasion }))
      ctx.log.warn(`newsletter: publish rule, "${firing.title}": ${message}`);
  }
}

/** Takes up what is pending and nobody is at: after a crash between the commit and the dispatch, say. */
export async function dispatchDue(ctx: Context, env: DispatchEnv): Promise<void> {
  for (;;) {
    const due = await dueFirings(ctx.knex, PAGE);
    for (const id of due) await dispatch(ctx, env, id);
    if (due.length < PAGE) return;
  }
}

async function carryOut(ctx: Context, env: DispatchEnv, firing: FiringRecord): Promise<void> {
  const rule = await findRule(ctx.knex, firing.ruleId);
  if (!rule?.enabled) {
    if (firing.scheduledFor !== null)
      return void (await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'done' }));
    const message = `The rule was ${rule ? 'switched off' : 'deleted'} before this was made.`;
    await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'cancelled', message, freesOccasion: true });
    return;
  }
  const campaignId =
    firing.campaignId === null
      ? await make(ctx, env, firing, rule)
      : await renew(ctx, env, firing, rule, firing.campaignId);
  if (campaignId !== null) await finish(ctx, env, firing, rule, campaignId);
}

/** @returns the documentId of the draft; null when the firing was held, cancelled or taken by somebody else */
async function make(
  ctx: Context,
  env: DispatchEnv,
  firing: FiringRecord,
  rule: RuleRecord,
): Promise<string | null> {
  const published = await publishedEntry(env, firing);
  if (!published) {
    const message = 'The entry was not published any more when its newsletter was to be made.';
    await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'cancelled', message, freesOccasion: true });
    return null;
  }
  return inTransaction(ctx.knex, async (trx) => {
    const locked = { ...ctx, knex: trx };
    // Before the firing's row, so that entries that are published together count one after the other.
    await lockRule(trx, rule.documentId);
    const current = await lockFiring(trx, firing.id);
    if (current?.state !== 'pending') return null;
    if (current.campaignId !== null) return current.campaignId;
    const others = await entriesSince(trx, rule.documentId, Date.now() - HOUR_MS, firing.entryId);
    if (!current.released && others >= rule.holdAbove) {
      await moveFiring(trx, firing.id, ['pending'], { to: 'held', message: heldSentence(rule) });
      return null;
    }
    const { input } = await draftFrom(locked, rule, published);
    const campaignId = await createDraft(locked, input);
    await noteCampaign(trx, firing.id, campaignId);
    return campaignId;
  });
}

/**
 * Goes on with a campaign that was made. One that was scheduled before says from now on what the entry says now: back
 * to draft, changed, and scheduled again by `finish`.
 * @returns null when the firing has come to an end here
 */
async function renew(
  ctx: Context,
  env: DispatchEnv,
  firing: FiringRecord,
  rule: RuleRecord,
  campaignId: string,
): Promise<string | null> {
  if (firing.scheduledFor === null) return campaignId;
  const published = await publishedEntry(env, firing);
  const state = await campaignState(ctx.knex, campaignId);
  // Unpublished, or begun: what there was to take back has been taken back.
  if (!published || (state !== 'scheduled' && state !== 'draft')) {
    await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'done' });
    return null;
  }
  const { input } = await draftFrom(ctx, rule, published);
  if (state === 'scheduled') await unschedule(ctx, campaignId);
  const { name, defaultLanguage, contents } = input;
  await changeDraft(ctx, campaignId, { name, defaultLanguage, contents });
  return campaignId;
}

async function publishedEntry(
  env: DispatchEnv,
  { contentType, entryId, locale: key }: FiringRecord,
): Promise<{ type: EntryType; entry: Entry; locale: string | null } | null> {
  const locale = key === '' ? null : key;
  const type = await env.entries.type(contentType);
  const request = { uid: contentType, documentId: entryId, locale };
  const entry = type && (await env.entries.load({ ...request, status: 'published' }));
  return type && entry ? { type, entry, locale } : null;
}

async function finish(
  ctx: Context,
  env: DispatchEnv,
  firing: FiringRecord,
  rule: RuleFields,
  campaignId: string,
): Promise<void> {
  if (rule.action === 'draft' && firing.scheduledFor === null) {
    await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'done' });
    return;
  }
  const campaign = await findCampaign(ctx.knex, campaignId);
  if (!campaign) {
    const message = 'The draft was deleted before it was scheduled.';
    await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'cancelled', message, freesOccasion: true });
    return;
  }
  const delay = rule.action === 'schedule' ? rule.delayMinutes * MINUTE_MS : 0;
  const wanted = firing.scheduledFor ?? firing.createdAt + delay;
  const later = wanted > Date.now() + MINUTE_MS / 2;
  const at = later ? { at: new Date(wanted).toISOString() } : {};
  const { at: startAt, version } = await schedule(ctx, campaignId, at).catch((error: unknown) =>
    scheduledMeanwhile(ctx, campaignId, error),
  );
  await moveFiring(ctx.knex, firing.id, ['pending'], { to: 'done', scheduledFor: startAt });
  await env.scheduled(campaignId, version, startAt);
}

/** A process that was slower than its lease may have scheduled it in the meantime. */
async function scheduledMeanwhile(
  ctx: Context,
  campaignId: string,
  error: unknown,
): Promise<{ at: number; version: number }> {
  const run = await findRun(ctx.knex, campaignId);
  const campaign = await findCampaign(ctx.knex, campaignId);
  if (!run || !campaign || campaign.state === 'draft') throw error;
  return { at: run.startAt, version: run.version };
}

const heldSentence = ({ holdAbove }: RuleFields) =>
  `The rule made newsletters of ${holdAbove} entries within an hour, so this one waits for a person to release it.`;

/** What an editor can do something about; null for a fault of ours or of the database. */
function sentenceOf(error: unknown): string | null {
  if (error instanceof CampaignError && error.code === 'preflight')
    return `The draft was made but cannot be sent as it is: ${error.message}`;
  if (error instanceof CampaignError || error instanceof PublishError || error instanceof TemplateErrors)
    return error.message;
  return null;
}
