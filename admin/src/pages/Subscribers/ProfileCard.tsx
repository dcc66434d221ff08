import type { ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';
import { useIntl } from 'react-intl';
import type { AttributeDeclaration, SubscriberDto } from '../../../../shared/contracts';
import { useGetAttributesQuery } from '../../api/attributes';
import { RelativeTime } from '../../components/RelativeTime';
import { Panel } from '../../components/Panel';
import { useText } from '../../components/useText';
import { fits } from './attributes';
import { languageName, wordKey } from './words';

/** What is known about a person. */
export function ProfileCard({ person }: { person: SubscriberDto }) {
  const t = useText();
  const { locale, formatNumber, formatDate } = useIntl();
  const { data: declared = [] } = useGetAttributesQuery('subscribers');
  const sourceKey = person.source === null ? null : wordKey('source', person.source);
  const time = (at: string | null) => (at === null ? null : <RelativeTime iso={at} />);
  const attribute = (
    value: SubscriberDto['attributes'][string] | undefined,
    declaration?: AttributeDeclaration,
  ): string | null => {
    if (declaration?.type === 'date' && typeof value === 'string' && fits(declaration, value))
      return formatDate(value, { dateStyle: 'long', timeZone: 'UTC' });
    if (typeof value === 'boolean') return t(value ? 'audience.yes' : 'audience.no');
    if (typeof value === 'number') return formatNumber(value, { maximumFractionDigits: 20 });
    return value ?? null;
  };
  return (
    <Panel title={t('subscribers.profile')}>
      <Facts>
        <Fact label={t('subscribers.field.first-name')}>{person.firstName}</Fact>
        <Fact label={t('subscribers.field.last-name')}>{person.lastName}</Fact>
        <Fact label={t('subscribers.field.language')}>
          {person.language === null ? null : languageName(person.language, locale)}
        </Fact>
        <Fact label={t('subscribers.field.timezone')}>{person.timezone}</Fact>
        <Fact label={t('subscribers.field.source')}>{sourceKey === null ? person.source : t(sourceKey)}</Fact>
        <Fact label={t('subscribers.column.added')}>{time(person.createdAt)}</Fact>
        <Fact label={t('subscribers.field.confirmed')}>{time(person.confirmedAt)}</Fact>
        <Fact label={t('subscribers.field.last-sent')}>{time(person.lastSentAt)}</Fact>
        <Fact label={t('subscribers.field.last-opened')}>{time(person.lastOpenedAt)}</Fact>
        <Fact label={t('subscribers.field.last-clicked')}>{time(person.lastClickedAt)}</Fact>
        {declared.map((declaration) => (
          <Fact key={declaration.name} label={declaration.label}>
            {attribute(person.attributes[declaration.name], declaration)}
          </Fact>
        ))}
        {Object.entries(person.attributes)
          .filter(([name]) => !declared.some((one) => one.name === name))
          .map(([name, value]) => (
            <Fact key={name} label={name}>
              {attribute(value)}
            </Fact>
          ))}
      </Facts>
    </Panel>
  );
}

function Facts({ children }: { children: ReactNode }) {
  return (
    <Box tag="dl" width="100%">
      {children}
    </Box>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Flex gap={4} paddingTop={2} paddingBottom={2} alignItems="baseline" justifyContent="space-between">
      <Typography tag="dt" textColor="neutral600" style={{ flex: '0 0 40%' }}>
        {label}
      </Typography>
      <Typography tag="dd" textColor="neutral800" style={{ flex: 1, overflowWrap: 'anywhere' }}>
        {children ?? '–'}
      </Typography>
    </Flex>
  );
}
