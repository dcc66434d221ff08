import type { CampaignSnapshot, CompiledCampaign, RenderedMail, RenderLinks } from '../../compose';
import type { ClaimedDelivery } from '../../storage';
import type { PersonClaim, Urls } from '../../tokens';
import type { MessageBuilder } from '../message';
import type { OutgoingMessage } from '../types';

/** What of a delivery goes into its mail. The person is there: deliveries of those who are gone are skipped before. */
export type Recipient = Pick<
  ClaimedDelivery,
  'id' | 'subscriberId' | 'addressHash' | 'email' | 'variant' | 'language'
> & {
  person: Pick<NonNullable<ClaimedDelivery['person']>, 'firstName' | 'lastName' | 'language' | 'attributes'>;
};

/**
 * One recipient's mail: rendered, composed, signed.
 * @throws as `MessageBuilder.build`; Error when the template cannot be rendered for this person
 */
export async function makeMail(
  { urls, builder }: { urls: Urls; builder: MessageBuilder },
  { snapshot, compiled }: { snapshot: CampaignSnapshot; compiled: CompiledCampaign },
  row: Recipient,
): Promise<OutgoingMessage> {
  const { person } = row;
  const personClaim: PersonClaim = {
    subscriberId: row.subscriberId,
    addressHash: row.addressHash,
    deliveryId: row.id,
  };
  const rendered: RenderedMail = compiled.render(
    compiled.contentFor(row.variant, row.language),
    { ...person, email: row.email },
    linksOf(urls, snapshot, row.id, personClaim),
  );
  const name = [person.firstName, person.lastName].filter(Boolean).join(' ');
  return builder.build({
    snapshot,
    rendered,
    to: { email: row.email, name: name || null },
    deliveryId: row.id,
    personClaim,
  });
}

function linksOf(
  urls: Urls,
  { tracking }: CampaignSnapshot,
  deliveryId: number,
  claim: PersonClaim,
): RenderLinks {
  return {
    unsubscribe: urls.unsubscribe(claim),
    preferences: urls.preferences(claim),
    view: urls.view(deliveryId),
    openPixel: tracking.opens ? urls.open(deliveryId) : null,
    click: tracking.clicks ? (linkId) => urls.click(deliveryId, linkId) : null,
  };
}
