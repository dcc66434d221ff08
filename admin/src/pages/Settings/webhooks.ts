import { eventId, NEWSLETTER_EVENTS } from '../../../../shared/contracts/events';

/** Strapi's own rights on webhooks: ours are ordinary webhooks. The first one lets a person see the page. */
export const WEBHOOK_PERMISSIONS = ['read', 'create', 'update'].map((verb) => ({
  action: `admin::webhooks.${verb}`,
  subject: null,
}));

export const OUR_EVENTS = NEWSLETTER_EVENTS.map((name) => ({ name, id: eventId(name) }));

export const isOurs = (event: string): boolean => OUR_EVENTS.some(({ id }) => id === event);

/** The events of a webhook after ours were chosen anew: others stay as they are. */
export const withOurs = (events: readonly string[], chosen: ReadonlySet<string>): string[] => [
  ...events.filter((event) => !isOurs(event)),
  ...OUR_EVENTS.map(({ id }) => id as string).filter((id) => chosen.has(id)),
];

/** Whether Strapi takes it as the address of a webhook. */
export function isWebAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
