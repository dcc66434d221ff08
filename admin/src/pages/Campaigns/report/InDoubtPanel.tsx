import { useState } from 'react';
import { Button, Flex, Loader, Table, Tbody, Td, Tr, Typography } from '@strapi/design-system';
import type { CampaignReport, InDoubtDto, InDoubtPage } from '../../../../../shared/contracts';
import {
  useGetInDoubtQuery,
  useLeaveInDoubtMutation,
  useSendInDoubtAgainMutation,
} from '../../../api/campaigns';
import { ConfirmAction } from '../../../components/ConfirmAction';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { RelativeTime } from '../../../components/RelativeTime';
import { TableHead } from '../../../components/TableHead';
import { TextLink } from '../../../components/TextLink';
import { useFeedback } from '../../../components/useFeedback';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import type { Can } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';
import { reasonText } from './reasonText';

const PAGE_SIZE = 20;
const DECISIONS_SHOWN = 3;

/** Whom nobody knows anything about, and what to do about it. Shown as long as there is somebody. */
export function InDoubtPanel({ report, can }: { report: CampaignReport; can: Can }) {
  const t = useText();
  const [page, setPage] = useState(1);
  const id = report.campaign.documentId;
  const count = report.counts.inDoubt;
  const { data, error, refetch } = useGetInDoubtQuery(
    { id, query: { page, pageSize: PAGE_SIZE } },
    { skip: count === 0, refetchOnMountOrArgChange: true },
  );
  if (count === 0) return null;
  const isCancelled = report.campaign.state === 'cancelled';
  return (
    <Panel
      title={t('in-doubt.title')}
      action={
        data &&
        can.campaignsSend && (
          <Flex gap={2} wrap="wrap">
            <Leave id={id} count={data.summary.undecided} />
            <SendAgain id={id} count={isCancelled ? 0 : data.summary.ready} />
          </Flex>
        )
      }
    >
      <Flex direction="column" alignItems="stretch" gap={4}>
        <Typography>{t('campaigns.report.in-doubt.explained', { count })}</Typography>
        {error && !data ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : !data ? (
          <Loader>{t('common.loading')}</Loader>
        ) : (
          <>
            <When summary={data.summary} isCancelled={isCancelled} />
            <Decisions summary={data.summary} />
            <Rows rows={data.results} canReadSubscribers={can.subscribersRead} />
            <Pages page={page} pages={data.pagination.pageCount} onChange={setPage} />
          </>
        )}
      </Flex>
    </Panel>
  );
}

type Summary = InDoubtPage['summary'];

function When({ summary, isCancelled }: { summary: Summary; isCancelled: boolean }) {
  const t = useText();
  const format = useFormat();
  const { ready, total, nextReadyAt } = summary;
  if (!isCancelled && nextReadyAt === null) return null;
  return (
    <Typography variant="pi" textColor="neutral600">
      {isCancelled
        ? t('in-doubt.cancelled')
        : t(ready > 0 ? 'in-doubt.ready-some' : 'in-doubt.ready-none', {
            ready,
            count: total,
            time: format.shortDateTime(nextReadyAt!),
          })}
    </Typography>
  );
}

function Decisions({ summary }: { summary: Summary }) {
  const t = useText();
  const format = useFormat();
  if (summary.decisions.length === 0) return null;
  return (
    <Flex tag="ul" direction="column" alignItems="stretch" gap={1}>
      {summary.decisions.slice(0, DECISIONS_SHOWN).map(({ decision, recipients, by, at }) => (
        <Typography tag="li" key={`${decision}-${at}`} variant="pi" textColor="neutral600">
          {t(`in-doubt.decision.${decision}`, {
            by: by ?? t('in-doubt.somebody'),
            count: recipients,
            when: format.relative(at),
          })}
        </Typography>
      ))}
    </Flex>
  );
}

