import { useState } from 'react';
import {
  Box,
  IconButton,
  MenuItem,
  SimpleMenu,
  Table,
  Tbody,
  Td,
  Th,
  Tr,
  Typography,
} from '@strapi/design-system';
import { More } from '@strapi/icons';
import { Link, useNavigate } from 'react-router-dom';
import { css, styled } from 'styled-components';
import type { CampaignSummary } from '../../../../shared/contracts';
import { useDeleteCampaignMutation } from '../../api/campaigns';
import { CampaignStateBadge } from '../../components/CampaignStateBadge';
import { ConfirmAction } from '../../components/ConfirmAction';
import { RelativeTime } from '../../components/RelativeTime';
import { TableHead } from '../../components/TableHead';
import { useFeedback } from '../../components/useFeedback';
import { useFormat } from '../../components/useFormat';
import { stateReason } from '../../components/stateReason';
import { useText, type Text } from '../../components/useText';
import type { Can } from '../../permissions';
import { BASE_PATH } from '../../pluginId';
import { settled } from './report/parts';
import { useCreateCampaign } from './useCreateCampaign';

const NameLink = styled(Link)`
  color: ${({ theme }) => theme.colors.neutral800};
  font-size: ${({ theme }) => theme.fontSizes[2]};
  font-weight: 600;
  display: block;
  white-space: normal;
  text-decoration: none;

  &:hover {
    text-decoration: underline;
  }
`;

/** Opens and clicks wait in the report where the window is too narrow for all columns. */
const hideWhenNarrow = css`
  @media (max-width: 1099px) {
    display: none;
  }
`;

const WideTh = styled(Th)`
  ${hideWhenNarrow}
`;

const WideTd = styled(Td)`
  ${hideWhenNarrow}
`;

const Track = styled.div`
  width: 96px;
  height: 6px;
  border-radius: 3px;
  overflow: hidden;
  background: ${({ theme }) => theme.colors.neutral150};
`;

const Done = styled.div`
  height: 100%;
  background: ${({ theme }) => theme.colors.primary500};
`;

const hasStarted = (campaign: CampaignSummary) =>
  campaign.state !== 'draft' && campaign.state !== 'scheduled';

export function CampaignsTable({ campaigns, can }: { campaigns: CampaignSummary[]; can: Can }) {
  const t = useText();
  const headers = [
    t('campaigns.column.name'),
    t('campaigns.column.state'),
    t('campaigns.column.progress'),
    <WideTh key="reactions">
      <Typography variant="sigma">{t('campaigns.column.reactions')}</Typography>
    </WideTh>,
    t('campaigns.column.when'),
  ];
  return (
    <Table colCount={headers.length + 1} rowCount={campaigns.length + 1}>
      <TableHead columns={headers} hasActions />
      <Tbody>
        {campaigns.map((campaign) => (
          <Row key={campaign.documentId} campaign={campaign} can={can} />
        ))}
      </Tbody>
    </Table>
  );
}

function Row({ campaign, can }: { campaign: CampaignSummary; can: Can }) {
  const t = useText();
  return (
    <Tr>
      <Td>
        <Box maxWidth={{ initial: '180px', large: '360px' }}>
          {can.campaignsRead ? (
            <NameLink to={`${BASE_PATH}/campaigns/${campaign.documentId}`}>{campaign.name}</NameLink>
          ) : (
            <Typography fontWeight="semiBold" style={{ whiteSpace: 'normal' }}>
              {campaign.name}
            </Typography>
          )}
          {campaign.subject !== '' && (
            <Typography variant="pi" textColor="neutral600" tag="p" ellipsis>
              {campaign.subject}
            </Typography>
          )}
        </Box>
      </Td>
      <Td>
        <CampaignStateBadge state={campaign.state} title={stateReason(campaign, t) ?? undefined} />
      </Td>
      <Td>
        <Progress campaign={campaign} />
      </Td>
      <WideTd>
        <Reactions campaign={campaign} />
      </WideTd>
      <Td>
        <Box maxWidth={{ initial: '96px', large: '100%' }}>
          <Typography variant="pi" style={{ whiteSpace: 'normal' }}>
            {when(campaign, t)}
          </Typography>
        </Box>
      </Td>
      <Td>{can.campaignsRead && <RowMenu campaign={campaign} can={can} />}</Td>
    </Tr>
  );
}

