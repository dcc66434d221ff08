import {
  Field,
  Flex,
  MultiSelect,
  MultiSelectOption,
  Radio,
  SingleSelect,
  SingleSelectOption,
  TextInput,
  Typography,
} from '@strapi/design-system';
import { useGetAllListsQuery } from '../../../api/campaigns';
import { useGetSegmentChoicesQuery } from '../../../api/rules';
import { useGetCampaignChoicesQuery } from '../../../api/settings';
import { useGetAllTemplatesQuery } from '../../../api/templates';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { useCan } from '../../../permissions';
import type { PartProps } from './parts';

const DEFAULT = 'default';

/** Who gets it, from whom, and in which template. */
export function AudienceFields(props: PartProps) {
  const { values, change, editable, type } = props;
  const t = useText();
  const { can } = useCan();
  const choices = useGetCampaignChoicesQuery(undefined, { skip: !can.campaignsRead });
  const templates = useGetAllTemplatesQuery(undefined, { skip: !can.templatesRead });
  return (
    <Panel title={t('rules.part.audience')}>
      <Flex direction="column" alignItems="stretch" gap={5}>
        <Groups {...props} />
        {type?.localized ? (
          <Radio.Group
            aria-label={t('rules.field.audience-language')}
            value={values.audienceLanguage}
            disabled={!editable}
            onValueChange={(chosen) => change({ audienceLanguage: chosen as 'all' | 'matching' })}
          >
            {(['all', 'matching'] as const).map((choice) => (
              <Radio.Item key={choice} value={choice}>
                <Typography>{t(`rules.audience-language.${choice}`)}</Typography>
              </Radio.Item>
            ))}
          </Radio.Group>
        ) : (
          <Field.Root name="default-language" hint={t('rules.field.default-language.hint')}>
            <Field.Label>{t('rules.field.default-language')}</Field.Label>
            <TextInput
              value={values.defaultLanguage}
              maxLength={35}
              disabled={!editable}
              onChange={(event: React.ChangeEvent<HTMLInputElement>) =>
                change({ defaultLanguage: event.target.value })
              }
            />
            <Field.Hint />
          </Field.Root>
        )}
        <Choice
          name="sender"
          value={values.sender}
          editable={editable}
          choices={(choices.data?.senders ?? []).map(({ id, name, email }) => ({
            id,
            label: `${name} <${email}>`,
          }))}
          onChange={(sender) => change({ sender })}
        />
        {can.templatesRead && (
          <Choice
            name="template"
            value={values.template}
            editable={editable}
            choices={(templates.data ?? []).map(({ documentId, name }) => ({
              id: documentId,
              label: name,
            }))}
            onChange={(template) => change({ template })}
          />
        )}
      </Flex>
    </Panel>
  );
}

function Choice({
  name,
  value,
  choices,
  editable,
  onChange,
}: {
  name: 'sender' | 'template';
  value: string | null;
  choices: { id: string; label: string }[];
  editable: boolean;
  onChange: (id: string | null) => void;
}) {
  const t = useText();
  return (
    <Field.Root name={name}>
      <Field.Label>{t(`rules.field.${name}`)}</Field.Label>
      <SingleSelect
        value={value ?? DEFAULT}
        disabled={!editable}
        onChange={(id) => onChange(id === DEFAULT ? null : String(id))}
      >
        <SingleSelectOption value={DEFAULT}>{t(`rules.field.${name}.default`)}</SingleSelectOption>
        {choices.map(({ id, label }) => (
          <SingleSelectOption key={id} value={id}>
            {label}
          </SingleSelectOption>
        ))}
      </SingleSelect>
    </Field.Root>
  );
}

/** Lists and segments, in and out. What one may not read is left as it is. */
function Groups({ values, change, editable }: PartProps) {
  const t = useText();
  const { can } = useCan();
  const lists = useGetAllListsQuery(undefined, { skip: !can.listsRead });
  const segments = useGetSegmentChoicesQuery(undefined, { skip: !can.segmentsRead });
  const { audience } = values;
  const kinds = [
    { kind: 'lists' as const, choices: lists.data ?? [] },
    { kind: 'segments' as const, choices: segments.data ?? [] },
  ];
  return (
    <>
      {(['include', 'exclude'] as const).flatMap((side) =>
        kinds
          .filter(({ kind, choices }) => kind === 'lists' || choices.length > 0)
          .map(({ kind, choices }) => (
            <Field.Root
              key={`${side}-${kind}`}
              name={`${side}-${kind}`}
              hint={kind === 'lists' && side === 'include' ? t('rules.audience.include.hint') : undefined}
            >
              <Field.Label>{t(`rules.audience.${side}.${kind}`)}</Field.Label>
              <MultiSelect
                value={audience[side][kind]}
                placeholder={t('rules.audience.none')}
                disabled={!editable}
                customizeContent={(ids = []) =>
                  choices
                    .filter(({ documentId }) => ids.includes(documentId))
                    .map(({ name }) => name)
                    .join(', ')
                }
                onChange={(ids: string[]) =>
                  change({ audience: { ...audience, [side]: { ...audience[side], [kind]: ids } } })
                }
              >
                {choices.map(({ documentId, name }) => (
                  <MultiSelectOption key={documentId} value={documentId}>
                    {name}
                  </MultiSelectOption>
                ))}
              </MultiSelect>
              <Field.Hint />
            </Field.Root>
          )),
      )}
    </>
  );
}
