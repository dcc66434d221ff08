import { useState } from 'react';
import { Badge, Box, Button, Combobox, ComboboxOption, Field, Flex, Modal } from '@strapi/design-system';
import { Plus, Star, Trash } from '@strapi/icons';
import { useIntl } from 'react-intl';
import { styled } from 'styled-components';
import { ConfirmAction } from '../../../components/ConfirmAction';
import { useText } from '../../../components/useText';
import type { DraftValues } from './useCampaignDraft';

const SUGGESTED = [
  'en',
  'ja',
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'nl',
  'sv',
  'pl',
  'uk',
  'ko',
  'zh',
  'zh-TW',
  'vi',
  'th',
  'id',
];
const TAG = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

const Tab = styled.button`
  border: none;
  background: none;
  cursor: pointer;
  padding: ${({ theme }) => `${theme.spaces[2]} ${theme.spaces[3]}`};
  color: ${({ theme }) => theme.colors.neutral700};
  font-size: ${({ theme }) => theme.fontSizes[2]};
  border-bottom: 2px solid transparent;

  &[aria-pressed='true'] {
    color: ${({ theme }) => theme.colors.primary700};
    border-bottom-color: ${({ theme }) => theme.colors.primary600};
    font-weight: 600;
  }
`;

/** `ja` → "Japanese" (or 日本語), with the tag where the browser has no name. */
export function useLanguageName(): (tag: string) => string {
  const { locale } = useIntl();
  return (tag) => {
    try {
      return new Intl.DisplayNames(locale, { type: 'language' }).of(tag) ?? tag;
    } catch {
      return tag;
    }
  };
}

/** The languages of the content: choose one to edit, add, remove, and say which one people get by default. */
export function LanguageTabs({
  values,
  change,
  editable,
  active,
  onSelect,
}: {
  values: DraftValues;
  change: (patch: Partial<DraftValues>) => void;
  editable: boolean;
  active: string;
  onSelect: (language: string) => void;
}) {
  const t = useText();
  const nameOf = useLanguageName();
  const [removing, setRemoving] = useState(false);
  const languages = [...new Set(values.contents.map((content) => content.language))];
  const add = (language: string) => {
    const source = values.contents.find((content) => content.language === active);
    change({
      contents: [
        ...values.contents,
        {
          variant: 'a',
          language,
          subject: source?.subject ?? '',
          preheader: source?.preheader ?? '',
          body: source?.body ?? '',
        },
      ],
    });
    onSelect(language);
  };
  const remove = async () => {
    change({ contents: values.contents.filter((content) => content.language !== active) });
    onSelect(values.defaultLanguage);
    return true;
  };
  return (
    <Flex justifyContent="space-between" gap={3} wrap="wrap">
      <Flex role="group" aria-label={t('campaigns.language.label')} wrap="wrap">
        {languages.map((language) => (
          <Tab
            key={language}
            type="button"
            aria-pressed={language === active}
            onClick={() => onSelect(language)}
          >
            {nameOf(language)}
            {language === values.defaultLanguage && languages.length > 1 && (
              <Badge marginLeft={2} size="S">
                {t('campaigns.language.default')}
              </Badge>
            )}
          </Tab>
        ))}
      </Flex>
      {editable && (
        <Flex gap={2} wrap="wrap">
          {active !== values.defaultLanguage && (
            <>
              <Button
                size="S"
                variant="tertiary"
                startIcon={<Star />}
                onClick={() => change({ defaultLanguage: active })}
              >
                {t('campaigns.language.make-default')}
              </Button>
              <ConfirmAction
                open={removing}
                onOpenChange={setRemoving}
                trigger={
                  <Button size="S" variant="danger-light" startIcon={<Trash />}>
                    {t('campaigns.language.remove')}
                  </Button>
                }
                title={t('campaigns.language.remove')}
                confirmLabel={t('campaigns.language.remove')}
                onConfirm={remove}
              >
                {t('campaigns.language.remove.text', { language: nameOf(active) })}
              </ConfirmAction>
            </>
          )}
          <AddLanguage taken={languages} onAdd={add} />
        </Flex>
      )}
    </Flex>
  );
}

function AddLanguage({ taken, onAdd }: { taken: string[]; onAdd: (language: string) => void }) {
  const t = useText();
  const nameOf = useLanguageName();
  const [open, setOpen] = useState(false);
  const [language, setLanguage] = useState<string | undefined>();
  const [custom, setCustom] = useState<string[]>([]);
  const offered = [...SUGGESTED, ...custom].filter((tag) => !taken.includes(tag));
  const invalid = language !== undefined && language !== '' && !TAG.test(language);
  const twice = language !== undefined && taken.includes(language);
  return (
    <Modal.Root open={open} onOpenChange={setOpen}>
      <Modal.Trigger>
        <Button size="S" variant="tertiary" startIcon={<Plus />}>
          {t('campaigns.language.add')}
        </Button>
      </Modal.Trigger>
      <Modal.Content>
        <Modal.Header closeLabel={t('common.close')}>
          <Modal.Title>{t('campaigns.language.add')}</Modal.Title>
        </Modal.Header>
        <Modal.Body>
          <Field.Root
            name="language"
            hint={t('campaigns.language.hint')}
            error={
              invalid ? t('campaigns.language.invalid') : twice ? t('campaigns.language.twice') : undefined
            }
          >
            <Field.Label>{t('campaigns.language.one')}</Field.Label>
            <Combobox
              value={language}
              creatable
              clearLabel={t('common.search.clear')}
              createMessage={(value) => t('campaigns.language.create', { tag: value })}
              noOptionsMessage={() => t('common.search.nothing')}
              onCreateOption={(value) => {
                if (value === undefined) return;
                setCustom((previous) => [...previous, value]);
                setLanguage(value);
              }}
              onClear={() => setLanguage(undefined)}
              onChange={(value) => setLanguage(value || undefined)}
            >
              {offered.map((tag) => (
                <ComboboxOption key={tag} value={tag}>
                  {`${nameOf(tag)} (${tag})`}
                </ComboboxOption>
              ))}
            </Combobox>
            <Field.Hint />
            <Field.Error />
          </Field.Root>
          <Box paddingTop={2} />
        </Modal.Body>
        <Modal.Footer>
          <Modal.Close>
            <Button variant="tertiary">{t('common.cancel')}</Button>
          </Modal.Close>
          <Button
            disabled={!language || invalid || twice}
            onClick={() => {
              if (!language) return;
              onAdd(language);
              setLanguage(undefined);
              setOpen(false);
            }}
          >
            {t('campaigns.language.add')}
          </Button>
        </Modal.Footer>
      </Modal.Content>
    </Modal.Root>
  );
}
