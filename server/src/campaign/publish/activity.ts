import type { EntryStatusDto, FiringDto } from '../../../../shared/contracts';
import type { Context } from '../../context';
import {
  findCampaign,
  findFiring,
  firingsOfEntry,
  inTransaction,
  isoTime,
  lockFiring,
  moveFiring,
  ruleNames,
  type CampaignRecord,
  type FiringRecord,
} from '../../storage';
import { PublishError } from './errors';

/** Firings as the panel shows them. */
export async function firingDtos(
  { knex }: Pick<Context, 'knex'>,
  firings: readonly FiringRecord[],
): Promise<FiringDto[]> {
  const names = await ruleNames(knex, [...new Set(firings.map(({ ruleId }) => ruleId))]);
  const dtos: FiringDto[] = [];
  for (const firing of firings) {
    const campaign = firing.campaignId === null ? null : await findCampaign(knex, firing.campaignId);
    dtos.push({
      id: firing.id,
      rule:
        firing.ruleId === '' ? null : { documentId: firing.ruleId, name: names.get(firing.ruleId) ?? null },
      contentType: firing.contentType,
      documentId: firing.entryId,
      locale: firing.locale === '' ? null : firing.locale,
      title: firing.title,
      manual: isManual(firing),
      state: firing.state,
      message: firing.message,
      campaign: campaign && {
        documentId: campaign.documentId,
        name: campaign.name,
        state: campaign.state,
        scheduledAt: isoTime(campaign.scheduledAt),
        startedAt: isoTime(campaign.startedAt),
        finishedAt: isoTime(campaign.finishedAt),
      },
      createdAt: isoTime(firing.createdAt)!,
      settledAt: isoTime(firing.settledAt),
    });
  }
  return dtos;
}

/** @throws PublishError 404 */
export async function firingDto(ctx: Pick<Context, 'knex'>, id: number): Promise<FiringDto> {
  const firing = await findFiring(ctx.knex, id);
  const [dto] = firing ? await firingDtos(ctx, [firing]) : [];
  if (!dto) throw firingNotFound(id);
  return dto;
}

/**
 * Lets a held firing pass, or tries a failed one again that made no campaign. To be dispatched afterwards.
 * @throws PublishError 404, or 409 when there is nothing to release or the entry has fired the rule again since
 */
export async function release(ctx: Context, id: number): Promise<void> {
  await inTransaction(ctx.knex, async (trx) => {
    const firing = await lockFiring(trx, id);
    if (!firing) throw firingNotFound(id);
    const stuck = firing.state === 'held' || (firing.state === 'failed' && firing.campaignId === null);
    if (!stuck) throw wrongState('Only what is held, or failed before a campaign was made, can be released.');
    const later = (await firingsOfEntry(trx, firing.contentType, [firing.entryId])).find(
      (other) =>
        other.id > id &&
        other.ruleId === firing.ruleId &&
        other.locale === firing.locale &&
        !isManual(other) &&
        ['pending', 'held', 'done'].includes(other.state),
    );
    if (later) throw wrongState('The entry has fired this rule again since, so this is out of date.');
    await moveFiring(trx, id, [firing.state], { to: 'pending', released: true });
  });
}

/**
 * Decides that nothing comes of a held or failed firing. Publishing the entry again does not fire a rule again that
 * fires once.
 * @throws PublishError 404, or 409 when it is neither held nor failed
 */
export async function dismiss(ctx: Context, id: number): Promise<void> {
  if (
    await moveFiring(ctx.knex, id, ['held', 'failed'], { to: 'cancelled', message: 'Dismissed by a person.' })
  )
    return;
  if (!(await findFiring(ctx.knex, id))) throw firingNotFound(id);
  throw wrongState('Only what is held or failed can be dismissed.');
}

type EntryStatus = EntryStatusDto['results'][number];

/** The most advanced newsletter of each entry, over all its locales. */
export async function entryStatuses(
  { knex }: Pick<Context, 'knex'>,
  contentType: string,
  entryIds: readonly string[],
): Promise<EntryStatus[]> {
  const firings = await firingsOfEntry(knex, contentType, entryIds);
  const best = new Map<string, EntryStatus>();
  for (const firing of firings) {
    const campaign = firing.campaignId === null ? null : await findCampaign(knex, firing.campaignId);
    const status = statusOf(firing, campaign);
    if (status === null) continue;
    const known = best.get(firing.entryId);
    if (known?.status && RANKS.indexOf(known.status) <= RANKS.indexOf(status)) continue;
    const at = campaign?.finishedAt ?? campaign?.startedAt ?? campaign?.scheduledAt ?? null;
    best.set(firing.entryId, {
      documentId: firing.entryId,
      status,
      at: isoTime(at),
      campaign: campaign?.documentId ?? null,
    });
  }
  return entryIds.map(
    (documentId) => best.get(documentId) ?? { documentId, status: null, at: null, campaign: null },
  );
}

const RANKS = ['sent', 'sending', 'scheduled', 'held', 'failed', 'draft', 'pending'] as const;

function statusOf(firing: FiringRecord, campaign: CampaignRecord | null): (typeof RANKS)[number] | null {
  switch (campaign?.state) {
    case 'sent':
      return 'sent';
    case 'sending':
    case 'paused':
      return 'sending';
    case 'scheduled':
      return 'scheduled';
    case 'cancelled':
      return null;
    default:
      if (firing.state === 'held' || firing.state === 'failed' || firing.state === 'pending')
        return firing.state;
      return firing.state === 'done' && campaign ? 'draft' : null;
  }
}

const isManual = (firing: FiringRecord) => firing.occasion.startsWith('manual-');

const firingNotFound = (id: number) =>
  new PublishError('not-found', 404, `There is no activity with the number ${id}.`);

const wrongState = (sentence: string) => new PublishError('wrong-state', 409, sentence);
