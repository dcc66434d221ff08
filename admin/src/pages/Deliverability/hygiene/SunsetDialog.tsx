import { useState } from 'react';
import { Box, Field, NumberInput, Toggle } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import type { SunsetDto } from '../../../../../shared/contracts';
import { FormModal } from '../../../components/FormModal';
import { useText } from '../../../components/useText';
import { useSaveSettings } from '../../Settings/useSaveSettings';

/** As in the contract. */
const BOUNDS = { months: 60, campaigns: 1000, waitDays: 365 } as const;
const NUMBERS = Object.keys(BOUNDS) as (keyof typeof BOUNDS)[];

/** The numbers of the sunset rule, and whether it may act by itself. */
export function SunsetDialog({ sunset, onClose }: { sunset: SunsetDto; onClose: () => void }) {
  const t = useText();
  const { locale } = useIntl();
  const { save, isSaving } = useSaveSettings();
  const { months, campaigns, waitDays, automatic } = sunset;
  const [values, setValues] = useState({ months, campaigns, waitDays, automatic });
  const isBad = (name: keyof typeof BOUNDS) =>
    !Number.isInteger(values[name]) || values[name] < 1 || values[name] > BOUNDS[name];
  const submit = async () => {
    if (!NUMBERS.some(isBad) && (await save({ sunset: values }))) onClose();
  };
  return (
    <FormModal
      title={t('hygiene.sunset.edit')}
      submitLabel={t('audience.save')}
      isSaving={isSaving}
      onSubmit={submit}
      onClose={onClose}
    >
      {NUMBERS.map((name) => (
        <Field.Root
          key={name}
          name={name}
          hint={t(`hygiene.sunset.${name}.hint`)}
          error={isBad(name) && t('hygiene.sunset.error', { most: BOUNDS[name] })}
        >
          <Field.Label>{t(`hygiene.sunset.${name}`)}</Field.Label>
          <NumberInput
            locale={locale}
            value={Number.isNaN(values[name]) ? undefined : values[name]}
            onValueChange={(value) => setValues((before) => ({ ...before, [name]: value ?? Number.NaN }))}
          />
          <Field.Hint />
          <Field.Error />
        </Field.Root>
      ))}
      <Field.Root name="automatic" hint={t('hygiene.sunset.automatic.hint')}>
        <Field.Label>{t('hygiene.sunset.automatic')}</Field.Label>
        <Box maxWidth="32rem">
          <Toggle
            onLabel={t('settings.on')}
            offLabel={t('settings.off')}
            checked={values.automatic}
            onChange={(event) => setValues((before) => ({ ...before, automatic: event.target.checked }))}
          />
        </Box>
        <Field.Hint />
      </Field.Root>
    </FormModal>
  );
}
