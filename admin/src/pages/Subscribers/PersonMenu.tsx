import { IconButton, Menu } from '@strapi/design-system';
import { Cross, Eye, Mail, More, Pencil, Trash } from '@strapi/icons';
import { useNavigate } from 'react-router-dom';
import type { SubscriberDto } from '../../../../shared/contracts';
import { useText } from '../../components/useText';
import type { Can } from '../../permissions';
import { canInvite } from './useSubscriberActions';

export type PersonAction = 'edit' | 'invite' | 'unsubscribe' | 'delete';

interface Props {
  person: SubscriberDto;
  can: Can;
  onAction: (action: PersonAction, person: SubscriberDto) => void;
  /** Leads to the person's page; left out on that page. */
  openTo?: string;
}

/** The row menu of a subscriber: only what the editor may do and what makes sense for the person's status. */
export function PersonMenu({ person, can, onAction, openTo }: Props) {
  const t = useText();
  const navigate = useNavigate();
  const select = (action: PersonAction) => () => onAction(action, person);
  if (openTo === undefined && !can.subscribersEdit && !can.subscribersDelete) return null;
  return (
    <Menu.Root>
      <Menu.Trigger tag={IconButton} icon={<More />} label={t('subscribers.menu', { email: person.email })} />
      <Menu.Content popoverPlacement="bottom-end">
        {openTo !== undefined && (
          <Menu.Item startIcon={<Eye />} onSelect={() => navigate(openTo)}>
            {t('subscribers.open')}
          </Menu.Item>
        )}
        {can.subscribersEdit && (
          <Menu.Item startIcon={<Pencil />} onSelect={select('edit')}>
            {t('subscribers.edit')}
          </Menu.Item>
        )}
        {can.subscribersEdit && canInvite(person) && (
          <Menu.Item startIcon={<Mail />} onSelect={select('invite')}>
            {t('subscribers.invite')}
          </Menu.Item>
        )}
        {can.subscribersEdit && person.status !== 'unsubscribed' && (
          <Menu.Item startIcon={<Cross />} onSelect={select('unsubscribe')}>
            {t('subscribers.unsubscribe')}
          </Menu.Item>
        )}
        {can.subscribersDelete && (
          <Menu.Item variant="danger" startIcon={<Trash />} onSelect={select('delete')}>
            {t('subscribers.delete')}
          </Menu.Item>
        )}
      </Menu.Content>
    </Menu.Root>
  );
}
