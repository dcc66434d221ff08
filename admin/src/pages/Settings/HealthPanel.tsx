import { Badge, Box, Flex, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { CheckCircle, WarningCircle } from '@strapi/icons';
import type { HealthDto } from '../../../../shared/contracts';
import { useGetHealthQuery } from '../../api/settings';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { RelativeTime } from '../../components/RelativeTime';
import { TableHead } from '../../components/TableHead';
import { useFormat } from '../../components/useFormat';
import { useText, type Text } from '../../components/useText';
import { en, type TextKey } from '../../translations';

/** Milliseconds between two looks while the page is open: a check of the transports takes a moment. */
const EVERY_MS = 10_000;

/** How delivery does now, over all processes. */
export function HealthPanel() {
  const t = useText();
  const { data, error, refetch } = useGetHealthQuery(undefined, { pollingInterval: EVERY_MS });
  if (data === undefined) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : null;
  return (
    <Panel title={t('settings.health')}>
      <Flex direction="column" alignItems="stretch" gap={5}>
        <Problems problems={data.problems} />
        <Facts health={data} />
        <Processes processes={data.processes} />
      </Flex>
    </Panel>
  );
}

/** In the panel's language; the server's English sentence for one that we have no text for. */
function problemText(problem: HealthDto['problems'][number], t: Text): string {
  const key = [`settings.health.problem.${problem.id}`, `overview.attention.${problem.id}`].find(
    (candidate) => candidate in en,
  );
  return key ? t(key as TextKey, problem.values) : problem.message;
}

function Problems({ problems }: { problems: HealthDto['problems'] }) {
  const t = useText();
  if (problems.length === 0)
    return (
      <Flex gap={2}>
        <CheckCircle fill="success600" aria-hidden />
        <Typography>{t('settings.health.ok')}</Typography>
      </Flex>
    );
  return (
    <Flex tag="ul" direction="column" alignItems="stretch" gap={3}>
      {problems.map((problem, index) => (
        <Flex tag="li" key={`${problem.id}-${index}`} gap={2} alignItems="start">
          <Box paddingTop={1}>
            <WarningCircle fill="warning600" aria-hidden />
          </Box>
          <Typography style={{ overflowWrap: 'anywhere' }}>{problemText(problem, t)}</Typography>
        </Flex>
      ))}
    </Flex>
  );
}

function Facts({ health }: { health: HealthDto }) {
  const t = useText();
  const format = useFormat();
  const time = (iso: string | null) =>
    iso === null ? t('settings.health.none') : <RelativeTime iso={iso} />;
  const facts = [
    { key: 'due', label: t('settings.health.oldest-due'), value: time(health.oldestDue) },
    { key: 'look', label: t('settings.health.reconciliation'), value: time(health.lastReconciliation) },
    ...health.transports.map(({ name, ok, checkedAt, warmUp }) => ({
      key: `transport-${name}`,
      label: t('settings.health.transport', { name }),
      value: (
        <>
          {t(`settings.health.transport.${ok === null ? 'unknown' : ok ? 'ok' : 'failed'}`)}
          {checkedAt !== null && (
            <>
              {' · '}
              <RelativeTime iso={checkedAt} />
            </>
          )}
          {warmUp !== undefined && (
            <>
              {' · '}
              {t('settings.health.transport.warm-up', {
                step: warmUp.step,
                used: format.number(warmUp.used),
                quota: format.number(warmUp.quota),
              })}
            </>
          )}
        </>
      ),
    })),
  ];
  return (
    <Box tag="dl">
      {facts.map(({ key, label, value }) => (
        <Flex key={key} gap={4} paddingTop={2} paddingBottom={2} alignItems="baseline">
          <Typography tag="dt" textColor="neutral600" style={{ flex: '0 0 20rem' }}>
            {label}
          </Typography>
          <Typography tag="dd">{value}</Typography>
        </Flex>
      ))}
    </Box>
  );
}

function Processes({ processes }: { processes: HealthDto['processes'] }) {
  const t = useText();
  if (processes.length === 0) return <Typography>{t('settings.health.processes.none')}</Typography>;
  const heads = ['process', 'role', 'state', 'seen', 'version'] as const;
  return (
    <Table
      colCount={heads.length}
      rowCount={processes.length + 1}
      aria-label={t('settings.health.processes')}
    >
      <TableHead columns={heads.map((head) => t(`settings.health.process.${head}`))} />
      <Tbody>
        {processes.map((process) => (
          <Tr key={`${process.host}-${process.pid}-${process.startedAt}`}>
            <Td>
              <Typography style={{ overflowWrap: 'anywhere' }}>
                {process.host} ({process.pid})
              </Typography>
            </Td>
            <Td>
              <Typography>{t(`settings.health.role.${process.role}`)}</Typography>
            </Td>
            <Td>
              <Badge variant={process.alive ? 'success' : 'danger'}>
                {t(process.alive ? 'settings.health.alive' : 'settings.health.gone')}
              </Badge>
            </Td>
            <Td>
              <Typography>
                <RelativeTime iso={process.seenAt} />
              </Typography>
            </Td>
            <Td>
              <Typography>{process.version}</Typography>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
