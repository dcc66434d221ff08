import type { Knex } from 'knex';
import type { FeedbackDto } from '../../../../shared/contracts';
import { campaignNames, type FeedbackRecord } from '../../storage';

export async function feedbackDtos(db: Knex, records: readonly FeedbackRecord[]): Promise<FeedbackDto[]> {
  const campaigns = await campaignNames(
    db,
    records.map(({ campaignId }) => campaignId),
  );
  return records.map((record) => ({
    id: record.id,
    at: new Date(record.at).toISOString(),
    receivedAt: new Date(record.receivedAt).toISOString(),
    way: record.way,
    source: record.source,
    kind: record.kind,
    result: record.result,
    why: record.why,
    recipient: record.recipient,
    reason: record.reason,
    class: record.class,
    severity: record.severity,
    status: record.status,
    replyCode: record.replyCode,
    text: record.text,
    reporter: record.reporter,
    feedbackType: record.feedbackType,
    campaign: campaigns.get(record.campaignId ?? '') ?? null,
    subscriber: record.subscriberId,
    evidence: record.evidence,
    decidedBy: record.decidedBy,
  }));
}
