import { useState } from 'react';
import {
  Button,
  Field,
  Flex,
  NumberInput,
  Radio,
  SingleSelect,
  SingleSelectOption,
  Typography,
} from '@strapi/design-system';
import { Clock, PaperPlane } from '@strapi/icons';
import {
  CAMPAIGN_PRIORITIES,
  type CampaignDto,
  type CampaignPriority,
  type Timing,
} from '../../../../../shared/contracts';
import { useGetTimingPlanQuery } from '../../../api/campaigns';
import { errorSentence } from '../../../api/client';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import type { CampaignDraft } from '../editor/useCampaignDraft';
import { ConfirmSendDialog } from './ConfirmSendDialog';
import { ScheduleFields } from './ScheduleFields';
import { TimingFields } from './TimingFields';
import { TimingSummary } from './TimingSummary';
import { browserZone, nextFullHour, resolveZonedTime } from './zonedTime';

export interface ScheduleForm {
  date: string;
  time: string;
  zone: string;
}

/** Pace, priority, now or later, and the button that asks before it sends. */
export function SendPanel({
  campaign,
  draft,
  canEdit,
  blocked,
}: {
  campaign: CampaignDto;
  draft: CampaignDraft;
  canEdit: boolean;
  blocked: boolean;
}) {
  const t = useText();
  const { timing } = draft.values;
  const [mode, setMode] = useState<'now' | 'later'>(timing.localTime ? 'later' : 'now');
  const [form, setForm] = useState<ScheduleForm>(() => {
    const zone = campaign.timezone ?? browserZone();
    return { ...nextFullHour(Date.now(), zone), zone };
  });
  const [confirming, setConfirming] = useState(false);
  const resolved = resolveZonedTime(form.date, form.time, form.zone);
  const instant = resolved && resolved.kind !== 'nonexistent' ? resolved.instant : null;
  const isTime = mode === 'now' ? !timing.localTime : instant !== null && instant.getTime() > Date.now();
  const plan = useGetTimingPlanQuery(
    {
      id: campaign.documentId,
      timezone: form.zone,
      ...(mode === 'later' && instant && { at: instant.toISOString() }),
    },
    { skip: !isTimed(timing) || !isTime },
  );
  const ready = isTime && !plan.currentData?.problems.some((item) => item.level === 'blocking');

  const open = async () => {
    // The dialog names what is stored: nothing typed may be missing from it.
    if (await draft.flush()) setConfirming(true);
  };

  return (
    <Panel title={t('campaigns.send.title')}>
      <Flex direction="column" alignItems="stretch" gap={5}>
        <Field.Root name="pace" hint={t('campaigns.send.pace.hint')} maxWidth="320px">
          <Field.Label>{t('campaigns.send.pace')}</Field.Label>
          <NumberInput
            value={draft.values.pacePerHour ?? undefined}
            placeholder={t('campaigns.send.pace.none')}
            disabled={!canEdit}
            min={1}
            onValueChange={(value) =>
              draft.change({ pacePerHour: value && value >= 1 ? Math.round(value) : null })
            }
          />
          <Field.Hint />
        </Field.Root>
        <Field.Root name="priority" hint={t('campaigns.send.priority.hint')} maxWidth="320px">
          <Field.Label>{t('campaigns.send.priority')}</Field.Label>
          <SingleSelect
            value={draft.values.priority}
            disabled={!canEdit}
            onChange={(value) => draft.change({ priority: value as CampaignPriority })}
          >
            {CAMPAIGN_PRIORITIES.map((priority) => (
              <SingleSelectOption key={priority} value={priority}>
                {t(`campaigns.send.priority.${priority}`)}
              </SingleSelectOption>
            ))}
          </SingleSelect>
          <Field.Hint />
        </Field.Root>
        <Radio.Group
          aria-label={t('campaigns.send.when')}
          value={mode}
          onValueChange={(value) => setMode(value === 'later' ? 'later' : 'now')}
        >
          <Radio.Item value="now">{t('campaigns.send.now')}</Radio.Item>
          <Radio.Item value="later">{t('campaigns.send.later')}</Radio.Item>
        </Radio.Group>
        {mode === 'later' && <ScheduleFields form={form} onChange={setForm} resolved={resolved} />}
        <TimingFields
          timing={timing}
          disabled={!canEdit}
          isNow={mode === 'now'}
          onChange={(changed) => draft.change({ timing: changed })}
        />
        {isTimed(timing) && isTime && plan.currentData && <TimingSummary plan={plan.currentData} />}
        {isTimed(timing) && isTime && plan.error && (
          <Typography textColor="danger600" role="alert">
            {errorSentence(plan.error)}
          </Typography>
        )}
        <Flex>
          <Button
            size="L"
            startIcon={mode === 'now' ? <PaperPlane /> : <Clock />}
            disabled={blocked || !ready}
            onClick={() => void open()}
          >
            {t(mode === 'now' ? 'campaigns.send.now' : 'campaigns.send.schedule')}
          </Button>
        </Flex>
      </Flex>
      {confirming && (
        <ConfirmSendDialog
          campaign={campaign}
          at={mode === 'later' ? instant : null}
          timezone={form.zone}
          plan={isTimed(timing) ? (plan.currentData ?? null) : null}
          onClose={() => setConfirming(false)}
        />
      )}
    </Panel>
  );
}

/** Whether anything but the start decides when mails go out. */
export const isTimed = (timing: Timing) =>
  timing.localTime || timing.window !== null || timing.waves !== null;
