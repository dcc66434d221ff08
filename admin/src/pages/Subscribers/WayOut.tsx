import { Link, Typography } from '@strapi/design-system';
import { NavLink } from 'react-router-dom';
import type { SubscriberDto } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import { BASE_PATH } from '../../pluginId';
import { hasLeft } from './useSubscriberQuery';
import { wordKey } from './words';

/** How somebody left and by which campaign: "Link in the mail · Spring letter". Nothing for people who are there. */
export function WayOut({ person }: { person: SubscriberDto }) {
  const t = useText();
  if (!hasLeft(person.status)) return null;
  if (person.statusReason === null && person.statusCampaign === null) return null;
  const key = person.statusReason === null ? null : wordKey('way', person.statusReason);
  return (
    <Typography variant="pi" textColor="neutral600">
      {key === null ? person.statusReason : t(key)}
      {person.statusReason !== null && person.statusCampaign !== null && ' · '}
      {person.statusCampaign !== null && (
        <Link
          tag={NavLink}
          to={`${BASE_PATH}/campaigns/${person.statusCampaign.documentId}`}
          fontSize="inherit"
        >
          {person.statusCampaign.name}
        </Link>
      )}
    </Typography>
  );
}
