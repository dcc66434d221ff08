import type { Knex } from 'knex';
import { addDestinationCounts, noteDestination } from '../../storage';
import { OTHERS } from './destination';
import type { Lane } from './lane';

/** What happened and is not written yet: accepted messages by lane and campaign, and whom receivers put off. */
export class Counts {
  private readonly accepted = new Map<Lane, Map<string, number>>();
  private readonly delayed = new Map<string, number[]>();

  get isEmpty(): boolean {
    return this.accepted.size + this.delayed.size === 0;
  }

  add(lane: Lane, campaignId: string, accepted: number): void {
    let campaigns = this.accepted.get(lane);
    if (!campaigns) this.accepted.set(lane, (campaigns = new Map()));
    campaigns.set(campaignId, (campaigns.get(campaignId) ?? 0) + accepted);
  }

  /** @param id of the delivery */
  putOff(lane: Lane, id: number): void {
    const ids = this.delayed.get(lane.destination);
    if (ids) ids.push(id);
    else this.delayed.set(lane.destination, [id]);
  }

  /** In sets; what cannot be written stays for the next time. @throws Error of the database */
  async write(knex: Knex, now: number): Promise<void> {
    for (const [lane, campaigns] of [...this.accepted]) {
      this.accepted.delete(lane);
      for (const [campaignId, accepted] of [...campaigns]) {
        const key = { campaignId, source: lane.source, destination: counterOf(lane) };
        await addDestinationCounts(knex, [{ ...key, accepted }], now).catch((error: Error) => {
          for (const [id, missing] of campaigns) this.add(lane, id, missing);
          throw error;
        });
        campaigns.delete(campaignId);
      }
    }
    for (const [destination, ids] of [...this.delayed]) {
      // Further ones come while it is written.
      this.delayed.delete(destination);
      await noteDestination(knex, destination, ids).catch((error: Error) => {
        this.delayed.set(destination, [...ids, ...(this.delayed.get(destination) ?? [])]);
        throw error;
      });
    }
  }
}

/** A list has tens of thousands of small domains: only those that have something to tell are counted by themselves. */
const counterOf = (lane: Lane) => (lane.isNamed || lane.learned.at !== 0 ? lane.destination : OTHERS);
