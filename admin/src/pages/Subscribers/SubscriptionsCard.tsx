import { Badge, Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { SubscriptionDto } from '../../../../shared/contracts';
import { RelativeTime } from '../../components/RelativeTime';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { useText } from '../../components/useText';
import { STATUS_TONES, wordKey } from './words';

const COLUMNS = ['list', 'status', 'consent', 'proof'] as const;

/** The lists of a person with the proof of consent: when, from where, which IP address, which wording. */
export function SubscriptionsCard({ subscriptions }: { subscriptions: SubscriptionDto[] }) {
  const t = useText();
  return (
    <Panel title={t('subscribers.subscriptions')}>
      {subscriptions.length === 0 ? (
        <Typography textColor="neutral600">{t('subscribers.subscriptions.none')}</Typography>
      ) : (
        <Table colCount={COLUMNS.length} rowCount={subscriptions.length + 1}>
          <TableHead columns={COLUMNS.map((column) => t(`subscribers.subscriptions.${column}`))} />
          <Tbody>
            {subscriptions.map((subscription) => (
              <SubscriptionRow key={subscription.list.documentId} subscription={subscription} />
            ))}
          </Tbody>
        </Table>
      )}
    </Panel>
  );
}

function SubscriptionRow({ subscription }: { subscription: SubscriptionDto }) {
  const t = useText();
  const { source, consentedAt, consentIp, wordingVersion, ended } = subscription;
  const wayKey = ended === null ? null : wordKey('way', ended.via);
  const sourceKey = source === null ? null : wordKey('source', source);
  return (
    <Tr>
      <Td>
        <Typography textColor="neutral800" fontWeight="semiBold">
          {subscription.list.name}
        </Typography>
      </Td>
      <Td>
        <Badge variant={STATUS_TONES[subscription.status]}>
          {t(`subscribers.status.${subscription.status}`)}
        </Badge>
        {ended !== null && (
          <Typography tag="p" variant="pi" textColor="neutral600">
            <RelativeTime iso={ended.at} /> · {wayKey === null ? ended.via : t(wayKey)}
            {ended.campaign !== null && ` · ${ended.campaign.name}`}
          </Typography>
        )}
      </Td>
      <Td>
        <Typography textColor="neutral800">
          {consentedAt === null ? (
            t('subscribers.subscriptions.no-consent')
          ) : (
            <RelativeTime iso={consentedAt} />
          )}
        </Typography>
      </Td>
      <Td>
        <Flex direction="column" alignItems="flex-start">
          <Typography textColor="neutral800">
            {sourceKey === null ? (source ?? '–') : t(sourceKey)}
          </Typography>
          {consentIp !== null && (
            <Typography variant="pi" textColor="neutral600">
              {t('subscribers.subscriptions.ip', { ip: consentIp })}
            </Typography>
          )}
          {wordingVersion !== null && (
            <Typography variant="pi" textColor="neutral600">
              {t('subscribers.subscriptions.wording', { version: wordingVersion })}
            </Typography>
          )}
        </Flex>
      </Td>
    </Tr>
  );
}
