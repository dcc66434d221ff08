import { adminApi, type BaseQueryError } from '@strapi/strapi/admin';

/** What a cached answer is about; a mutation names what it makes stale. */
export const TAGS = [
  'NewsletterCampaign',
  'NewsletterCampaignList',
  'NewsletterReport',
  'NewsletterDestination',
  'NewsletterAudienceCount',
  'NewsletterPreview',
  'NewsletterOverview',
  'NewsletterSubscriber',
  'NewsletterImport',
  'NewsletterList',
  'NewsletterSegment',
  'NewsletterTemplate',
  'NewsletterRule',
  'NewsletterFiring',
  'NewsletterSettings',
  'NewsletterHygiene',
  'NewsletterSuppression',
  'NewsletterFeedback',
] as const;

/**
 * The one client of our admin API: Strapi's RTK Query instance (login, token refresh and session expiry are its
 * business) with our cache tags. Each area injects its endpoints: `api/campaigns.ts`, `api/subscribers.ts`, …
 *
 * Names of endpoints start with `newsletter`: all plugins share one name space, and RTK Query silently keeps the first
 * endpoint of a name (`getSettings` is taken by Strapi).
 */
export const newsletterApi = adminApi.enhanceEndpoints({ addTagTypes: [...TAGS] });

const ROOT = '/newsletter';

/** Path below the admin API of the plugin, with a query string without empty values. */
export function path(
  tail: string,
  query?: Record<string, string | number | boolean | null | undefined>,
): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value));
  }
  const search = params.toString();
  return `${ROOT}/${tail}${search === '' ? '' : `?${search}`}`;
}

/** What a failed request leaves in RTK Query's `error`. */
export type ApiError = BaseQueryError | { name?: string; message?: string };

/** The sentence that the server gave for an error (it says what happened and what to do), or null. */
export function errorSentence(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const message = (error as { message?: unknown }).message;
  return typeof message === 'string' && message !== '' ? message : null;
}
