import { Accordion, Box, Flex, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
import { useGetAttributesQuery } from '../../api/attributes';
import { attributeSource } from '../../components/attributeSource';
import { useText } from '../../components/useText';

const Code = styled.code`
  font-family: monospace;
  font-size: 1.3rem;
  color: ${({ theme }) => theme.colors.neutral800};
  overflow-wrap: anywhere;
`;

/** Each with the tail of its text key. */
const VARIABLES = [
  ['{{{content}}}', 'content'],
  ['{{{footer}}}', 'footer'],
  ['{{firstName}}', 'first-name'],
  ['{{lastName}}', 'last-name'],
  ['{{name}}', 'name'],
  ['{{email}}', 'email'],
  ['{{language}}', 'language'],
  ['{{subject}}', 'subject'],
  ['{{brand.name}}', 'brand-name'],
  ['{{brand.postalAddress}}', 'brand-address'],
  ['{{unsubscribeUrl}}', 'unsubscribe'],
  ['{{preferencesUrl}}', 'preferences'],
  ['{{viewUrl}}', 'view'],
  ['{{default firstName "friend"}}', 'default'],
  ['{{#if (eq language "ja")}}…{{else}}…{{/if}}', 'if'],
  ['{{formatDate attributes.renewal "long"}}', 'date'],
] as const;

/** What a template may contain. */
export function VariablesHelp() {
  const t = useText();
  const { data: declared = [] } = useGetAttributesQuery('templates');
  const rows = [
    ...VARIABLES.map(([source, key]) => ({ source, text: t(`templates.variable.${key}`) })),
    ...(declared.length === 0
      ? [{ source: '{{attributes.city}}', text: t('templates.variable.attributes') }]
      : declared.map((one) => ({
          source: attributeSource(one),
          text: t('templates.variable.declared', { label: one.label }),
        }))),
  ];
  return (
    <Accordion.Root>
      <Accordion.Item value="variables">
        <Accordion.Header>
          <Accordion.Trigger>{t('templates.variables')}</Accordion.Trigger>
        </Accordion.Header>
        <Accordion.Content>
          <Box tag="dl" padding={4}>
            {rows.map(({ source, text }) => (
              <Flex key={source} gap={4} paddingBottom={2} alignItems="baseline" wrap="wrap">
                <Box tag="dt" style={{ flex: '0 0 26rem' }}>
                  <Code>{source}</Code>
                </Box>
                <Typography tag="dd" textColor="neutral600" style={{ flex: '1 1 20rem' }}>
                  {text}
                </Typography>
              </Flex>
            ))}
          </Box>
        </Accordion.Content>
      </Accordion.Item>
    </Accordion.Root>
  );
}
