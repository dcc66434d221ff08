import {
  Field,
  Flex,
  MultiSelect,
  MultiSelectOption,
  SingleSelect,
  SingleSelectOption,
  TextInput,
} from '@strapi/design-system';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { Conditions } from './Conditions';
import { problemsOf } from './fields';
import type { PartProps } from './parts';

/** Name, and which publishing fires the rule. */
export function SourceFields(props: PartProps) {
  const { values, change, editable, tried, types, type } = props;
  const t = useText();
  const problems = problemsOf(values);
  const choose = (uid: string) => {
    const chosen = types.contentTypes.find((one) => one.uid === uid);
    if (!chosen) return;
    // Fields of another type mean nothing here: start from what suits this one.
    change({
      contentType: uid,
      mapping: chosen.suggested,
      conditions: [],
      locales: null,
      name: values.name || t('rules.new.name', { type: chosen.name }),
    });
  };
  return (
    <Panel title={t('rules.part.source')}>
      <Flex direction="column" alignItems="stretch" gap={5}>
        <Field.Root
          name="content-type"
          required
          hint={type && !type.draftAndPublish ? t('rules.field.content-type.no-draft') : undefined}
          error={tried && problems.contentType && t('rules.error.content-type')}
        >
          <Field.Label>{t('rules.field.content-type')}</Field.Label>
          <SingleSelect
            value={values.contentType}
            placeholder={t('rules.field.content-type.placeholder')}
            disabled={!editable}
            onChange={(uid) => choose(String(uid))}
          >
            {types.contentTypes.map(({ uid, name }) => (
              <SingleSelectOption key={uid} value={uid}>
                {name}
              </SingleSelectOption>
            ))}
          </SingleSelect>
          <Field.Hint />
          <Field.Error />
        </Field.Root>
        <Field.Root name="name" required error={tried && problems.name && t('rules.error.name')}>
          <Field.Label>{t('rules.field.name')}</Field.Label>
          <TextInput
            value={values.name}
            maxLength={200}
            disabled={!editable}
            onChange={(event: React.ChangeEvent<HTMLInputElement>) => change({ name: event.target.value })}
          />
          <Field.Error />
        </Field.Root>
        {type?.localized && types.locales.length > 1 && (
          <Field.Root name="locales" hint={t('rules.field.locales.hint')}>
            <Field.Label>{t('rules.field.locales')}</Field.Label>
            <MultiSelect
              value={values.locales ?? []}
              placeholder={t('rules.field.locales.all')}
              disabled={!editable}
              customizeContent={(codes = []) =>
                types.locales
                  .filter(({ code }) => codes.includes(code))
                  .map(({ name }) => name)
                  .join(', ')
              }
              onChange={(codes: string[]) => change({ locales: codes.length === 0 ? null : codes })}
            >
              {types.locales.map(({ code, name }) => (
                <MultiSelectOption key={code} value={code}>
                  {name}
                </MultiSelectOption>
              ))}
            </MultiSelect>
            <Field.Hint />
          </Field.Root>
        )}
        {type && <Conditions {...props} type={type} />}
      </Flex>
    </Panel>
  );
}
