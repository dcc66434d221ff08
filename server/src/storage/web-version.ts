import type { Knex } from 'knex';
import { TABLE } from './tables';

/** Whose mail a delivery was, and which content it had. */
export interface DeliveredMail {
  id: number;
  campaignId: string;
  subscriberId: string;
  addressHash: string;
  email: string;
  variant: string;
  language: string;
}

/** Null for an unknown delivery, and for one whose person was erased. */
export async function findDeliveredMail(db: Knex, deliveryId: number): Promise<DeliveredMail | null> {
  const row: Record<string, string> | undefined = await db(TABLE.deliveries)
    .where({ id: deliveryId })
    .first('id', 'campaign_id', 'subscriber_id', 'address_hash', 'email', 'variant', 'language');
  if (!row || !row.email) return null;
  return {
    id: Number(row.id),
    campaignId: row.campaign_id!,
    subscriberId: row.subscriber_id!,
    addressHash: row.address_hash!,
    email: row.email,
    variant: row.variant!,
    language: row.language!,
  };
}
