import { Checkbox, Field, Grid, SingleSelect, SingleSelectOption, TextInput } from '@strapi/design-system';
import { useGetCampaignChoicesQuery } from '../../../api/settings';
import { useGetAllTemplatesQuery } from '../../../api/templates';
import { useText } from '../../../components/useText';
import type { DraftValues } from './useCampaignDraft';

const NO_TEMPLATE = 'none';

/** Name, sender, template and what is tracked. */
export function BasicsFields({
  values,
  change,
  editable,
}: {
  values: DraftValues;
  change: (patch: Partial<DraftValues>) => void;
  editable: boolean;
}) {
  const t = useText();
  const settings = useGetCampaignChoicesQuery();
  const templates = useGetAllTemplatesQuery();
  const senders = settings.data?.senders ?? [];
  const tracking = settings.data?.tracking;
  return (
    <Grid.Root gap={5}>
      <Grid.Item col={12} direction="column" alignItems="stretch">
        <Field.Root
          name="name"
          required
          hint={t('campaigns.field.name.hint')}
          error={values.name.trim() === '' ? t('campaigns.field.name.empty') : undefined}
        >
          <Field.Label>{t('campaigns.field.name')}</Field.Label>
          <TextInput
            value={values.name}
            maxLength={200}
            disabled={!editable}
            onChange={(event: React.ChangeEvent<HTMLInputElement>) => change({ name: event.target.value })}
          />
          <Field.Hint />
          <Field.Error />
        </Field.Root>
      </Grid.Item>
      <Grid.Item col={6} s={12} direction="column" alignItems="stretch">
        <Field.Root
          name="sender"
          required
          error={
            settings.error
              ? t('campaigns.field.sender.unreadable')
              : settings.data && senders.length === 0
                ? t('campaigns.field.sender.none')
                : undefined
          }
        >
          <Field.Label>{t('campaigns.field.sender')}</Field.Label>
          <SingleSelect
            value={values.sender ?? ''}
            placeholder={t('campaigns.field.sender.placeholder')}
            disabled={!editable || senders.length === 0}
            onChange={(sender) => change({ sender: String(sender) })}
          >
            {senders.map((sender) => (
              <SingleSelectOption key={sender.id} value={sender.id}>
                {`${sender.name} <${sender.email}>`}
              </SingleSelectOption>
            ))}
          </SingleSelect>
          <Field.Error />
        </Field.Root>
      </Grid.Item>
      <Grid.Item col={6} s={12} direction="column" alignItems="stretch">
        <Field.Root
          name="template"
          hint={t('campaigns.field.template.hint')}
          error={templates.error ? t('campaigns.field.template.unreadable') : undefined}
        >
          <Field.Label>{t('campaigns.field.template')}</Field.Label>
          <SingleSelect
            value={values.template ?? NO_TEMPLATE}
            disabled={!editable || !templates.data}
            onChange={(template) => change({ template: template === NO_TEMPLATE ? null : String(template) })}
          >
            <SingleSelectOption value={NO_TEMPLATE}>{t('campaigns.field.template.none')}</SingleSelectOption>
            {templates.data?.map((template) => (
              <SingleSelectOption key={template.documentId} value={template.documentId}>
                {template.name}
              </SingleSelectOption>
            ))}
          </SingleSelect>
          <Field.Hint />
          <Field.Error />
        </Field.Root>
      </Grid.Item>
      <Grid.Item col={12} gap={6} wrap="wrap" alignItems="center">
        <Checkbox
          checked={values.trackClicks && tracking?.clicks !== false}
          disabled={!editable || tracking?.clicks === false}
          onCheckedChange={(checked) => change({ trackClicks: checked === true })}
        >
          {t(
            tracking?.clicks === false ? 'campaigns.field.track-clicks.off' : 'campaigns.field.track-clicks',
          )}
        </Checkbox>
        <Checkbox
          checked={values.trackOpens && tracking?.opens !== false}
          disabled={!editable || tracking?.opens === false}
          onCheckedChange={(checked) => change({ trackOpens: checked === true })}
        >
          {t(tracking?.opens === false ? 'campaigns.field.track-opens.off' : 'campaigns.field.track-opens')}
        </Checkbox>
      </Grid.Item>
    </Grid.Root>
  );
}
