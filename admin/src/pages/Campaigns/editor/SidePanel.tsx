import { Box, Button, Divider, Flex, LinkButton, Typography } from '@strapi/design-system';
import { CheckCircle } from '@strapi/icons';
import { Link, useLocation } from 'react-router-dom';
import { styled } from 'styled-components';
import type { CampaignDto, PreflightItem } from '../../../../../shared/contracts';
import {
  useGetAudienceCountQuery,
  useGetPreflightQuery,
  useUnscheduleCampaignMutation,
} from '../../../api/campaigns';
import { CampaignStateBadge } from '../../../components/CampaignStateBadge';
import { TextLink } from '../../../components/TextLink';
import { useFeedback } from '../../../components/useFeedback';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { Can } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';
import { preflightTarget, preflightText } from '../preflightText';
import { SendingActions } from '../report/SendingActions';
import { endUndo } from '../review/undo';
import type { CampaignDraft } from './useCampaignDraft';

/** State, recipients, problems and the one primary button of where the campaign stands. */
export function SidePanel({
  campaign,
  draft,
  can,
}: {
  campaign: CampaignDto;
  draft: CampaignDraft;
  can: Can;
}) {
  const isBefore = campaign.state === 'draft' || campaign.state === 'scheduled';
  return (
    <Stack>
      {isBefore ? (
        <Before campaign={campaign} draft={draft} can={can} />
      ) : (
        <SendingActions campaign={campaign} can={can} />
      )}
    </Stack>
  );
}

/** A column beside the page; a row above it where the window is too narrow for both. */
const Stack = styled.div`
  display: flex;
  flex-direction: column;
  gap: ${({ theme }) => theme.spaces[4]};
  padding: ${({ theme }) => theme.spaces[5]};
  background: ${({ theme }) => theme.colors.neutral0};
  border-radius: ${({ theme }) => theme.borderRadius};
  box-shadow: ${({ theme }) => theme.shadows.tableShadow};

  @media (max-width: 1099px) {
    flex-flow: row wrap;
    align-items: flex-start;

    > * {
      flex: 1 1 160px;
    }

    > [role='separator'] {
      display: none;
    }
  }
`;

function Before({ campaign, draft, can }: { campaign: CampaignDto; draft: CampaignDraft; can: Can }) {
  const t = useText();
  const format = useFormat();
  const id = campaign.documentId;
  const home = `${BASE_PATH}/campaigns/${id}`;
  const isReview = useLocation().pathname.endsWith('/review');
  const count = useGetAudienceCountQuery(id);
  const preflight = useGetPreflightQuery(id);
  return (
    <>
      <Flex justifyContent="space-between">
        <Typography variant="sigma" textColor="neutral600" tag="h2">
          {t('campaigns.side.state')}
        </Typography>
        <CampaignStateBadge state={campaign.state} />
      </Flex>
      {campaign.state === 'scheduled' && campaign.scheduledAt && (
        <Typography>{format.dateTime(campaign.scheduledAt, campaign.timezone)}</Typography>
      )}
      <Divider role="separator" />
      <Box>
        <Typography variant="sigma" textColor="neutral600" tag="h2">
          {t('campaigns.side.recipients')}
        </Typography>
        <Typography variant="alpha" tag="p" paddingTop={1} aria-live="polite">
          {count.data ? format.number(count.data.recipients) : '–'}
        </Typography>
      </Box>
      <Divider role="separator" />
      <Problems items={preflight.data ?? null} failed={Boolean(preflight.error)} campaignId={id} />
      {campaign.state === 'scheduled'
        ? can.campaignsSend && <BackToDraft id={id} />
        : !isReview && (
            <LinkButton tag={Link} to={`${home}/review`} fullWidth onClick={() => void draft.flush()}>
              {t('campaigns.side.to-review')}
            </LinkButton>
          )}
    </>
  );
}

function BackToDraft({ id }: { id: string }) {
  const t = useText();
  const feedback = useFeedback();
  const [unschedule, { isLoading }] = useUnscheduleCampaignMutation();
  const back = async () => {
    const answer = await unschedule(id);
    if ('error' in answer) return feedback.failure(answer.error);
    endUndo(id);
    feedback.success(t('campaigns.back-to-draft.done'));
  };
  return (
    <Button fullWidth loading={isLoading} onClick={() => void back()}>
      {t('campaigns.back-to-draft')}
    </Button>
  );
}

function Problems({
  items,
  failed,
  campaignId,
}: {
  items: PreflightItem[] | null;
  failed: boolean;
  campaignId: string;
}) {
  const t = useText();
  if (failed) return <Typography textColor="danger600">{t('campaigns.side.check-failed')}</Typography>;
  if (!items) return <Typography textColor="neutral600">{t('campaigns.side.checking')}</Typography>;
  return (
    <Box>
      <Typography variant="sigma" textColor="neutral600" tag="h2">
        {t('campaigns.side.problems')}
      </Typography>
      {items.length === 0 ? (
        <Flex gap={2} paddingTop={2} alignItems="center">
          <CheckCircle fill="success600" aria-hidden />
          <Typography>{t('campaigns.side.no-problems')}</Typography>
        </Flex>
      ) : (
        <Flex tag="ul" direction="column" alignItems="stretch" gap={2} paddingTop={2}>
          {items.map((item, index) => (
            <Typography tag="li" key={`${item.id}-${index}`} variant="pi">
              <Typography
                variant="pi"
                fontWeight="bold"
                textColor={item.level === 'blocking' ? 'danger600' : 'neutral800'}
              >
                {t(
                  item.level === 'blocking' ? 'campaigns.preflight.blocking' : 'campaigns.preflight.warning',
                )}
              </Typography>{' '}
              <TextLink to={preflightTarget(item, campaignId)}>{preflightText(item, t)}</TextLink>
            </Typography>
          ))}
        </Flex>
      )}
    </Box>
  );
}