/** The time that matters in each state. */
function when(campaign: CampaignSummary, t: Text) {
  const { state, scheduledAt, startedAt, finishedAt, timezone, updatedAt } = campaign;
  const [label, iso] =
    state === 'scheduled' && scheduledAt
      ? [t('campaigns.when.starts'), scheduledAt]
      : state === 'sent' && finishedAt
        ? [t('campaigns.when.finished'), finishedAt]
        : hasStarted(campaign) && startedAt
          ? [t('campaigns.when.started'), startedAt]
          : [t('campaigns.when.changed'), updatedAt];
  return (
    <>
      {label} <RelativeTime iso={iso} timezone={state === 'scheduled' ? timezone : null} />
    </>
  );
}

function Progress({ campaign }: { campaign: CampaignSummary }) {
  const t = useText();
  const format = useFormat();
  const { counts } = campaign;
  if (!hasStarted(campaign)) return <Typography textColor="neutral600">–</Typography>;
  const done = settled(counts);
  const moving = campaign.state === 'sending' || campaign.state === 'paused';
  const text = t('campaigns.progress', { done, count: counts.candidates });
  return (
    <Box>
      {moving && (
        <Track aria-hidden>
          <Done style={{ width: `${counts.candidates > 0 ? (done / counts.candidates) * 100 : 0}%` }} />
        </Track>
      )}
      <Typography variant="pi">
        {moving ? text : t('campaigns.accepted-of', { accepted: counts.accepted, count: counts.candidates })}
      </Typography>
      {counts.inDoubt > 0 && (
        <Typography variant="pi" textColor="neutral800" tag="p">
          {t('campaigns.in-doubt', { count: format.number(counts.inDoubt) })}
        </Typography>
      )}
    </Box>
  );
}

function Reactions({ campaign }: { campaign: CampaignSummary }) {
  const t = useText();
  if (!hasStarted(campaign)) return <Typography textColor="neutral600">–</Typography>;
  return (
    <Box>
      <Typography variant="pi" tag="p">
        {t('campaigns.opens', { count: campaign.opens })}
      </Typography>
      <Typography variant="pi" tag="p">
        {t('campaigns.clicks', { count: campaign.clicks })}
      </Typography>
    </Box>
  );
}

function RowMenu({ campaign, can }: { campaign: CampaignSummary; can: Can }) {
  const t = useText();
  const feedback = useFeedback();
  const navigate = useNavigate();
  const { duplicate } = useCreateCampaign();
  const [remove] = useDeleteCampaignMutation();
  const [removing, setRemoving] = useState(false);
  const running =
    campaign.state === 'sending' || campaign.state === 'paused' || campaign.state === 'scheduled';
  const confirm = async () => {
    const answer = await remove(campaign.documentId);
    if ('error' in answer) {
      feedback.failure(answer.error);
      return false;
    }
    feedback.success(t('campaigns.deleted', { name: campaign.name }));
    return true;
  };
  return (
    <>
      <SimpleMenu
        label={t('campaigns.menu', { name: campaign.name })}
        tag={IconButton}
        icon={<More />}
        variant="ghost"
      >
        <MenuItem onSelect={() => navigate(`${BASE_PATH}/campaigns/${campaign.documentId}`)}>
          {t(hasStarted(campaign) ? 'campaigns.menu.report' : 'campaigns.menu.open')}
        </MenuItem>
        {can.campaignsEdit && (
          <MenuItem onSelect={() => void duplicate(campaign.documentId)}>
            {t('campaigns.menu.duplicate')}
          </MenuItem>
        )}
        {can.campaignsEdit && !running && (
          <MenuItem variant="danger" onSelect={() => setRemoving(true)}>
            {t('campaigns.menu.delete')}
          </MenuItem>
        )}
      </SimpleMenu>
      <ConfirmAction
        open={removing}
        onOpenChange={setRemoving}
        title={t('campaigns.menu.delete')}
        confirmLabel={t('campaigns.menu.delete')}
        onConfirm={confirm}
      >
        {t('campaigns.delete.text', { name: campaign.name })}
      </ConfirmAction>
    </>
  );
}
