import { useState } from 'react';
import { Box, Button, Flex, Typography } from '@strapi/design-system';
import { Page } from '@strapi/strapi/admin';
import { useNavigate } from 'react-router-dom';
import type { SunsetDto } from '../../../../../shared/contracts';
import { useGetSunsetQuery, useStartCheckMutation } from '../../../api/hygiene';
import { ErrorState } from '../../../components/ErrorState';
import { Notice } from '../../../components/Notice';
import { Panel } from '../../../components/Panel';
import { TextLink } from '../../../components/TextLink';
import { useFeedback } from '../../../components/useFeedback';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';
import { SunsetDialog } from './SunsetDialog';

/** The sunset rule: what it says, how many are marked, and a look at who is due. */
export function SunsetPanel({ isBusy }: { isBusy: boolean }) {
  const t = useText();
  const { can } = useCan();
  const navigate = useNavigate();
  const feedback = useFeedback();
  const { data, error, refetch } = useGetSunsetQuery(undefined, { refetchOnMountOrArgChange: true });
  const [start, { isLoading }] = useStartCheckMutation();
  const [isEditing, setIsEditing] = useState(false);
  const look = async () => {
    const outcome = await start({ scope: { kind: 'sunset' } });
    if ('error' in outcome) return feedback.failure(outcome.error);
    void navigate(`${BASE_PATH}/deliverability/hygiene/${outcome.data.id}`);
  };
  return (
    <Panel
      title={t('hygiene.sunset')}
      action={
        data && (
          <Flex gap={2} wrap="wrap">
            {can.settingsEdit && (
              <Button variant="tertiary" onClick={() => setIsEditing(true)}>
                {t('hygiene.sunset.edit')}
              </Button>
            )}
            {can.subscribersEdit && (
              <Button
                variant="secondary"
                disabled={isBusy || !data.tracked}
                loading={isLoading}
                onClick={() => void look()}
              >
                {t('hygiene.sunset.start')}
              </Button>
            )}
          </Flex>
        )
      }
    >
      {error !== undefined && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Page.Loading />
      ) : (
        <Rule sunset={data} />
      )}
      {isEditing && data && <SunsetDialog sunset={data} onClose={() => setIsEditing(false)} />}
    </Panel>
  );
}

function Rule({ sunset }: { sunset: SunsetDto }) {
  const t = useText();
  const { months, campaigns, waitDays, marked, segment } = sunset;
  return (
    <Flex direction="column" alignItems="stretch" gap={3}>
      {!sunset.tracked && (
        <Notice title={t('hygiene.sunset.untracked.title')}>{t('hygiene.sunset.untracked.text')}</Notice>
      )}
      <Typography tag="p">{t('hygiene.sunset.rule', { months, campaigns })}</Typography>
      <Typography tag="p">{t('hygiene.sunset.then', { days: waitDays })}</Typography>
      <Typography tag="p" textColor="neutral600">
        {t('hygiene.sunset.caveat')}
      </Typography>
      <Box>
        <Typography tag="p" fontWeight="semiBold">
          {t('hygiene.sunset.marked', { count: marked })}{' '}
          {segment && <TextLink to={`${BASE_PATH}/segments/${segment.documentId}`}>{segment.name}</TextLink>}
        </Typography>
        <Typography tag="p" variant="pi" textColor="neutral600">
          {t(sunset.automatic ? 'hygiene.sunset.automatic.on' : 'hygiene.sunset.automatic.off')}
        </Typography>
      </Box>
    </Flex>
  );
}
