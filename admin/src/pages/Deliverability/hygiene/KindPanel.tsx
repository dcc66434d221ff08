import { useState } from 'react';
import { Badge, Box, Button, Flex, Loader, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import { Download } from '@strapi/icons';
import type {
  HygieneActionName,
  HygieneFinding,
  HygieneKind,
  HygieneRunDto,
} from '../../../../../shared/contracts';
import { ACTIONS_OF_KIND } from '../../../../../shared/hygiene-kinds';
import { useGetFindingsQuery } from '../../../api/hygiene';
import { useDownload } from '../../../api/useDownload';
import { ErrorState } from '../../../components/ErrorState';
import { PageButtons } from '../../../components/PageButtons';
import { Panel } from '../../../components/Panel';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { Can } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';
import { ActDialog } from './ActDialog';
import { detailText } from './detail';
import { isBusy } from './words';

/** What was found of one kind: how many, what it means, some of them, and what can be done. */
export function KindPanel({ check, kind, can }: { check: HygieneRunDto; kind: HygieneKind; can: Can }) {
  const t = useText();
  const format = useFormat();
  const { found, open } = check.counts[kind];
  const [action, setAction] = useState<HygieneActionName | null>(null);
  const { download, isLoading } = useDownload();
  const actions = ACTIONS_OF_KIND[kind].filter((name) => isAllowed(name, can));
  return (
    <Panel
      title={`${t(`hygiene.kind.${kind}`)}: ${format.number(found)}`}
      action={
        can.subscribersExport && (
          <Button
            size="S"
            variant="tertiary"
            startIcon={<Download />}
            loading={isLoading}
            onClick={() =>
              void download(`hygiene/${check.id}/findings.csv`, { kind }, `list-check-${kind}.csv`)
            }
          >
            {t('hygiene.download')}
          </Button>
        )
      }
    >
      <Box paddingBottom={4}>
        <Typography tag="p" textColor="neutral600">
          {t(`hygiene.kind.${kind}.text`)}
        </Typography>
      </Box>
      <Findings check={check} kind={kind} />
      {actions.length > 0 && (
        <Flex gap={2} wrap="wrap" alignItems="center" paddingTop={4}>
          {open === 0 ? (
            <Typography variant="pi" textColor="neutral600">
              {t('hygiene.all-acted')}
            </Typography>
          ) : (
            actions.map((name) => (
              <Button
                key={name}
                size="S"
                variant={name === 'suppress' ? 'danger-light' : 'secondary'}
                disabled={isBusy(check.state) || check.state === 'failed'}
                onClick={() => setAction(name)}
              >
                {t(`hygiene.action.${name}`, { count: open })}
              </Button>
            ))
          )}
        </Flex>
      )}
      {action !== null && (
        <ActDialog check={check} kind={kind} action={action} onClose={() => setAction(null)} />
      )}
    </Panel>
  );
}

/** What the server asks for beside the right to edit subscribers. */
function isAllowed(action: HygieneActionName, can: Can): boolean {
  if (!can.subscribersEdit) return false;
  if (action === 'suppress') return can.suppressionsEdit;
  return action === 'tag' ? can.segmentsEdit : can.listsRead;
}

function Findings({ check, kind }: { check: HygieneRunDto; kind: HygieneKind }) {
  const t = useText();
  /** Where each page seen so far begins. */
  const [starts, setStarts] = useState([0]);
  const after = starts.at(-1) ?? 0;
  const { data, error, refetch } = useGetFindingsQuery({ id: check.id, kind, after });
  if (error !== undefined && data === undefined)
    return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Loader small>{t('common.loading')}</Loader>;
  if (data.results.length === 0)
    return (
      <Typography tag="p" variant="pi" textColor="neutral600">
        {t('hygiene.findings.gone')}
      </Typography>
    );
  const { next } = data;
  return (
    <>
      <FindingsTable findings={data.results} />
      <PageButtons
        onPrevious={starts.length === 1 ? undefined : () => setStarts(starts.slice(0, -1))}
        onNext={next === null ? undefined : () => setStarts([...starts, next])}
      />
    </>
  );
}

function FindingsTable({ findings }: { findings: HygieneFinding[] }) {
  const t = useText();
  const hasDetails = findings.some(({ detail }) => detail !== null);
  const heads = (hasDetails ? (['email', 'detail', 'done'] as const) : (['email', 'done'] as const)).map(
    (name) => t(`hygiene.findings.${name}`),
  );
  return (
    <Table colCount={heads.length} rowCount={findings.length + 1}>
      <TableHead columns={heads} />
      <Tbody>
        {findings.map((finding) => (
          <Tr key={finding.id}>
            <Td>
              <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                <TextLink to={`${BASE_PATH}/subscribers/${finding.subscriber.documentId}`}>
                  {finding.subscriber.email}
                </TextLink>
              </Typography>
            </Td>
            {hasDetails && (
              <Td>
                <Typography style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
                  {detailText(t, finding)}
                </Typography>
              </Td>
            )}
            <Td>{finding.acted && <Badge variant="neutral">{t('hygiene.findings.acted')}</Badge>}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
