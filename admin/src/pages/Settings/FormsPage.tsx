import { useState, type FormEvent } from 'react';
import {
  Box,
  Button,
  Checkbox,
  Field,
  Flex,
  MultiSelect,
  MultiSelectOption,
  SingleSelect,
  SingleSelectOption,
  TextInput,
  Typography,
} from '@strapi/design-system';
import { Duplicate } from '@strapi/icons';
import type { PageLanguage, Settings } from '../../../../shared/contracts';
import { useGetAllListsQuery } from '../../api/campaigns';
import { useGetDeliverySettingsQuery } from '../../api/settings';
import { Panel } from '../../components/Panel';
import { useFeedback } from '../../components/useFeedback';
import { useText } from '../../components/useText';
import { frameSnippet, htmlSnippet } from './form-snippets';
import { SaveBar } from './SaveBar';
import { ProtectedSettings, SettingsFrame } from './SettingsFrame';
import { useSaveSettings } from './useSaveSettings';
import { isWebAddress } from './web-address';

export default function FormsPage() {
  return (
    <ProtectedSettings title="forms.title">
      <SettingsFrame title="forms.title" subtitle="forms.subtitle">
        {(settings, mayEdit) => (
          <Flex direction="column" alignItems="stretch" gap={6}>
            <Snippets settings={settings} />
            <ProtectionForm consent={settings.consent} mayEdit={mayEdit} />
          </Flex>
        )}
      </SettingsFrame>
    </ProtectedSettings>
  );
}

function Snippets({ settings }: { settings: Settings }) {
  const t = useText();
  const { data: all = [] } = useGetAllListsQuery();
  const { data: delivery } = useGetDeliverySettingsQuery();
  const [slugs, setSlugs] = useState<string[]>([]);
  const [names, setNames] = useState<string[]>([]);
  const [asksNames, setAsksNames] = useState(false);
  const [language, setLanguage] = useState<PageLanguage | 'auto'>('auto');
  const lists = all.filter((list) => list.public);
  const attributes = settings.attributes.filter((one) => one.public);
  const choice = {
    lists: lists.filter(({ slug }) => slugs.includes(slug)),
    attributes: attributes.filter(({ name }) => names.includes(name)),
    names: asksNames,
    language: language === 'auto' ? null : language,
  };
  const publicUrl = delivery?.publicUrl ?? '';
  return (
    <>
      <Panel title={t('forms.what')}>
        <Flex direction="column" alignItems="stretch" gap={5}>
          <Field.Root name="lists" hint={t('forms.lists.hint')}>
            <Field.Label>{t('forms.lists')}</Field.Label>
            <MultiSelect
              value={slugs}
              onChange={setSlugs}
              placeholder={t('forms.lists.placeholder')}
              customizeContent={() => choice.lists.map(({ name }) => name).join(', ')}
            >
              {lists.map(({ slug, name }) => (
                <MultiSelectOption key={slug} value={slug}>
                  {name}
                </MultiSelectOption>
              ))}
            </MultiSelect>
            <Field.Hint />
          </Field.Root>
          <Field.Root name="attributes" hint={attributes.length === 0 && t('forms.attributes.none')}>
            <Field.Label>{t('forms.attributes')}</Field.Label>
            <MultiSelect
              value={names}
              onChange={setNames}
              disabled={attributes.length === 0}
              placeholder={t('forms.attributes.placeholder')}
              customizeContent={() => choice.attributes.map(({ label }) => label).join(', ')}
            >
              {attributes.map(({ name, label }) => (
                <MultiSelectOption key={name} value={name}>
                  {label}
                </MultiSelectOption>
              ))}
            </MultiSelect>
            <Field.Hint />
          </Field.Root>
          <Checkbox checked={asksNames} onCheckedChange={(checked) => setAsksNames(checked === true)}>
            {t('forms.names')}
          </Checkbox>
          <Field.Root name="language">
            <Field.Label>{t('forms.language')}</Field.Label>
            <SingleSelect
              value={language}
              onChange={(value) => setLanguage(String(value) as PageLanguage | 'auto')}
            >
              <SingleSelectOption value="auto">{t('forms.language.auto')}</SingleSelectOption>
              <SingleSelectOption value="en">{t('settings.consent.text.en')}</SingleSelectOption>
              <SingleSelectOption value="ja">{t('settings.consent.text.ja')}</SingleSelectOption>
            </SingleSelect>
          </Field.Root>
          <Typography variant="pi" textColor="neutral600">
            {t('forms.address', { address: publicUrl })}
          </Typography>
        </Flex>
      </Panel>
      <Snippet title={t('forms.frame')} hint={t('forms.frame.hint')} code={frameSnippet(publicUrl, choice)} />
      <Snippet
        title={t('forms.html')}
        hint={
          settings.consent.captcha === 'off'
            ? t('forms.html.hint')
            : `${t('forms.html.hint')} ${t('forms.html.captcha')}`
        }
        code={htmlSnippet(publicUrl, choice)}
      />
    </>
  );
}

