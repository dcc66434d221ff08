import type { DeliveryDto, Paged } from '../../../shared/contracts';
import { campaignNotFound, loadRun } from '../campaign';
import type { Context } from '../context';
import { findCampaign, isoTime, pageDeliveries, type DeliveryFilter, type DeliveryRecord } from '../storage';

/** One page of a campaign's recipients. @throws CampaignError 404 */
export async function listDeliveries(
  ctx: Pick<Context, 'knex' | 'tokens'>,
  id: string,
  query: DeliveryFilter,
): Promise<Paged<DeliveryDto>> {
  if (!(await findCampaign(ctx.knex, id))) throw campaignNotFound(id);
  const { rows, total } = await pageDeliveries(ctx.knex, id, query);
  const domain = (await loadRun(ctx, id))?.snapshot.sender.email.split('@').at(-1) ?? '';
  const { page, pageSize } = query;
  return {
    results: rows.map((row) => toDto(row, `<${ctx.tokens.messageIdLocal(row.id)}@${domain}>`)),
    pagination: { page, pageSize, pageCount: Math.ceil(total / pageSize), total },
  };
}

function toDto(row: DeliveryRecord, messageId: string): DeliveryDto {
  return {
    id: row.id,
    email: row.email,
    subscriber: row.subscriberId,
    state: row.state,
    reason: row.reason,
    attempt: row.attempt,
    messageId,
    reply:
      row.replyText === null ? null : { code: row.replyCode, status: row.replyStatus, text: row.replyText },
    nextAt: row.state === 'deferred' ? isoTime(row.nextAt) : null,
    settledAt: isoTime(row.settledAt),
    opened: row.events.has('open'),
    clicked: row.events.has('click'),
  };
}
