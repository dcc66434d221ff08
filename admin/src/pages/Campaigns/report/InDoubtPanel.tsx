import { useState, type ReactNode } from 'react';
import { Flex, Typography } from '@strapi/design-system';
import type { CampaignReport, InDoubtDto, InDoubtPage } from '../../../../../shared/contracts';
import {
  useGetInDoubtQuery,
  useLeaveInDoubtMutation,
  useSendInDoubtAgainMutation,
} from '../../../api/campaigns';
import { ConfirmButton } from '../../../components/ConfirmButton';
import { DataTable, type Column } from '../../../components/DataTable';
import { LongText } from '../../../components/LongText';
import { PageButtons } from '../../../components/PageButtons';
import { Panel } from '../../../components/Panel';
import { ReadableBadge } from '../../../components/ReadableBadge';
import { RelativeTime } from '../../../components/RelativeTime';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText, type Text } from '../../../components/useText';
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
  const answer = useGetInDoubtQuery(
    { id, query: { page, pageSize: PAGE_SIZE } },
    { skip: count === 0, refetchOnMountOrArgChange: true },
  );
  if (count === 0) return null;
  const { data } = answer;
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
        {data && (
          <>
            <When summary={data.summary} isCancelled={isCancelled} />
            <Decisions summary={data.summary} />
          </>
        )}
        <DataTable
          answer={answer}
          idOf={({ id }) => id}
          columns={columnsOf(t, can.subscribersRead)}
          empty={t('campaigns.recipients.none')}
          pages={({ pagination: { pageCount } }) => (
            // Not in the address: the page of the recipients below is there.
            <PageButtons
              onPrevious={page > 1 ? () => setPage(page - 1) : undefined}
              onNext={page < pageCount ? () => setPage(page + 1) : undefined}
              position={{ page, pages: pageCount }}
            />
          )}
        />
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
  const [leave] = useLeaveInDoubtMutation();
  return (
    <ConfirmButton
      variant="tertiary"
      disabled={count === 0}
      label={t('in-doubt.leave')}
      confirmVariant="default"
      act={() => leave(id)}
      doneText={({ recipients }) => t('in-doubt.leave.done', { count: recipients })}
    >
      {t('in-doubt.leave.text', { count })}
    </ConfirmButton>
  );
}

function SendAgain({ id, count }: { id: string; count: number }) {
  const t = useText();
  const [sendAgain] = useSendInDoubtAgainMutation();
  return (
    <ConfirmButton
      variant="secondary"
      disabled={count === 0}
      label={t('in-doubt.send-again')}
      confirmVariant="danger-light"
      act={() => sendAgain(id)}
      doneText={({ recipients }) =>
        t(recipients > 0 ? 'in-doubt.send-again.done' : 'in-doubt.send-again.nobody', { count: recipients })
      }
    >
      {t('in-doubt.send-again.text', { count })}
    </ConfirmButton>
  );
}

function columnsOf(t: Text, canReadSubscribers: boolean): Column<InDoubtDto>[] {
  return [
    {
      head: t('in-doubt.email'),
      cell: (row) => (
        <LongText>
          {row.email === '' ? (
            t('in-doubt.deleted')
          ) : canReadSubscribers ? (
            <TextLink to={`${BASE_PATH}/subscribers/${row.subscriber}`}>{row.email}</TextLink>
          ) : (
            row.email
          )}
        </LongText>
      ),
    },
    { head: t('in-doubt.why'), cell: ({ reason }) => <Small>{reason ? reasonText(reason, t) : ''}</Small> },
    {
      head: t('in-doubt.transport'),
      cell: ({ transport }) => <Small>{transport ?? t('in-doubt.transport.unknown')}</Small>,
    },
    { head: t('in-doubt.attempt'), cell: ({ attempt }) => <Small>{attempt}</Small> },
    { head: t('in-doubt.since'), cell: ({ since }) => <RelativeTime iso={since} /> },
    {
      head: t('in-doubt.decided'),
      cell: ({ left }) => (
        <ReadableBadge variant={left ? 'neutral' : 'warning'}>
          {t(left ? 'in-doubt.left' : 'in-doubt.undecided')}
        </ReadableBadge>
      ),
    },
  ];
}

const Small = ({ children }: { children: ReactNode }) => <Typography variant="pi">{children}</Typography>;
