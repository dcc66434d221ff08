import { Accordion, Box, Flex, Typography } from '@strapi/design-system';
import { styled } from 'styled-components';
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
  ['{{attributes.city}}', 'attributes'],
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
  return (
    <Accordion.Root>
      <Accordion.Item value="variables">
        <Accordion.Header>
          <Accordion.Trigger>{t('templates.variables')}</Accordion.Trigger>
        </Accordion.Header>
        <Accordion.Content>
          <Box tag="dl" padding={4}>
            {VARIABLES.map(([source, key]) => (
              <Flex key={key} gap={4} paddingBottom={2} alignItems="baseline" wrap="wrap">
                <Box tag="dt" style={{ flex: '0 0 26rem' }}>
                  <Code>{source}</Code>
                </Box>
                <Typography tag="dd" textColor="neutral600" style={{ flex: '1 1 20rem' }}>
                  {t(`templates.variable.${key}`)}
                </Typography>
              </Flex>
            ))}
          </Box>
        </Accordion.Content>
      </Accordion.Item>
    </Accordion.Root>
  );
}
