import { useState } from 'react';
import { Box, Field, Flex, TextInput, Typography } from '@strapi/design-system';
import type { CampaignDto, TimingPlan } from '../../../../../shared/contracts';
import { useGetAudienceCountQuery, useScheduleCampaignMutation } from '../../../api/campaigns';
import { useGetCampaignChoicesQuery } from '../../../api/settings';
import { ConfirmAction } from '../../../components/ConfirmAction';
import { useFeedback } from '../../../components/useFeedback';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { TimingSummary } from './TimingSummary';
import { startUndo } from './undo';
import { browserZone } from './zonedTime';

/** Until the settings are read: the threshold that a fresh installation has. */
const DEFAULT_UNUSUAL = 10_000;

/**
 * Names count, sender, subject, time and zone before anything is sent; asks to type the count when it is unusual.
 * @param at null: now, after the time to undo
 */
export function ConfirmSendDialog({
  campaign,
  at,
  timezone,
  plan,
  onClose,
}: {
  campaign: CampaignDto;
  at: Date | null;
  timezone: string;
  /** What the campaign's timing means; null: everybody gets it at the start. */
  plan: TimingPlan | null;
  onClose: () => void;
}) {
  const t = useText();
  const format = useFormat();
  const feedback = useFeedback();
  const count = useGetAudienceCountQuery(campaign.documentId, { refetchOnMountOrArgChange: true });
  const { data: choices } = useGetCampaignChoicesQuery();
  const [schedule] = useScheduleCampaignMutation();
  const [typed, setTyped] = useState('');
  const recipients = count.isFetching ? null : (count.data?.recipients ?? null);
  const unusual = recipients !== null && recipients > (choices?.unusualAudience ?? DEFAULT_UNUSUAL);
  const typedCount = Number(typed.replace(/[^\d]/g, ''));
  const sender = choices?.senders.find((one) => one.id === campaign.sender);
  const subject =
    campaign.contents.find((content) => content.language === campaign.defaultLanguage)?.subject ?? '';
  const title = t(at ? 'campaigns.send.schedule' : 'campaigns.send.now');

  const confirm = async () => {
    const answer = await schedule({
      id: campaign.documentId,
      data: at ? { at: at.toISOString(), timezone } : { timezone: plan?.timezone ?? browserZone() },
    });
    if ('error' in answer) {
      feedback.failure(answer.error);
      return false;
    }
    if (at || !startsSoon(answer.data)) feedback.success(t('campaigns.send.scheduled'));
    else startUndo(campaign.documentId);
    return true;
  };

  const rows = [
    [t('campaigns.confirm.recipients'), recipients === null ? '…' : format.number(recipients)],
    [t('campaigns.field.sender'), sender ? `${sender.name} <${sender.email}>` : (campaign.sender ?? '–')],
    [t('campaigns.field.subject'), subject],
    [
      t('campaigns.confirm.time'),
      at ? `${format.dateTime(at.toISOString(), timezone)} (${timezone})` : t('campaigns.confirm.now'),
    ],
  ] as const;

  return (
    <ConfirmAction
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      variant="default"
      confirmLabel={title}
      disabled={recipients === null || (unusual && typedCount !== recipients)}
      onConfirm={confirm}
    >
      <Flex direction="column" alignItems="stretch" gap={4} width="100%">
        <Box tag="dl">
          {rows.map(([label, value]) => (
            <Flex key={label} gap={3} alignItems="baseline" paddingBottom={2}>
              <Typography tag="dt" variant="pi" textColor="neutral600" minWidth="8rem">
                {label}
              </Typography>
              <Typography tag="dd" fontWeight="semiBold" style={{ overflowWrap: 'anywhere' }}>
                {value}
              </Typography>
            </Flex>
          ))}
        </Box>
        {plan && <TimingSummary plan={plan} />}
        {unusual && recipients !== null && (
          <Field.Root
            name="count"
            hint={t('campaigns.confirm.unusual.hint', { count: format.number(recipients) })}
          >
            <Field.Label>{t('campaigns.confirm.unusual')}</Field.Label>
            <TextInput
              inputMode="numeric"
              autoComplete="off"
              value={typed}
              onChange={(event: React.ChangeEvent<HTMLInputElement>) => setTyped(event.target.value)}
            />
            <Field.Hint />
          </Field.Root>
        )}
      </Flex>
    </ConfirmAction>
  );
}

/** A send window can let what is sent now wait for hours: then there is nothing to count down. */
const startsSoon = ({ scheduledAt }: CampaignDto) =>
  scheduledAt !== null && new Date(scheduledAt).getTime() - Date.now() < 120_000;
