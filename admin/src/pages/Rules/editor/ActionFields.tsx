import { useState } from 'react';
import {
  Checkbox,
  Field,
  Flex,
  NumberInput,
  Radio,
  SingleSelect,
  SingleSelectOption,
  Typography,
} from '@strapi/design-system';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';
import { DELAY_UNITS, splitDelay, type DelayUnit } from '../words';
import type { PartProps } from './parts';

const ACTIONS = ['draft', 'schedule', 'send'] as const;
const LONGEST = 43_200;

/** What happens, how soon, how often, and when a person is asked first. */
export function ActionFields({ values, change, editable }: PartProps) {
  const t = useText();
  const { can } = useCan();
  // A rule that sends already stays visible as such to those who may not choose it.
  const offered = ACTIONS.filter(
    (action) => action === 'draft' || can.campaignsSend || values.action === action,
  );
  return (
    <Panel title={t('rules.part.action')}>
      <Flex direction="column" alignItems="stretch" gap={5}>
        <Radio.Group
          aria-label={t('rules.part.action')}
          value={values.action}
          disabled={!editable}
          onValueChange={(action) => change({ action: action as (typeof ACTIONS)[number] })}
        >
          {offered.map((action) => (
            <Radio.Item key={action} value={action} disabled={action !== 'draft' && !can.campaignsSend}>
              <Flex tag="span" direction="column" alignItems="flex-start">
                <Typography>{t(`rules.action.${action}`)}</Typography>
                <Typography variant="pi" textColor="neutral600">
                  {t(`rules.action.${action}.hint`)}
                </Typography>
              </Flex>
            </Radio.Item>
          ))}
        </Radio.Group>
        {!can.campaignsSend && (
          <Typography variant="pi" textColor="neutral600">
            {t('rules.action.no-right')}
          </Typography>
        )}
        {values.action === 'schedule' && (
          <Delay
            minutes={values.delayMinutes}
            editable={editable}
            onChange={(delayMinutes) => change({ delayMinutes })}
          />
        )}
        <Checkbox
          checked={values.again === 'every'}
          disabled={!editable}
          onCheckedChange={(checked) => change({ again: checked === true ? 'every' : 'never' })}
        >
          <Flex tag="span" direction="column" alignItems="flex-start">
            <Typography>{t('rules.field.again')}</Typography>
            <Typography variant="pi" textColor="neutral600">
              {t('rules.field.again.hint')}
            </Typography>
          </Flex>
        </Checkbox>
        <Field.Root name="hold-above" hint={t('rules.field.hold.hint')}>
          <Field.Label>{t('rules.field.hold')}</Field.Label>
          <NumberInput
            value={values.holdAbove}
            disabled={!editable}
            onValueChange={(holdAbove) => change({ holdAbove: clamp(holdAbove, 1000) })}
          />
          <Field.Hint />
        </Field.Root>
      </Flex>
    </Panel>
  );
}

const clamp = (value: number | undefined, most: number): number =>
  Math.min(most, Math.max(1, Math.round(value ?? 1)));

function Delay({
  minutes,
  editable,
  onChange,
}: {
  minutes: number;
  editable: boolean;
  onChange: (minutes: number) => void;
}) {
  const t = useText();
  // The unit is the person's choice: 60 minutes must not jump to 1 hour while being typed.
  const [unit, setUnit] = useState<DelayUnit>(() => splitDelay(minutes).unit);
  const count = minutes / DELAY_UNITS[unit];
  return (
    <Flex gap={2} alignItems="flex-end" wrap="wrap">
      <Field.Root name="delay" width="140px">
        <Field.Label>{t('rules.field.delay')}</Field.Label>
        <NumberInput
          value={count}
          disabled={!editable}
          onValueChange={(value) => onChange(clamp((value ?? 1) * DELAY_UNITS[unit], LONGEST))}
        />
      </Field.Root>
      <Flex width="180px">
        <SingleSelect
          aria-label={t('rules.field.delay.unit')}
          value={unit}
          disabled={!editable}
          onChange={(next) => {
            const chosen = next as DelayUnit;
            setUnit(chosen);
            onChange(clamp(Math.round(count) * DELAY_UNITS[chosen], LONGEST));
          }}
        >
          {(['minutes', 'hours', 'days'] as const).map((one) => (
            <SingleSelectOption key={one} value={one}>
              {t(`rules.unit.${one}`)}
            </SingleSelectOption>
          ))}
        </SingleSelect>
      </Flex>
    </Flex>
  );
}
