import { useState, type FormEvent } from 'react';
import {
  Field,
  Flex,
  SingleSelect,
  SingleSelectOption,
  Textarea,
  TextInput,
  Typography,
} from '@strapi/design-system';
import type { LeavingScope, PageLanguage, Settings } from '../../../../shared/contracts';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { SaveBar } from './SaveBar';
import { ProtectedSettings, SettingsFrame } from './SettingsFrame';
import { useSaveSettings } from './useSaveSettings';
import { isWebAddress } from './web-address';

export default function ConsentPage() {
  return (
    <ProtectedSettings title="common.settings.consent">
      <SettingsFrame title="common.settings.consent" subtitle="settings.consent.subtitle">
        {(settings, mayEdit) => <ConsentForm consent={settings.consent} mayEdit={mayEdit} />}
      </SettingsFrame>
    </ProtectedSettings>
  );
}

type Consent = Settings['consent'];

const SCOPES = ['everything', 'lists'] as const satisfies readonly LeavingScope[];

const LANGUAGES = ['en', 'ja'] as const satisfies readonly PageLanguage[];

function ConsentForm({ consent, mayEdit }: { consent: Consent; mayEdit: boolean }) {
  const t = useText();
  const { save, isSaving } = useSaveSettings();
  const [values, setValues] = useState(consent);
  const badUrl = values.returnUrl !== '' && !isWebAddress(values.returnUrl);
  const isDirty = JSON.stringify(values) !== JSON.stringify(consent);
  const setText = (language: PageLanguage, text: string) =>
    setValues((before) => ({ ...before, text: { ...before.text, [language]: text } }));

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!badUrl) await save({ consent: values });
  };

  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Flex direction="column" alignItems="stretch" gap={6}>
        <Panel title={t('settings.consent.text')}>
          <Flex direction="column" alignItems="stretch" gap={5}>
            <Typography textColor="neutral600">{t('settings.consent.text.hint')}</Typography>
            {LANGUAGES.map((language) => (
              <Field.Root key={language} name={`consent-${language}`}>
                <Field.Label>{t(`settings.consent.text.${language}`)}</Field.Label>
                <Textarea
                  lang={language}
                  value={values.text[language] ?? ''}
                  maxLength={5000}
                  disabled={!mayEdit}
                  placeholder={t(`settings.consent.default.${language}`)}
                  onChange={(event) => setText(language, event.target.value)}
                />
              </Field.Root>
            ))}
          </Flex>
        </Panel>
        <Panel title={t('settings.consent.pages')}>
          <Field.Root
            name="returnUrl"
            hint={t('settings.consent.return-url.hint')}
            error={badUrl && t('settings.error.web-address')}
          >
            <Field.Label>{t('settings.consent.return-url')}</Field.Label>
            <TextInput
              type="url"
              placeholder="https://"
              value={values.returnUrl}
              disabled={!mayEdit}
              onChange={(event) =>
                setValues((before) => ({ ...before, returnUrl: event.target.value.trim() }))
              }
            />
            <Field.Hint />
            <Field.Error />
          </Field.Root>
        </Panel>
        <Panel title={t('settings.consent.leaving')}>
          <Field.Root name="buttonEnds" hint={t('settings.consent.button-ends.hint')}>
            <Field.Label>{t('settings.consent.button-ends')}</Field.Label>
            <SingleSelect
              value={values.buttonEnds}
              disabled={!mayEdit}
              onChange={(value) =>
                setValues((before) => ({ ...before, buttonEnds: value === 'lists' ? 'lists' : 'everything' }))
              }
            >
              {SCOPES.map((scope) => (
                <SingleSelectOption key={scope} value={scope}>
                  {t(`settings.consent.button-ends.${scope}`)}
                </SingleSelectOption>
              ))}
            </SingleSelect>
            <Field.Hint />
          </Field.Root>
        </Panel>
        <SaveBar mayEdit={mayEdit} isDirty={isDirty} isSaving={isSaving} />
      </Flex>
    </form>
  );
}
