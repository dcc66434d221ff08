import { Field, Grid, TextInput } from '@strapi/design-system';
import type { CampaignContent, TemplateProblem } from '../../../../../shared/contracts';
import { useText } from '../../../components/useText';

/** Subject and preheader of one language; a Handlebars error is shown at the field that has it. */
export function ContentFields({
  content,
  change,
  editable,
  problem,
}: {
  content: CampaignContent;
  change: (patch: Partial<CampaignContent>) => void;
  editable: boolean;
  problem: TemplateProblem | null;
}) {
  const t = useText();
  const field = (name: 'subject' | 'preheader') => (
    <Grid.Item col={12} direction="column" alignItems="stretch">
      <Field.Root
        name={name}
        required={name === 'subject'}
        hint={t(`campaigns.field.${name}.hint`)}
        error={problem?.where === name ? problem.message : undefined}
      >
        <Field.Label>{t(`campaigns.field.${name}`)}</Field.Label>
        <TextInput
          value={content[name]}
          maxLength={800}
          disabled={!editable}
          lang={content.language}
          onChange={(event: React.ChangeEvent<HTMLInputElement>) => change({ [name]: event.target.value })}
        />
        <Field.Hint />
        <Field.Error />
      </Field.Root>
    </Grid.Item>
  );
  return (
    <>
      {field('subject')}
      {field('preheader')}
    </>
  );
}
