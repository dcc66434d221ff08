import { useEffect } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';
import { BackButton, Layouts, Page } from '@strapi/strapi/admin';
import { Navigate, NavLink, Route, Routes } from 'react-router-dom';
import { styled } from 'styled-components';
import type { CampaignDto } from '../../../../shared/contracts';
import { CampaignStateBadge } from '../../components/CampaignStateBadge';
import { stateReason } from '../../components/stateReason';
import { useText } from '../../components/useText';
import type { Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { AudiencePart } from './editor/AudiencePart';
import { ContentPart } from './editor/ContentPart';
import { LeftoverBanner } from './editor/LeftoverBanner';
import { SaveIndicator } from './editor/SaveIndicator';
import { SidePanel } from './editor/SidePanel';
import { useCampaignDraft } from './editor/useCampaignDraft';
import { ReportPart } from './report/ReportPart';
import { ReviewPart } from './review/ReviewPart';
import { UndoBanner } from './review/UndoBanner';

const PartLink = styled(NavLink)`
  padding: ${({ theme }) => `${theme.spaces[2]} ${theme.spaces[4]}`};
  border-bottom: 2px solid transparent;
  color: ${({ theme }) => theme.colors.neutral700};
  font-size: ${({ theme }) => theme.fontSizes[2]};
  font-weight: 600;
  text-decoration: none;

  &:hover {
    color: ${({ theme }) => theme.colors.primary700};
  }

  &.active {
    border-bottom-color: ${({ theme }) => theme.colors.primary600};
    color: ${({ theme }) => theme.colors.primary700};
  }
`;

/** Two columns from 1100 px of window width on; below that the panel comes first, so that it is seen. */
const Columns = styled.div`
  display: grid;
  gap: ${({ theme }) => theme.spaces[6]};
  grid-template-columns: minmax(0, 1fr);

  @media (min-width: 1100px) {
    grid-template-columns: minmax(0, 1fr) 280px;
    align-items: start;
  }
`;

const Side = styled.aside`
  @media (max-width: 1099px) {
    order: -1;
  }
  @media (min-width: 1100px) {
    position: sticky;
    // Below the bar into which Strapi turns the heading when the page is scrolled.
    top: 80px;
  }
`;

export interface WorkspaceProps {
  campaign: CampaignDto;
  can: Can;
  refetch: () => void;
}

/** The parts of a campaign in the URL, and beside them the panel with its state and the one primary button. */
export function CampaignWorkspace({ campaign, can, refetch }: WorkspaceProps) {
  const t = useText();
  const isBefore = campaign.state === 'draft' || campaign.state === 'scheduled';
  const editable = campaign.state === 'draft' && can.campaignsEdit;
  const draft = useCampaignDraft(campaign, refetch);
  const parts = isBefore
    ? ([
        ['content', t('campaigns.part.content')],
        ['audience', t('campaigns.part.audience')],
        ['review', t('campaigns.part.review')],
      ] as const)
    : ([
        ['report', t('campaigns.part.report')],
        ['content', t('campaigns.part.content')],
        ['audience', t('campaigns.part.audience')],
      ] as const);
  const home = `${BASE_PATH}/campaigns/${campaign.documentId}`;

  useScheduledPolling(campaign, refetch);

  return (
    <Page.Main>
      <Page.Title>{campaign.name}</Page.Title>
      <Layouts.Header
        title={draft.values.name}
        subtitle={
          <Flex gap={3} alignItems="center" wrap="wrap" tag="span">
            <CampaignStateBadge state={campaign.state} />
            {editable && <SaveIndicator state={draft.saveState} onRetry={() => void draft.flush()} />}
            {campaign.stateReason && (
              <Typography variant="pi" textColor="neutral800">
                {stateReason(campaign, t)}
              </Typography>
            )}
          </Flex>
        }
        navigationAction={<BackButton fallback={`${BASE_PATH}/campaigns`} />}
      />
      <Layouts.Content>
        <Flex direction="column" alignItems="stretch" gap={4}>
          <Flex
            tag="nav"
            aria-label={t('campaigns.part.label')}
            borderColor="neutral200"
            wrap="wrap"
            borderStyle="solid"
            borderWidth="0 0 1px 0"
          >
            {parts.map(([part, label]) => (
              <PartLink key={part} to={`${home}/${part}`} onClick={() => void draft.flush()}>
                {label}
              </PartLink>
            ))}
          </Flex>
          <UndoBanner campaign={campaign} canSend={can.campaignsSend} />
          {editable && <LeftoverBanner draft={draft} />}
          <Columns>
            <Box minWidth={0}>
              <Routes>
                <Route
                  path="content"
                  element={<ContentPart campaign={campaign} draft={draft} editable={editable} />}
                />
                <Route
                  path="audience"
                  element={<AudiencePart campaign={campaign} draft={draft} editable={editable} />}
                />
                <Route
                  path="review"
                  element={
                    isBefore ? (
                      <ReviewPart campaign={campaign} draft={draft} can={can} />
                    ) : (
                      <Navigate to={`${home}/report`} replace />
                    )
                  }
                />
                <Route
                  path="report"
                  element={
                    isBefore ? (
                      <Navigate to={`${home}/content`} replace />
                    ) : (
                      <ReportPart campaign={campaign} can={can} />
                    )
                  }
                />
                <Route
                  path="*"
                  element={<Navigate to={`${home}/${isBefore ? 'content' : 'report'}`} replace />}
                />
              </Routes>
            </Box>
            <Side aria-label={t('campaigns.side.label')}>
              <SidePanel campaign={campaign} draft={draft} can={can} />
            </Side>
          </Columns>
        </Flex>
      </Layouts.Content>
    </Page.Main>
  );
}

/** A scheduled campaign starts by itself: once its time has come, ask every 3 s until the state shows it. */
function useScheduledPolling(campaign: CampaignDto, refetch: () => void): void {
  useEffect(() => {
    if (campaign.state !== 'scheduled' || !campaign.scheduledAt) return;
    const wait = Math.max(0, new Date(campaign.scheduledAt).getTime() - Date.now());
    // Longer than a day: the page will hardly be open that long, and setTimeout has a ceiling of 24.8 days.
    if (wait > 86_400_000) return;
    let interval: ReturnType<typeof setInterval> | undefined;
    const timeout = setTimeout(() => {
      refetch();
      interval = setInterval(refetch, 3000);
    }, wait);
    return () => {
      clearTimeout(timeout);
      clearInterval(interval);
    };
  }, [campaign.scheduledAt, campaign.state, refetch]);
}