function Snippet({ title, hint, code }: { title: string; hint: string; code: string }) {
  const t = useText();
  const feedback = useFeedback();
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    feedback.success(t('forms.copied'));
  };
  return (
    <Panel
      title={title}
      action={
        <Button size="S" variant="tertiary" startIcon={<Duplicate />} onClick={() => void copy()}>
          {t('forms.copy')}
        </Button>
      }
    >
      <Flex direction="column" alignItems="stretch" gap={3}>
        <Typography textColor="neutral600">{hint}</Typography>
        <Box
          tag="pre"
          tabIndex={0}
          role="region"
          aria-label={title}
          background="neutral100"
          color="neutral800"
          padding={4}
          hasRadius
          style={{
            fontFamily: 'monospace',
            fontSize: '1.3rem',
            whiteSpace: 'pre-wrap',
            overflowWrap: 'anywhere',
          }}
        >
          {code}
        </Box>
      </Flex>
    </Panel>
  );
}

function ProtectionForm({ consent, mayEdit }: { consent: Settings['consent']; mayEdit: boolean }) {
  const t = useText();
  const { save, isSaving } = useSaveSettings();
  const [values, setValues] = useState({ thanksUrl: consent.thanksUrl, captcha: consent.captcha });
  const isDirty = values.thanksUrl !== consent.thanksUrl || values.captcha !== consent.captcha;
  const badUrl = values.thanksUrl !== '' && !isWebAddress(values.thanksUrl);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!badUrl) await save({ consent: { ...consent, ...values } });
  };
  return (
    <form noValidate onSubmit={(event) => void submit(event)}>
      <Panel title={t('settings.consent.pages')}>
        <Flex direction="column" alignItems="stretch" gap={5}>
          <Field.Root
            name="thanksUrl"
            hint={t('forms.thanks.hint')}
            error={badUrl && t('settings.error.web-address')}
          >
            <Field.Label>{t('forms.thanks')}</Field.Label>
            <TextInput
              type="url"
              placeholder="https://"
              value={values.thanksUrl}
              disabled={!mayEdit}
              onChange={(event) =>
                setValues((before) => ({ ...before, thanksUrl: event.target.value.trim() }))
              }
            />
            <Field.Hint />
            <Field.Error />
          </Field.Root>
          <Field.Root name="captcha" hint={t('forms.captcha.hint')}>
            <Field.Label>{t('forms.captcha')}</Field.Label>
            <SingleSelect
              value={values.captcha}
              disabled={!mayEdit}
              onChange={(captcha) =>
                setValues((before) => ({ ...before, captcha: captcha as Settings['consent']['captcha'] }))
              }
            >
              <SingleSelectOption value="off">{t('forms.captcha.off')}</SingleSelectOption>
              <SingleSelectOption value="altcha">{t('forms.captcha.altcha')}</SingleSelectOption>
            </SingleSelect>
            <Field.Hint />
          </Field.Root>
          <SaveBar mayEdit={mayEdit} isDirty={isDirty} isSaving={isSaving} />
        </Flex>
      </Panel>
    </form>
  );
}
