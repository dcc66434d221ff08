import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { SegmentPerson } from '../../../server/src/audience';
import { linkHash, pieces, TABLE } from '../../../server/src/storage';
import { CAMPAIGNS, LINKS } from './arbitraries';

export const idOf = (index: number): string => `person${String(index).padStart(6, '0')}`;

/** Writes people with all that rules can ask about them; their documentIds are `idOf(index)`. */
export async function insertPeople(db: Knex, people: readonly SegmentPerson[]): Promise<void> {
  const date = (ms: number | null) => (ms === null ? null : new Date(ms));
  const insert = async (table: string, rows: object[]) => {
    for (const chunk of pieces(rows, 50)) await db(table).insert(chunk);
  };
  await insert(
    TABLE.subscribers,
    people.map((person, index) => ({
      document_id: idOf(index),
      email: person.email,
      email_key: person.emailKey,
      address_hash: hash(person.emailKey),
      status: person.status,
      first_name: person.firstName,
      last_name: person.lastName,
      language: person.language,
      timezone: person.timezone,
      source: person.source,
      attributes:
        index % 7 === 0 && Object.keys(person.attributes).length === 0
          ? null
          : JSON.stringify(person.attributes),
      created_at: date(person.createdAt),
      confirmed_at: date(person.confirmedAt),
      last_sent_at: date(person.lastSentAt),
      last_opened_at: date(person.lastOpenedAt),
      last_clicked_at: date(person.lastClickedAt),
    })),
  );
  await insert(
    TABLE.subscriptions,
    people.flatMap((person, index) =>
      person.subscriptions.map(({ list, status }) => ({
        subscriber_id: idOf(index),
        list_id: list,
        status,
        created_at: 0,
        updated_at: 0,
      })),
    ),
  );
  const linkIds = new Map<string, number>();
  for (const [i, campaign] of CAMPAIGNS.entries()) {
    for (const [k, url] of LINKS.entries()) {
      const id = 1 + i * LINKS.length + k;
      linkIds.set(`${campaign} ${url}`, id);
      await db(TABLE.links).insert({ id, campaign_id: campaign, url_hash: linkHash(url), url });
    }
  }
  await insert(
    TABLE.deliveries,
    people.flatMap((person, index) =>
      CAMPAIGNS.flatMap((campaign) => {
        const mail = person.received.find((one) => one.campaign === campaign);
        // A mail that bounced was not received.
        if (!mail && index % 3 !== 0) return [];
        return [
          {
            campaign_id: campaign,
            batch_id: 1,
            subscriber_id: idOf(index),
            email: person.email,
            email_key: person.emailKey,
            address_hash: hash(person.emailKey),
            language: 'en',
            state: mail ? 'accepted' : 'bounced',
            created_at: 0,
            settled_at: mail?.at ?? person.createdAt,
          },
        ];
      }),
    ),
  );
  await insert(
    TABLE.events,
    people.flatMap((person, index) =>
      person.events.map((event) => ({
        type: event.type,
        campaign_id: event.campaign,
        subscriber_id: idOf(index),
        link_id: event.link === null ? null : linkIds.get(`${event.campaign} ${event.link}`),
        machine: event.machine,
        at: event.at,
      })),
    ),
  );
}

const hash = (key: string) => createHash('sha256').update(key).digest('hex').slice(0, 32);
