import type { NewsletterEventName } from '../../../shared/contracts';
import type { Context } from '../context';
import type { Subscriber } from '../storage';

type SubscriberEventName = Extract<NewsletterEventName, `subscriber-${string}`>;

/** Announces what people did, one event each. Called after the commit. */
export function announce(
  ctx: Pick<Context, 'emit'>,
  name: SubscriberEventName,
  people: readonly Pick<Subscriber, 'documentId' | 'email'>[],
  how: { via: string; campaignId?: string | null },
): void {
  for (const { documentId, email } of people) {
    ctx.emit(name, { subscriber: { documentId, email }, via: how.via, campaign: how.campaignId ?? null });
  }
}
