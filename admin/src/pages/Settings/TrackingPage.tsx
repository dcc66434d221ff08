import { useState, type FormEvent } from 'react';
import { Box, Field, Flex, NumberInput, Toggle } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import type { Settings } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { GuardFields, guardsAreValid } from './GuardFields';
import { SaveBar } from './SaveBar';
import { ProtectedSettings, SettingsFrame } from './SettingsFrame';
import { useSaveSettings } from './useSaveSettings';

export default function TrackingPage() {
  return (
    <ProtectedSettings title="common.settings.tracking">
      <SettingsFrame title="common.settings.tracking" subtitle="settings.tracking.subtitle">
        {(settings, mayEdit) => <TrackingForm settings={settings} mayEdit={mayEdit} />}
      </SettingsFrame>
    </ProtectedSettings>
  );
}

const pick = ({ tracking, thresholds }: Settings) => ({ tracking, thresholds });

function TrackingForm({ settings, mayEdit }: { settings: Settings; mayEdit: boolean }) {
  const t = useText();
  const { locale } = useIntl();
  const { save, isSaving } = useSaveSettings();
  const [values, setValues] = useState(() => pick(settings));
  const { unusualAudience } = values.thresholds;
  const badThreshold = !Number.isInteger(unusualAudience) || unusualAudience < 1;
  const isDirty = JSON.stringify(values) !== JSON.stringify(pick(settings));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!badThreshold && guardsAreValid(values.thresholds)) await save(values);
  };

  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Flex direction="column" alignItems="stretch" gap={6}>
        <Panel title={t('settings.tracking')}>
          <Flex direction="column" alignItems="stretch" gap={5}>
            {(['clicks', 'opens'] as const).map((kind) => (
              <Field.Root key={kind} name={kind} hint={t(`settings.tracking.${kind}.hint`)}>
                <Field.Label>{t(`settings.tracking.${kind}`)}</Field.Label>
                <Box maxWidth="32rem">
                  <Toggle
                    onLabel={t('settings.on')}
                    offLabel={t('settings.off')}
                    checked={values.tracking[kind]}
                    disabled={!mayEdit}
                    onChange={(event) =>
                      setValues((before) => ({
                        ...before,
                        tracking: { ...before.tracking, [kind]: event.target.checked },
                      }))
                    }
                  />
                </Box>
                <Field.Hint />
              </Field.Root>
            ))}
          </Flex>
        </Panel>
        <Panel title={t('settings.thresholds')}>
          <Field.Root
            name="unusualAudience"
            hint={t('settings.thresholds.unusual.hint')}
            error={badThreshold && t('settings.thresholds.unusual.error')}
          >
            <Field.Label>{t('settings.thresholds.unusual')}</Field.Label>
            <NumberInput
              locale={locale}
              value={Number.isNaN(unusualAudience) ? undefined : unusualAudience}
              disabled={!mayEdit}
              onValueChange={(value) =>
                setValues((before) => ({
                  ...before,
                  thresholds: { ...before.thresholds, unusualAudience: value ?? Number.NaN },
                }))
              }
            />
            <Field.Hint />
            <Field.Error />
          </Field.Root>
        </Panel>
        <Panel title={t('settings.guards')}>
          <GuardFields
            thresholds={values.thresholds}
            mayEdit={mayEdit}
            onChange={(thresholds) => setValues((before) => ({ ...before, thresholds }))}
          />
        </Panel>
        <SaveBar mayEdit={mayEdit} isDirty={isDirty} isSaving={isSaving} />
      </Flex>
    </form>
  );
}
