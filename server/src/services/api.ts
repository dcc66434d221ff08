import { emailKey } from '../../../shared/address';
import {
  campaignInputSchema,
  scheduleSchema,
  type CampaignInput,
  type ScheduleInput,
} from '../../../shared/contracts';
import { getContext, getDelivery } from '../app';
import { AudienceError, subscribe, unsubscribe } from '../audience';
import { createDraft, schedule } from '../campaign';

export interface SubscribeOptions {
  email: string;
  /** Slugs of public lists; without any, the default list. */
  lists?: string[];
  firstName?: string | null;
  lastName?: string | null;
  /** BCP 47 tag, such as `en` or `ja`; the language of pages and mails. */
  language?: string | null;
  /** The person's IP address, if this happens in a request of theirs: it belongs to the proof of consent. */
  ip?: string | null;
  /** Where the person said so, at most 64 characters: `checkout`, say. Default `api`. */
  source?: string;
}

/** `strapi.plugin('newsletter').service('api')`: what other code of a Strapi project may do with the newsletter. */
export interface NewsletterApi {
  /**
   * Asks for a newsletter on behalf of a person, as the public form does: a mail with a link to confirm is queued
   * unless all wanted lists are single opt-in. Known, unsubscribed and suppressed addresses are treated as the form
   * treats them, and nothing tells which it was.
   * @throws Error with `status` 400 and a sentence: no email address, or no such public list
   */
  subscribe(options: SubscribeOptions): Promise<void>;
  /**
   * Takes an address off everything at once: status `unsubscribed`, all subscriptions ended, address suppressed.
   * An unknown address is suppressed too. Doing it again changes nothing.
   * @throws Error with `status` 400 when the text is no email address
   */
  unsubscribe(person: { email: string; ip?: string | null }): Promise<void>;
  /**
   * Makes a draft; keys that are left out get the defaults of the panel.
   * @returns its documentId
   * @throws ZodError, or Error with `status` 400 when the contents do not fit together
   */
  createCampaign(input: CampaignInput): Promise<{ documentId: string }>;
  /**
   * Schedules a draft; without `at`, 30 seconds from now.
   * @returns when it starts, ISO 8601 in UTC
   * @throws ZodError, or Error with `status` 400, 404 or 409 and a sentence; with `code` "preflight", `items` says
   *   what is missing
   */
  schedule(documentId: string, input?: ScheduleInput): Promise<{ at: string }>;
}

export function createApi(): NewsletterApi {
  return {
    async subscribe({ source = 'api', ...options }) {
      await subscribe(getContext(), { ...options, source: source.slice(0, 64) });
      await getDelivery()?.nudgeMails();
    },

    async unsubscribe({ email, ip }) {
      const key = emailKey(email);
      if (!key) throw new AudienceError('invalid-email', 400, `"${email}" is not an email address.`);
      const ctx = getContext();
      await unsubscribe(ctx, { addressHash: ctx.tokens.addressHash(key) }, { via: 'api', ip });
    },

    async createCampaign(input) {
      return { documentId: await createDraft(getContext(), campaignInputSchema.parse(input)) };
    },

    async schedule(documentId, input = {}) {
      const { at, version } = await schedule(getContext(), documentId, scheduleSchema.parse(input));
      await getDelivery()?.scheduleStart(documentId, version, at);
      return { at: new Date(at).toISOString() };
    },
  };
}
