import { emailKey } from '../../../shared/address';
import {
  campaignInputSchema,
  scheduleSchema,
  type AttributeDeclarationInput,
  type CampaignInput,
  type ScheduleInput,
} from '../../../shared/contracts';
import { getContext, getDelivery } from '../app';
import { AudienceError, subscribe, unsubscribe } from '../audience';
import { createDraft, schedule, type EntryRenderer } from '../campaign';
import type { BlockRenderer } from '../compose';
import type { Populate } from '../publish-entries';
import { getEntries } from '../publish-hook';
import { declareAttribute } from '../settings';

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
  /** Values of declared attributes, public or not, in their types or as text (`"42"`, `"2026-05-31"`). */
  attributes?: Record<string, unknown>;
  /** Where the person said so, at most 64 characters: `checkout`, say. Default `api`. */
  source?: string;
}

/** `strapi.plugin('newsletter').service('api')`: what other code of a Strapi project may do with the newsletter. */
export interface NewsletterApi {
  /**
   * Asks for a newsletter on behalf of a person, as the public form does: a mail with a link to confirm is queued
   * unless all wanted lists are single opt-in. Known, unsubscribed and suppressed addresses are treated as the form
   * treats them, and nothing tells which it was.
   * Attributes of a person who has confirmed are not changed by it.
   * @throws Error with `status` 400 and a sentence: no email address, no such public list, an attribute that is not
   *   declared or has another type
   */
  subscribe(options: SubscribeOptions): Promise<void>;
  /**
   * Takes an address off everything at once: status `unsubscribed`, all subscriptions ended, address suppressed.
   * An unknown address is suppressed too. Doing it again changes nothing.
   * @throws Error with `status` 400 when the text is no email address
   */
  unsubscribe(person: { email: string; ip?: string | null }): Promise<void>;
  /**
   * Declares an attribute of people, as Settings › Newsletter › Attributes does; call it in your `bootstrap`. Once it is
   * there it does nothing: label and `public` stay as editors have set them.
   * @param declaration.name a–z, 0–9 and _, beginning with a letter, at most 40 characters
   * @param declaration.label what people read; at most 100 characters
   * @param declaration.public whether sign-up forms and the preference page may set it; false by default
   * @throws ZodError for a wrong shape; Error with `status` 409 when the name is declared with another type
   */
  registerAttribute(declaration: AttributeDeclarationInput): Promise<void>;
  /**
   * Makes mails of the entries of a content type with your own code, wherever a publish rule or "Send as newsletter" would
   * use its mapping; what the renderer leaves out still comes from the mapping. Call it in your `register` or `bootstrap`.
   * The last one for a content type counts.
   * @param uid such as `api::article.article`
   * @param options.populate loaded with the entry, as `strapi.documents(uid).findOne` takes it
   * @param options.render synchronous; gives `{ subject?, preheader?, body? }`, the body as HTML for a mail (escape what
   *   editors typed). When it throws, the newsletter is not made and the activity shows its message.
   */
  registerEntryRenderer(uid: string, options: { populate?: Populate; render: EntryRenderer }): void;
  /**
   * Renders blocks of your own in rich text (Strapi Blocks), or Strapi's anew. What it gives is cleaned for mails.
   * @param type the block's `type`
   */
  registerBlockRenderer(type: string, render: BlockRenderer): void;
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
      await subscribe(getContext(), { ...options, source: source.slice(0, 64), trusted: true });
      await getDelivery()?.nudgeMails();
    },

    async unsubscribe({ email, ip }) {
      const key = emailKey(email);
      if (!key) throw new AudienceError('invalid-email', 400, `"${email}" is not an email address.`);
      const ctx = getContext();
      await unsubscribe(ctx, { addressHash: ctx.tokens.addressHash(key) }, { via: 'api', ip });
    },

    async registerAttribute(declaration) {
      await declareAttribute(getContext().knex, declaration);
    },

    registerEntryRenderer(uid, options) {
      getEntries().registerEntryRenderer(uid, options);
    },

    registerBlockRenderer(type, render) {
      getEntries().registerRenderer(type, render);
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