function Leave({ id, count }: { id: string; count: number }) {
  const t = useText();
  const feedback = useFeedback();
  const [open, setOpen] = useState(false);
  const [leave] = useLeaveInDoubtMutation();
  const confirm = async () => {
    const answer = await leave(id);
    if ('error' in answer) {
      feedback.failure(answer.error);
      return false;
    }
    feedback.success(t('in-doubt.leave.done', { count: answer.data.recipients }));
    return true;
  };
  return (
    <ConfirmAction
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button variant="tertiary" disabled={count === 0}>
          {t('in-doubt.leave')}
        </Button>
      }
      title={t('in-doubt.leave')}
      confirmLabel={t('in-doubt.leave')}
      variant="default"
      onConfirm={confirm}
    >
      {t('in-doubt.leave.text', { count })}
    </ConfirmAction>
  );
}

function SendAgain({ id, count }: { id: string; count: number }) {
  const t = useText();
  const feedback = useFeedback();
  const [open, setOpen] = useState(false);
  const [sendAgain] = useSendInDoubtAgainMutation();
  const confirm = async () => {
    const answer = await sendAgain(id);
    if ('error' in answer) {
      feedback.failure(answer.error);
      return false;
    }
    const { recipients } = answer.data;
    feedback.success(
      t(recipients > 0 ? 'in-doubt.send-again.done' : 'in-doubt.send-again.nobody', { count: recipients }),
    );
    return true;
  };
  return (
    <ConfirmAction
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button variant="secondary" disabled={count === 0}>
          {t('in-doubt.send-again')}
        </Button>
      }
      title={t('in-doubt.send-again')}
      confirmLabel={t('in-doubt.send-again')}
      variant="danger-light"
      onConfirm={confirm}
    >
      {t('in-doubt.send-again.text', { count })}
    </ConfirmAction>
  );
}

function Rows({ rows, canReadSubscribers }: { rows: InDoubtDto[]; canReadSubscribers: boolean }) {
  const t = useText();
  const headers = [
    t('in-doubt.email'),
    t('in-doubt.why'),
    t('in-doubt.transport'),
    t('in-doubt.attempt'),
    t('in-doubt.since'),
    t('in-doubt.decided'),
  ];
  return (
    <Table colCount={headers.length} rowCount={rows.length + 1}>
      <TableHead columns={headers} />
      <Tbody>
        {rows.map((row) => (
          <Tr key={row.id}>
            <Td>
              <Typography>
                {row.email === '' ? (
                  t('in-doubt.deleted')
                ) : canReadSubscribers ? (
                  <TextLink to={`${BASE_PATH}/subscribers/${row.subscriber}`}>{row.email}</TextLink>
                ) : (
                  row.email
                )}
              </Typography>
            </Td>
            <Td>
              <Typography variant="pi">{row.reason ? reasonText(row.reason, t) : ''}</Typography>
            </Td>
            <Td>
              <Typography variant="pi">{row.transport ?? t('in-doubt.transport.unknown')}</Typography>
            </Td>
            <Td>
              <Typography variant="pi">{row.attempt}</Typography>
            </Td>
            <Td>
              <RelativeTime iso={row.since} />
            </Td>
            <Td>
              <ReadableBadge variant={row.left ? 'neutral' : 'warning'}>
                {t(row.left ? 'in-doubt.left' : 'in-doubt.undecided')}
              </ReadableBadge>
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

/** Not in the address: the page of the recipients below is there. */
function Pages({ page, pages, onChange }: { page: number; pages: number; onChange: (page: number) => void }) {
  const t = useText();
  if (pages <= 1 && page === 1) return null;
  return (
    <Flex gap={3} alignItems="center">
      <Button size="S" variant="tertiary" disabled={page <= 1} onClick={() => onChange(page - 1)}>
        {t('in-doubt.previous')}
      </Button>
      <Typography variant="pi">{t('in-doubt.page', { page, pages })}</Typography>
      <Button size="S" variant="tertiary" disabled={page >= pages} onClick={() => onChange(page + 1)}>
        {t('in-doubt.next')}
      </Button>
    </Flex>
  );
}
