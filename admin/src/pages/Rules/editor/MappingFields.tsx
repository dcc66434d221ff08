import { Box, Field, Flex, TextInput, Typography } from '@strapi/design-system';
import type { RuleMapping } from '../../../../../shared/contracts';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { BodyParts } from './BodyParts';
import { problemsOf } from './fields';
import type { PartProps, RuleContentType } from './parts';

/** Which fields of the entry become which part of the mail. */
export function MappingFields(props: PartProps & { type: RuleContentType }) {
  const { values, change, editable, tried, type } = props;
  const t = useText();
  const { mapping } = values;
  const map = (patch: Partial<RuleMapping>) => change({ mapping: { ...mapping, ...patch } });
  const line = (name: 'subject' | 'preheader' | 'link' | 'linkText', error?: string | false) => (
    <Field.Root
      name={name}
      required={name === 'subject'}
      hint={t(`rules.field.${name}.hint`, { example: EXAMPLES[name] })}
      error={error}
    >
      <Field.Label>{t(`rules.field.${name}`)}</Field.Label>
      <TextInput
        value={mapping[name]}
        maxLength={name === 'link' ? 1000 : name === 'linkText' ? 200 : 800}
        disabled={!editable}
        onChange={(event: React.ChangeEvent<HTMLInputElement>) => map({ [name]: event.target.value })}
      />
      <Field.Hint />
      <Field.Error />
    </Field.Root>
  );
  return (
    <Panel title={t('rules.part.mapping')}>
      <Flex direction="column" alignItems="stretch" gap={5}>
        {line('subject', tried && problemsOf(values).subject && t('rules.error.subject'))}
        {line('preheader')}
        <BodyParts parts={mapping.body} type={type} editable={editable} onChange={(body) => map({ body })} />
        {line('link')}
        {mapping.link !== '' && line('linkText')}
        <Box>
          <Typography variant="pi" textColor="neutral600" tag="p">
            {t('rules.placeholders')}{' '}
            {type.fields
              .filter(({ kind }) => ['text', 'markdown', 'html', 'blocks', 'number', 'date'].includes(kind))
              .slice(0, 30)
              .map(({ path }) => `{{entry.${path}}}`)
              .join(' · ')}
          </Typography>
          {type.leftOut.length > 0 && (
            <Typography variant="pi" textColor="neutral600" tag="p">
              {t('rules.left-out', { fields: type.leftOut.join(', ') })}
            </Typography>
          )}
        </Box>
      </Flex>
    </Panel>
  );
}

/** Braces mean something to the texts of the panel: they come in as values. */
const EXAMPLES = {
  subject: '{{entry.title}}',
  preheader: '{{entry.summary}}',
  link: 'https://example.com/{locale}/blog/{slug}',
  linkText: '',
};
