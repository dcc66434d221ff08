import { Link, Typography } from '@strapi/design-system';
import { NavLink } from 'react-router-dom';
import type { LeavingWords, SubscriberDto, SubscriptionDto } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { hasLeft } from './useSubscriberQuery';
import { wordKey } from './words';

/**
 * How somebody left, by which campaign and why: "Link in the mail · Spring letter · You send too many mails". Of people
 * who left only the list that is looked at, how they left that one; nothing for people who are there.
 */
export function WayOut({ person, list }: { person: SubscriberDto; list?: string | undefined }) {
  const t = useText();
  const isGone = hasLeft(person.status);
  const ended = isGone ? null : endOf(person, list);
  if (!isGone && ended === null) return null;
  const way = ended === null ? person.statusReason : ended.via;
  const campaign = ended === null ? person.statusCampaign : ended.campaign;
  const key = way === null ? null : wordKey('way', way);
  if (way === null && campaign === null) return null;
  return (
    <Typography variant="pi" textColor="neutral600">
      {ended !== null && `${t('subscribers.left-list')} · `}
      {key === null ? way : t(key)}
      {way !== null && campaign !== null && ' · '}
      {campaign !== null && (
        <Link tag={NavLink} to={`${BASE_PATH}/campaigns/${campaign.documentId}`} fontSize="inherit">
          {campaign.name}
        </Link>
      )}
      {isGone && person.leaving !== null && <LeavingText leaving={person.leaving} />}
    </Typography>
  );
}

/** The end of a subscription to the list that is looked at. */
export const endOf = (person: SubscriberDto, list: string | undefined): SubscriptionDto['ended'] =>
  person.lists.find((entry) => entry.status === 'unsubscribed' && entry.list.documentId === list)?.ended ??
  null;

/** Why, in the words of the page, and what was written besides. */
export function LeavingText({ leaving: { reason, note } }: { leaving: LeavingWords }) {
  const t = useText();
  const key = reason === null ? null : wordKey('leaving', reason);
  return (
    <Typography
      variant="pi"
      textColor="neutral800"
      tag="p"
      style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}
    >
      {key === null ? reason : t(key)}
      {note !== null && (
        <>
          {reason !== null && ': '}
          <q>{note}</q>
        </>
      )}
    </Typography>
  );
}
