import { useState } from 'react';
import { Button, Flex, Grid, Typography } from '@strapi/design-system';
import { Mail, Pencil } from '@strapi/icons';
import { BackButton, Layouts, Page } from '@strapi/strapi/admin';
import { useNavigate, useParams } from 'react-router-dom';
import type { SubscriberDto } from '../../../../shared/contracts';
import { useGetSubscriberQuery } from '../../api/subscribers';
import { ErrorState } from '../../components/ErrorState';
import { useText } from '../../components/useText';
import { permissionsFor, useCan } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { PeopleDialogs, type PeopleDialog } from './PeopleDialogs';
import { PersonMenu } from './PersonMenu';
import { ProfileCard } from './ProfileCard';
import { StatusBadge } from './StatusBadge';
import { SubscriptionsCard } from './SubscriptionsCard';
import { SuppressionNotice } from './SuppressionNotice';
import { Timeline } from './Timeline';
import { canInvite, useSubscriberActions } from './useSubscriberActions';
import { WayOut } from './WayOut';

const LIST = `${BASE_PATH}/subscribers`;

export default function SubscriberDetailPage() {
  const t = useText();
  const { id = '' } = useParams();
  return (
    <Page.Protect permissions={permissionsFor('subscribersRead')}>
      <Page.Title>{t('subscribers.detail.title')}</Page.Title>
      <Detail id={id} />
    </Page.Protect>
  );
}

function Detail({ id }: { id: string }) {
  const { data: person, isLoading, error, refetch } = useGetSubscriberQuery(id);
  const t = useText();
  if (isLoading) return <Page.Loading />;
  if (person === undefined)
    return (
      <Page.Main>
        <Layouts.Header
          title={t('subscribers.detail.title')}
          navigationAction={<BackButton fallback={LIST} />}
        />
        <Layouts.Content>
          <ErrorState error={error} onRetry={() => void refetch()} />
        </Layouts.Content>
      </Page.Main>
    );
  return <Person person={person} />;
}

function Person({ person }: { person: SubscriberDto }) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const { invite, isBusy } = useSubscriberActions();
  const [dialog, setDialog] = useState<PeopleDialog | null>(null);
  const name = [person.firstName, person.lastName].filter(Boolean).join(' ');

  return (
    <Page.Main>
      <Layouts.Header
        title={person.email}
        navigationAction={<BackButton fallback={LIST} />}
        subtitle={
          <Flex gap={2} alignItems="center" wrap="wrap">
            <StatusBadge status={person.status} />
            <WayOut person={person} />
            {name !== '' && <Typography textColor="neutral600">{name}</Typography>}
          </Flex>
        }
        primaryAction={
          <Flex gap={2}>
            <PersonMenu
              person={person}
              can={can}
              onAction={(action) => {
                if (action === 'invite') void invite(person);
                else setDialog({ kind: action, people: [person] });
              }}
            />
            {can.subscribersEdit && canInvite(person) && (
              <Button
                variant="secondary"
                startIcon={<Mail />}
                loading={isBusy}
                onClick={() => void invite(person)}
              >
                {t('subscribers.invite')}
              </Button>
            )}
            {can.subscribersEdit && (
              <Button startIcon={<Pencil />} onClick={() => setDialog({ kind: 'edit', people: [person] })}>
                {t('subscribers.edit')}
              </Button>
            )}
          </Flex>
        }
      />
      <Layouts.Content>
        <Flex direction="column" alignItems="stretch" gap={6}>
          {person.suppression !== null && <SuppressionNotice suppression={person.suppression} />}
          <Grid.Root gap={6}>
            <Grid.Item col={5} s={12} xs={12} direction="column" alignItems="stretch">
              <ProfileCard person={person} />
            </Grid.Item>
            <Grid.Item col={7} s={12} xs={12} direction="column" alignItems="stretch">
              <SubscriptionsCard subscriptions={person.lists} />
            </Grid.Item>
          </Grid.Root>
          <Timeline id={person.documentId} />
        </Flex>
      </Layouts.Content>
      <PeopleDialogs
        dialog={dialog}
        onClose={() => setDialog(null)}
        onDone={(done) => done.kind === 'delete' && navigate(LIST, { replace: true })}
      />
    </Page.Main>
  );
}
