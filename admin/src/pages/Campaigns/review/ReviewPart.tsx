import { Flex, Loader, Typography } from '@strapi/design-system';
import { CheckCircle, CrossCircle, WarningCircle } from '@strapi/icons';
import type { CampaignDto, PreflightItem } from '../../../../../shared/contracts';
import { useGetPreflightQuery, useGetTimingPlanQuery } from '../../../api/campaigns';
import { ErrorState } from '../../../components/ErrorState';
import { Notice } from '../../../components/Notice';
import { Panel } from '../../../components/Panel';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { Can } from '../../../permissions';
import type { CampaignDraft } from '../editor/useCampaignDraft';
import { preflightTarget, preflightText } from '../preflightText';
import { isTimed, SendPanel } from './SendPanel';
import { TimingSummary } from './TimingSummary';

/** The last look before sending: what was checked, how fast, and when. */
export function ReviewPart({
  campaign,
  draft,
  can,
}: {
  campaign: CampaignDto;
  draft: CampaignDraft;
  can: Can;
}) {
  const t = useText();
  const format = useFormat();
  const preflight = useGetPreflightQuery(campaign.documentId);
  const plan = useGetTimingPlanQuery(
    { id: campaign.documentId },
    { skip: campaign.state !== 'scheduled' || !isTimed(campaign.timing) },
  );
  const items = preflight.data;
  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Panel title={t('campaigns.review.checks')}>
        {preflight.error && !items ? (
          <ErrorState error={preflight.error} onRetry={() => void preflight.refetch()} />
        ) : !items ? (
          <Loader>{t('campaigns.side.checking')}</Loader>
        ) : (
          <Checks items={items} campaignId={campaign.documentId} />
        )}
      </Panel>
      {campaign.state === 'scheduled' ? (
        <Panel title={t('campaigns.review.scheduled')}>
          <Flex direction="column" alignItems="stretch" gap={4}>
            <Typography>
              {campaign.scheduledAt
                ? t('campaigns.review.scheduled.text', {
                    time: format.dateTime(campaign.scheduledAt, campaign.timezone),
                    zone: campaign.timezone ?? 'UTC',
                  })
                : ''}
            </Typography>
            {plan.currentData && <TimingSummary plan={plan.currentData} />}
          </Flex>
        </Panel>
      ) : can.campaignsSend ? (
        <SendPanel
          campaign={campaign}
          draft={draft}
          canEdit={can.campaignsEdit}
          blocked={!items || items.some((item) => item.level === 'blocking')}
        />
      ) : (
        <Notice title={t('campaigns.review.may-not-send.title')}>{t('campaigns.review.may-not-send')}</Notice>
      )}
    </Flex>
  );
}

function Checks({ items, campaignId }: { items: PreflightItem[]; campaignId: string }) {
  const t = useText();
  if (items.length === 0) {
    return (
      <Flex gap={2}>
        <CheckCircle fill="success600" aria-hidden />
        <Typography>{t('campaigns.review.all-good')}</Typography>
      </Flex>
    );
  }
  const blocking = items.filter((item) => item.level === 'blocking').length;
  return (
    <Flex direction="column" alignItems="stretch" gap={3}>
      <Typography>
        {t('campaigns.review.summary', { blocking, warnings: items.length - blocking })}
      </Typography>
      <Flex tag="ul" direction="column" alignItems="stretch" gap={2}>
        {items.map((item, index) => (
          <Flex tag="li" key={`${item.id}-${index}`} gap={2} alignItems="start">
            <Flex paddingTop={1} shrink={0}>
              {item.level === 'blocking' ? (
                <CrossCircle fill="danger600" aria-hidden />
              ) : (
                <WarningCircle fill="warning600" aria-hidden />
              )}
            </Flex>
            <Typography>
              <strong>
                {t(
                  item.level === 'blocking' ? 'campaigns.preflight.blocking' : 'campaigns.preflight.warning',
                )}
              </strong>{' '}
              {preflightText(item, t)}{' '}
              <TextLink to={preflightTarget(item, campaignId)}>{t('campaigns.review.show')}</TextLink>
            </Typography>
          </Flex>
        ))}
      </Flex>
    </Flex>
  );
}
