import { Badge, Box, Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Layouts, Page } from '@strapi/strapi/admin';
import type { DeliverySettings } from '../../../../shared/contracts';
import { useGetDeliverySettingsQuery } from '../../api/settings';
import { ErrorState } from '../../components/ErrorState';
import { LongText } from '../../components/LongText';
import { Notice } from '../../components/Notice';
import { Panel } from '../../components/Panel';
import { TableHead } from '../../components/TableHead';
import { useFormat } from '../../components/useFormat';
import { useText } from '../../components/useText';
import { useCan } from '../../permissions';
import { ConfigExample } from './ConfigExample';
import { HealthPanel } from './HealthPanel';
import { ProtectedSettings } from './SettingsFrame';
import { TransportTestPanel } from './TransportTestPanel';

export default function DeliveryPage() {
  return (
    <ProtectedSettings title="common.settings.delivery">
      <Delivery />
    </ProtectedSettings>
  );
}

function Delivery() {
  const t = useText();
  const { can } = useCan();
  const { data, error, isLoading, refetch } = useGetDeliverySettingsQuery();
  return (
    <Page.Main>
      <Layouts.Header title={t('common.settings.delivery')} subtitle={t('settings.delivery.subtitle')} />
      <Layouts.Content>
        {isLoading ? (
          <Page.Loading />
        ) : data === undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Flex direction="column" alignItems="stretch" gap={6}>
            {data.publicUrlProblem !== null && (
              <Notice title={t('settings.delivery.public-url.problem')}>{data.publicUrlProblem}</Notice>
            )}
            {(data.transports.length === 0 || data.domains.length === 0) && <ConfigExample />}
            {can.overview && <HealthPanel />}
            <Transports delivery={data} />
            {data.transports.length > 0 && can.settingsEdit && <TransportTestPanel delivery={data} />}
            <Domains delivery={data} />
            <Process delivery={data} />
          </Flex>
        )}
      </Layouts.Content>
    </Page.Main>
  );
}

function Transports({ delivery: { transports } }: { delivery: DeliverySettings }) {
  const t = useText();
  const format = useFormat();
  return (
    <Panel title={t('settings.delivery.transports')}>
      {transports.length === 0 ? (
        <Typography>{t('settings.delivery.transports.none')}</Typography>
      ) : (
        <Table colCount={5} rowCount={transports.length + 1}>
          <TableHead
            columns={(['name', 'server', 'login', 'connections', 'rate'] as const).map((key) =>
              t(`settings.delivery.transport.${key}`),
            )}
          />
          <Tbody>
            {transports.map((transport, index) => (
              <Tr key={transport.name}>
                <Td>
                  <Flex gap={2}>
                    <Typography fontWeight="semiBold">{transport.name}</Typography>
                    {index === 0 && <Badge variant="primary">{t('lists.default')}</Badge>}
                  </Flex>
                </Td>
                <Td>
                  <LongText>
                    {transport.host === null
                      ? t('settings.delivery.transport.mx')
                      : `${transport.host}:${transport.port}${transport.secure ? ' (TLS)' : ''}`}
                    {transport.localAddress !== null &&
                      ` · ${t('settings.delivery.transport.from', { address: transport.localAddress })}`}
                  </LongText>
                </Td>
                <Td>
                  <Typography>{transport.user ?? t('settings.delivery.transport.no-login')}</Typography>
                </Td>
                <Td>
                  <Typography>{format.number(transport.maxConnections)}</Typography>
                </Td>
                <Td>
                  <Typography>
                    {transport.messagesPerSecond === null
                      ? t('settings.delivery.transport.no-limit')
                      : t('settings.delivery.transport.per-second', {
                          count: format.number(transport.messagesPerSecond),
                        })}
                  </Typography>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
    </Panel>
  );
}

function Domains({ delivery: { domains } }: { delivery: DeliverySettings }) {
  const t = useText();
  return (
    <Panel title={t('settings.delivery.domains')}>
      {domains.length === 0 ? (
        <Typography>{t('settings.delivery.domains.none')}</Typography>
      ) : (
        <Table colCount={2} rowCount={domains.length + 1}>
          <TableHead columns={[t('settings.delivery.domain.name'), t('settings.delivery.domain.dkim')]} />
          <Tbody>
            {domains.map((domain) => (
              <Tr key={domain.name}>
                <Td>
                  <Typography fontWeight="semiBold">{domain.name}</Typography>
                </Td>
                <Td>
                  <Typography>
                    {domain.dkim === 'relay'
                      ? t('settings.delivery.domain.relay')
                      : t('settings.delivery.domain.signed', { selector: domain.selector ?? '' })}
                  </Typography>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
      )}
    </Panel>
  );
}

function Process({ delivery }: { delivery: DeliverySettings }) {
  const t = useText();
  const facts = [
    [t('settings.delivery.public-url'), delivery.publicUrl],
    [t('settings.delivery.queue'), t(`settings.delivery.queue.${delivery.queueBackend}`)],
    [
      t('settings.delivery.worker'),
      t(delivery.workerEnabled ? 'settings.delivery.worker.here' : 'settings.delivery.worker.elsewhere'),
    ],
  ] as const;
  return (
    <Panel title={t('settings.delivery.process')}>
      <Box tag="dl">
        {facts.map(([label, value]) => (
          <Flex key={label} gap={4} paddingTop={2} paddingBottom={2} alignItems="baseline">
            <Typography tag="dt" textColor="neutral600" style={{ flex: '0 0 20rem' }}>
              {label}
            </Typography>
            <Typography tag="dd" style={{ overflowWrap: 'anywhere' }}>
              {value}
            </Typography>
          </Flex>
        ))}
      </Box>
    </Panel>
  );
}
