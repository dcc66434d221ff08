import { useEffect, useRef, useState } from 'react';
import { Box, Button, Flex, ProgressBar, Typography } from '@strapi/design-system';
import { BackButton, Layouts, Page } from '@strapi/strapi/admin';
import { useDispatch } from 'react-redux';
import { useParams } from 'react-router-dom';
import type { HygieneRunDto } from '../../../../../shared/contracts';
import { checkEnded, useCancelCheckMutation, useGetCheckQuery } from '../../../api/hygiene';
import { ErrorState } from '../../../components/ErrorState';
import { LiveMessage } from '../../../components/LiveMessage';
import { Notice } from '../../../components/Notice';
import { Panel } from '../../../components/Panel';
import { useFeedback } from '../../../components/useFeedback';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { permissionsFor, useCan } from '../../../permissions';
import { BASE_PATH } from '../../../pluginId';
import { useScopeName } from './ChecksTable';
import { DecisionsPanel } from './DecisionsPanel';
import { KindPanel } from './KindPanel';
import { CHECK_KINDS, isBusy, SUNSET_KINDS } from './words';

const REFRESH_MS = 3000;

export default function CheckPage() {
  return (
    <Page.Protect permissions={permissionsFor('subscribersRead')}>
      <OneCheck />
    </Page.Protect>
  );
}

/** Progress while it runs and the report afterwards: the same page. */
function OneCheck() {
  const t = useText();
  const nameOf = useScopeName();
  const { id = '' } = useParams();
  const [isMoving, setIsMoving] = useState(false);
  const { data, error, refetch } = useGetCheckQuery(id, {
    pollingInterval: isMoving ? REFRESH_MS : 0,
    refetchOnMountOrArgChange: true,
  });
  const moves = data !== undefined && isBusy(data.state);
  if (moves !== isMoving) setIsMoving(moves);
  useRefreshAtEnd(moves);

  if (error !== undefined && data === undefined)
    return (
      <Page.Main>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Page.Main>
    );
  if (data === undefined) return <Page.Loading />;
  return (
    <Page.Main>
      <Page.Title>{t('hygiene.report')}</Page.Title>
      <Layouts.Header
        title={nameOf(data)}
        subtitle={t(`hygiene.page.${data.state}`, { count: data.people })}
        navigationAction={<BackButton fallback={`${BASE_PATH}/deliverability/hygiene`} />}
      />
      <Layouts.Content>
        <Report check={data} />
      </Layouts.Content>
    </Page.Main>
  );
}

function Report({ check }: { check: HygieneRunDto }) {
  const t = useText();
  const { can } = useCan();
  const kinds = check.scope.kind === 'sunset' ? SUNSET_KINDS : CHECK_KINDS;
  const found = kinds.filter((kind) => check.counts[kind].found > 0);
  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      {check.error !== null && <Notice title={t('hygiene.failed')}>{check.error}</Notice>}
      {check.domains.unknown > 0 && (
        <Notice title={t('hygiene.dns-away.title')}>
          {t('hygiene.dns-away.text', { unknown: check.domains.unknown, asked: check.domains.asked })}
        </Notice>
      )}
      {isBusy(check.state) && <Progress check={check} />}
      {check.state !== 'running' && found.length === 0 && (
        <Panel title={t('hygiene.report')}>
          <Typography>
            {check.scope.kind === 'sunset'
              ? t('hygiene.result.nobody')
              : t('hygiene.result.nothing', { count: check.people })}
          </Typography>
        </Panel>
      )}
      {found.map((kind) => (
        <KindPanel key={kind} check={check} kind={kind} can={can} />
      ))}
      {check.actions.length > 0 && <DecisionsPanel actions={check.actions} />}
    </Flex>
  );
}

function Progress({ check }: { check: HygieneRunDto }) {
  const t = useText();
  const format = useFormat();
  const { can } = useCan();
  const feedback = useFeedback();
  const [cancel, { isLoading }] = useCancelCheckMutation();
  const stop = async () => {
    const outcome = await cancel(check.id);
    if ('error' in outcome) feedback.failure(outcome.error);
  };
  const title = t(`hygiene.state.${check.state}`);
  return (
    <Panel
      title={title}
      action={
        check.state === 'running' &&
        can.subscribersEdit && (
          <Button variant="danger-light" loading={isLoading} onClick={() => void stop()}>
            {t('hygiene.cancel')}
          </Button>
        )
      }
    >
      <ProgressBar value={Math.round(check.progress * 100)} aria-label={title} style={{ width: '100%' }} />
      <Box paddingTop={2}>
        <Typography variant="pi" textColor="neutral600">
          {t('hygiene.result.busy', { percent: format.percent(check.progress, 1), count: check.people })}
        </Typography>
      </Box>
      <LiveMessage>
        {t('imports.spoken', { state: title, percent: Math.floor(check.progress * 10) * 10 })}
      </LiveMessage>
    </Panel>
  );
}

/** Lists, subscribers and suppressions have changed once what was decided is done. */
function useRefreshAtEnd(moves: boolean): void {
  const dispatch = useDispatch();
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current && !moves) dispatch(checkEnded());
    moved.current = moves;
  }, [moves, dispatch]);
}
