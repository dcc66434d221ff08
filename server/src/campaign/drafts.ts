import type { z } from 'zod';
import { NO_TIMING, type CampaignContent, type campaignInputSchema } from '../../../shared/contracts';
import type { Context } from '../context';
import { findSender, loadSettings } from '../settings';
import {
  campaignDefaults,
  deleteCampaign,
  findCampaign,
  findContents,
  insertCampaign,
  lastUsedSender,
  updateDraft,
} from '../storage';
import { CampaignError, campaignNotFound } from './errors';

export type DraftInput = z.output<typeof campaignInputSchema>;

const UNTITLED = 'Untitled campaign';
const NAME_LENGTH = 200;

/**
 * Makes a draft. What the input leaves out: the sender used last, the default list and template, tracking as in
 * Settings, one empty content in the default language.
 * @returns its documentId
 * @throws CampaignError 400 when the contents do not fit together
 */
export async function createDraft(ctx: Context, input: DraftInput): Promise<string> {
  const settings = await loadSettings(ctx.knex);
  const defaults = await campaignDefaults(ctx.knex);
  const sender = findSender(settings, await lastUsedSender(ctx.knex)) ?? findSender(settings, null);
  const defaultLanguage = input.defaultLanguage ?? input.contents?.[0]?.language ?? 'en';
  const contents = input.contents ?? [emptyContent(defaultLanguage)];
  refuseUnfitting(contents, defaultLanguage);
  const lists = defaults.list === null ? [] : [defaults.list];
  return insertCampaign(
    ctx.knex,
    {
      name: input.name ?? UNTITLED,
      sender: input.sender === undefined ? (sender?.id ?? null) : input.sender,
      template: input.template === undefined ? defaults.template : input.template,
      audience: input.audience ?? { include: { lists, segments: [] }, exclude: { lists: [], segments: [] } },
      defaultLanguage,
      trackOpens: input.trackOpens ?? settings.tracking.opens,
      trackClicks: input.trackClicks ?? settings.tracking.clicks,
      pacePerHour: input.pacePerHour ?? null,
      priority: input.priority ?? 'normal',
      timing: input.timing ?? NO_TIMING,
    },
    contents,
  );
}

/**
 * Changes a draft; keys that the input leaves out stay as they are, `contents` replaces all contents.
 * @throws CampaignError 404; 409 when the campaign is no draft; 400 when the contents do not fit together
 */
export async function changeDraft(ctx: Context, id: string, input: DraftInput): Promise<void> {
  const { contents, timing, ...rest } = input;
  const fields = timing === undefined ? rest : { ...rest, timing: timing ?? NO_TIMING };
  if (contents || fields.defaultLanguage) {
    const campaign = await findCampaign(ctx.knex, id);
    if (!campaign) throw campaignNotFound(id);
    const language = fields.defaultLanguage ?? campaign.defaultLanguage;
    refuseUnfitting(contents ?? (await findContents(ctx.knex, id)), language);
  }
  const outcome = await updateDraft(ctx.knex, id, fields, contents);
  if (outcome === 'missing') throw campaignNotFound(id);
  if (outcome === 'not-draft') {
    throw new CampaignError(
      'wrong-state',
      409,
      'Only drafts can be changed. Take a scheduled campaign back to draft first, or duplicate this one.',
    );
  }
}

/** A new draft with the content, audience and settings of a campaign in any state. @throws CampaignError 404 */
export async function duplicate(ctx: Context, id: string): Promise<string> {
  const campaign = await findCampaign(ctx.knex, id);
  if (!campaign) throw campaignNotFound(id);
  const suffix = ' (copy)';
  const name = campaign.name.slice(0, NAME_LENGTH - suffix.length) + suffix;
  return insertCampaign(ctx.knex, { ...campaign, name }, await findContents(ctx.knex, id));
}

/** @throws CampaignError 404, or 409 for campaigns of whose recipients there is a record */
export async function remove(ctx: Context, id: string): Promise<void> {
  const outcome = await deleteCampaign(ctx.knex, id);
  if (outcome === 'missing') throw campaignNotFound(id);
  if (outcome === 'kept') {
    throw new CampaignError(
      'wrong-state',
      409,
      'Only drafts, and cancelled campaigns that reached nobody, can be deleted: the record of who got what is kept.',
    );
  }
}

const emptyContent = (language: string): CampaignContent => ({
  variant: 'a',
  language,
  subject: '',
  preheader: '',
  body: '',
});

function refuseUnfitting(contents: readonly CampaignContent[], defaultLanguage: string): void {
  const keys = contents.map((content) => `${content.variant} ${content.language}`);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice) {
    throw new CampaignError(
      'bad-contents',
      400,
      `There are two contents for the same variant and language (${twice}).`,
    );
  }
  if (!contents.some((content) => content.language === defaultLanguage)) {
    throw new CampaignError(
      'bad-contents',
      400,
      `There is no content in the default language "${defaultLanguage}". Add one, or choose another default language.`,
    );
  }
}
