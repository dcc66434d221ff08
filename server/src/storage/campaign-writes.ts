import { createId } from '@paralleldrive/cuid2';
import type { Knex } from 'knex';
import type { Audience, CampaignContent, CampaignPriority, Timing } from '../../../shared/contracts';
import { lockCampaign } from './campaigns';
import { stamps } from './content-rows';
import { TABLE } from './tables';
import { inTransaction, pieces } from './transaction';

/** What an editor writes of a campaign. State and times change only through `swapState`. */
export interface CampaignFields {
  name: string;
  sender: string | null;
  template: string | null;
  audience: Audience;
  defaultLanguage: string;
  trackOpens: boolean;
  trackClicks: boolean;
  pacePerHour: number | null;
  priority: CampaignPriority;
  timing: Timing;
}

/** Makes a draft with its content rows. @returns its documentId */
export async function insertCampaign(
  db: Knex,
  fields: CampaignFields,
  contents: readonly CampaignContent[],
): Promise<string> {
  const documentId = createId();
  await inTransaction(db, async (trx) => {
    const now = new Date();
    await trx(TABLE.campaigns).insert({
      ...toColumns(fields),
      ...stamps(now),
      document_id: documentId,
      state: 'draft',
    });
    await insertContents(trx, documentId, contents, now);
  });
  return documentId;
}

/**
 * Changes a draft; `contents` replaces all content rows. The row is held meanwhile, so that scheduling sees all of a
 * change or nothing.
 * @returns `not-draft` when nothing was changed, since the campaign is in another state
 */
export async function updateDraft(
  db: Knex,
  id: string,
  fields: Partial<CampaignFields>,
  contents: readonly CampaignContent[] | undefined,
): Promise<'changed' | 'not-draft' | 'missing'> {
  return inTransaction(db, async (trx) => {
    const campaign = await lockCampaign(trx, id);
    if (!campaign) return 'missing';
    if (campaign.state !== 'draft') return 'not-draft';
    const now = new Date();
    await trx(TABLE.campaigns)
      .where({ document_id: id })
      .update({ ...toColumns(fields), updated_at: now });
    if (contents) {
      await trx(TABLE.campaignContents).where({ campaign: id }).delete();
      await insertContents(trx, id, contents, now);
    }
    return 'changed';
  });
}

/**
 * Deletes a draft, or a cancelled campaign that reached nobody. The record of a cancelled run stays: should an import
 * bring the campaign back, it is not sent.
 */
export async function deleteCampaign(db: Knex, id: string): Promise<'deleted' | 'kept' | 'missing'> {
  return inTransaction(db, async (trx) => {
    const campaign = await lockCampaign(trx, id);
    if (!campaign) return 'missing';
    const delivery: unknown = await trx(TABLE.deliveries).where({ campaign_id: id }).first('id');
    if (delivery !== undefined || !['draft', 'cancelled'].includes(campaign.state)) return 'kept';
    await trx(TABLE.runs).where({ campaign_id: id }).whereNull('ended_at').delete();
    await trx(TABLE.links).where({ campaign_id: id }).delete();
    await trx(TABLE.campaignContents).where({ campaign: id }).delete();
    await trx(TABLE.campaigns).where({ document_id: id }).delete();
    return 'deleted';
  });
}

/** documentIds of the list and the template that new campaigns get. */
export async function campaignDefaults(db: Knex): Promise<{ list: string | null; template: string | null }> {
  const find = async (table: string): Promise<string | null> => {
    const row: { document_id: string } | undefined = await db(table)
      .where({ is_default: true })
      .first('document_id');
    return row?.document_id ?? null;
  };
  return { list: await find(TABLE.lists), template: await find(TABLE.templates) };
}

async function insertContents(
  trx: Knex.Transaction,
  campaign: string,
  contents: readonly CampaignContent[],
  now: Date,
): Promise<void> {
  for (const piece of pieces(contents)) {
    const rows = piece.map((content) => ({
      ...content,
      ...stamps(now),
      document_id: createId(),
      campaign,
    }));
    await trx(TABLE.campaignContents).insert(rows);
  }
}

function toColumns(fields: Partial<CampaignFields>): Record<string, unknown> {
  const columns = {
    name: fields.name,
    sender: fields.sender,
    template: fields.template,
    audience: fields.audience && JSON.stringify(fields.audience),
    default_language: fields.defaultLanguage,
    track_opens: fields.trackOpens,
    track_clicks: fields.trackClicks,
    pace_per_hour: fields.pacePerHour,
    priority: fields.priority,
    timing: fields.timing && JSON.stringify(fields.timing),
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}
