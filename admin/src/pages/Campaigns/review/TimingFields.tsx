import {
  Box,
  Checkbox,
  Field,
  Flex,
  SingleSelect,
  SingleSelectOption,
  TextInput,
  Typography,
} from '@strapi/design-system';
import { useId } from 'react';
import { styled } from 'styled-components';
import type { SendWindow, Timing, Waves } from '../../../../../shared/contracts';
import { useText } from '../../../components/useText';
import { BoundedNumber } from './BoundedNumber';
import { useWeekdays } from './weekdays';

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const NEW_WINDOW: SendWindow = { from: '09:00', to: '17:00', weekdays: [1, 2, 3, 4, 5] };
const NEW_WAVES: Waves = { everyMinutes: 60, share: 10 };
/** As the server allows: five minutes to a week. */
const MINUTES = { min: 5, max: 10_080 };

const Group = styled.fieldset`
  border: none;
  margin: 0;
  padding: 0;
  min-width: 0;
`;

/** Local times, send window and waves of a draft. */
export function TimingFields({
  timing,
  onChange,
  disabled,
  isNow,
}: {
  timing: Timing;
  onChange: (timing: Timing) => void;
  disabled: boolean;
  /** The campaign would be sent now: then there is no time that could be local. */
  isNow: boolean;
}) {
  const t = useText();
  return (
    <Group>
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography tag="legend" variant="pi" fontWeight="bold">
          {t('timing.title')}
        </Typography>
        <Box>
          <Checkbox
            checked={timing.localTime}
            disabled={disabled || (isNow && !timing.localTime)}
            onCheckedChange={(checked) => onChange({ ...timing, localTime: checked === true })}
          >
            {t('timing.local')}
          </Checkbox>
          <Box paddingLeft={6}>
            <Typography
              variant="pi"
              textColor={isNow && timing.localTime ? 'danger600' : 'neutral600'}
              tag="p"
            >
              {t(isNow ? 'timing.local.needs-time' : 'timing.local.hint')}
            </Typography>
          </Box>
        </Box>
        <Box>
          <Checkbox
            checked={timing.window !== null}
            disabled={disabled}
            onCheckedChange={(checked) =>
              onChange({ ...timing, window: checked === true ? NEW_WINDOW : null })
            }
          >
            {t('timing.window')}
          </Checkbox>
          {timing.window && (
            <WindowFields
              window={timing.window}
              disabled={disabled}
              onChange={(window) => onChange({ ...timing, window })}
            />
          )}
        </Box>
        <Box>
          <Checkbox
            checked={timing.waves !== null}
            disabled={disabled}
            onCheckedChange={(checked) => onChange({ ...timing, waves: checked === true ? NEW_WAVES : null })}
          >
            {t('timing.waves')}
          </Checkbox>
          {timing.waves && (
            <WavesFields
              waves={timing.waves}
              disabled={disabled}
              onChange={(waves) => onChange({ ...timing, waves })}
            />
          )}
        </Box>
      </Flex>
    </Group>
  );
}

function WindowFields({
  window,
  onChange,
  disabled,
}: {
  window: SendWindow;
  onChange: (window: SendWindow) => void;
  disabled: boolean;
}) {
  const t = useText();
  const weekdays = useWeekdays();
  const daysId = useId();
  const clock = (name: 'from' | 'to', label: string) => (
    <Field.Root name={`window-${name}`} minWidth="120px">
      <Field.Label>{label}</Field.Label>
      <TextInput
        type="time"
        value={window[name]}
        disabled={disabled}
        onChange={({ target }: React.ChangeEvent<HTMLInputElement>) => {
          // An emptied field is on its way to another time.
          if (/^\d{2}:\d{2}/.test(target.value)) onChange({ ...window, [name]: target.value.slice(0, 5) });
        }}
      />
    </Field.Root>
  );
  return (
    <Flex paddingTop={3} paddingLeft={6} gap={4} wrap="wrap" alignItems="end">
      {clock('from', t('timing.window.from'))}
      {clock('to', t('timing.window.to'))}
      <Box role="group" aria-labelledby={daysId}>
        <Typography id={daysId} variant="pi" fontWeight="bold" tag="p" paddingBottom={1}>
          {t('timing.window.days')}
        </Typography>
        <Flex gap={3} wrap="wrap" minHeight="40px" alignItems="center">
          {EVERY_DAY.map((day) => {
            const isOn = window.weekdays.includes(day);
            return (
              <Checkbox
                key={day}
                checked={isOn}
                // One day has to stay: nothing could ever be sent.
                disabled={disabled || (isOn && window.weekdays.length === 1)}
                onCheckedChange={(checked) =>
                  onChange({
                    ...window,
                    weekdays: EVERY_DAY.filter((one) =>
                      one === day ? checked === true : window.weekdays.includes(one),
                    ),
                  })
                }
              >
                {weekdays(day)}
              </Checkbox>
            );
          })}
        </Flex>
      </Box>
    </Flex>
  );
}

function WavesFields({
  waves,
  onChange,
  disabled,
}: {
  waves: Waves;
  onChange: (waves: Waves) => void;
  disabled: boolean;
}) {
  const t = useText();
  const { everyMinutes } = waves;
  const isShare = 'share' in waves;
  const isHours = everyMinutes % 60 === 0;
  const unit = isHours ? 60 : 1;
  return (
    <Flex paddingTop={3} paddingLeft={6} gap={4} wrap="wrap" alignItems="start">
      <BoundedNumber
        key={isShare ? 'share' : 'count'}
        name="wave-size"
        label={t('timing.waves.size')}
        value={isShare ? waves.share : waves.count}
        min={1}
        max={isShare ? 99 : 100_000_000}
        disabled={disabled}
        onChange={(size) => onChange(isShare ? { everyMinutes, share: size } : { everyMinutes, count: size })}
      />
      <Field.Root name="wave-kind" minWidth="200px">
        <Field.Label>{t('timing.waves.kind')}</Field.Label>
        <SingleSelect
          value={isShare ? 'share' : 'count'}
          disabled={disabled}
          onChange={(kind) =>
            onChange(kind === 'share' ? { everyMinutes, share: 10 } : { everyMinutes, count: 1000 })
          }
        >
          <SingleSelectOption value="share">{t('timing.waves.kind.share')}</SingleSelectOption>
          <SingleSelectOption value="count">{t('timing.waves.kind.count')}</SingleSelectOption>
        </SingleSelect>
      </Field.Root>
      <BoundedNumber
        key={unit}
        name="wave-every"
        label={t('timing.waves.every')}
        value={everyMinutes / unit}
        min={isHours ? 1 : MINUTES.min}
        max={MINUTES.max / unit}
        disabled={disabled}
        onChange={(every) => onChange({ ...waves, everyMinutes: every * unit })}
      />
      <Field.Root name="wave-unit" minWidth="120px">
        <Field.Label>{t('timing.waves.unit')}</Field.Label>
        <SingleSelect
          value={isHours ? 'hours' : 'minutes'}
          disabled={disabled}
          onChange={(next) => onChange({ ...waves, everyMinutes: next === 'hours' ? 60 : 30 })}
        >
          <SingleSelectOption value="minutes">{t('timing.waves.minutes')}</SingleSelectOption>
          <SingleSelectOption value="hours">{t('timing.waves.hours')}</SingleSelectOption>
        </SingleSelect>
      </Field.Root>
    </Flex>
  );
}
