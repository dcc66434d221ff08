import { useMemo } from 'react';
import { Box, Combobox, ComboboxOption, Field, Flex, TextInput, Typography } from '@strapi/design-system';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { ScheduleForm } from './SendPanel';
import { allZones, formatOffset, type ZonedTime } from './zonedTime';

/** Date, time and zone; says which instant they mean, and refuses times that the clocks skip. */
export function ScheduleFields({
  form,
  onChange,
  resolved,
}: {
  form: ScheduleForm;
  onChange: (form: ScheduleForm) => void;
  resolved: ZonedTime | null;
}) {
  const t = useText();
  const format = useFormat();
  const zones = useMemo(allZones, []);
  const isPast =
    resolved !== null && resolved.kind !== 'nonexistent' && resolved.instant.getTime() <= Date.now();
  const error =
    resolved === null
      ? t('campaigns.schedule.incomplete')
      : resolved.kind === 'nonexistent'
        ? t('campaigns.schedule.nonexistent', { time: form.time, zone: form.zone })
        : isPast
          ? t('campaigns.schedule.past')
          : undefined;
  return (
    <Box>
      <Flex gap={4} wrap="wrap" alignItems="start">
        <Field.Root name="date" required>
          <Field.Label>{t('campaigns.schedule.date')}</Field.Label>
          <TextInput
            type="date"
            value={form.date}
            onChange={(event: React.ChangeEvent<HTMLInputElement>) =>
              onChange({ ...form, date: event.target.value })
            }
          />
        </Field.Root>
        <Field.Root name="time" required>
          <Field.Label>{t('campaigns.schedule.time')}</Field.Label>
          <TextInput
            type="time"
            value={form.time}
            onChange={(event: React.ChangeEvent<HTMLInputElement>) =>
              onChange({ ...form, time: event.target.value })
            }
          />
        </Field.Root>
        <Field.Root name="zone" required minWidth="260px">
          <Field.Label>{t('campaigns.schedule.zone')}</Field.Label>
          <Combobox
            value={form.zone}
            defaultTextValue={form.zone}
            clearLabel={t('common.search.clear')}
            noOptionsMessage={() => t('common.search.nothing')}
            autocomplete={{ type: 'list', filter: 'contains' }}
            onChange={(zone) => zone && onChange({ ...form, zone: String(zone) })}
          >
            {zones.map((zone) => (
              <ComboboxOption key={zone} value={zone}>
                {zone}
              </ComboboxOption>
            ))}
          </Combobox>
        </Field.Root>
      </Flex>
      <Box paddingTop={2} aria-live="polite">
        {error ? (
          <Typography variant="pi" textColor="danger600">
            {error}
          </Typography>
        ) : (
          resolved &&
          resolved.kind !== 'nonexistent' && (
            <Typography variant="pi" textColor="neutral600">
              {t(
                resolved.kind === 'ambiguous' ? 'campaigns.schedule.means-first' : 'campaigns.schedule.means',
                {
                  offset: formatOffset(resolved.offsetMinutes),
                  time: format.dateTime(resolved.instant.toISOString()),
                  relative: format.relative(resolved.instant.toISOString()),
                },
              )}
            </Typography>
          )
        )}
      </Box>
    </Box>
  );
}
