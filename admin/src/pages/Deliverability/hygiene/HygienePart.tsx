import { useState } from 'react';
import { Box, Button, Flex, Typography } from '@strapi/design-system';
import { Page, Pagination } from '@strapi/strapi/admin';
import type { HygieneRunDto } from '../../../../../shared/contracts';
import { useGetChecksQuery } from '../../../api/hygiene';
import { ErrorState } from '../../../components/ErrorState';
import { Panel } from '../../../components/Panel';
import { useText } from '../../../components/useText';
import { useUrlState } from '../../../components/useUrlState';
import { useCan } from '../../../permissions';
import { ChecksTable } from './ChecksTable';
import { DeleteCheck } from './DeleteCheck';
import { StartCheckDialog } from './StartCheckDialog';
import { SunsetPanel } from './SunsetPanel';
import { isBusy } from './words';

const REFRESH_MS = 3000;

/** Checks of the list, newest first, and the sunset rule. */
export default function HygienePart() {
  const t = useText();
  const { can } = useCan();
  const { page, pageSize } = useUrlState();
  const [isMoving, setIsMoving] = useState(false);
  const { data, error, refetch } = useGetChecksQuery(
    { page, pageSize },
    { pollingInterval: isMoving ? REFRESH_MS : 0, refetchOnMountOrArgChange: true },
  );
  const moves = data?.results.some(({ state }) => isBusy(state)) ?? false;
  if (moves !== isMoving) setIsMoving(moves);
  const [dialog, setDialog] = useState<'start' | HygieneRunDto | null>(null);
  const close = () => setDialog(null);

  return (
    <Flex direction="column" alignItems="stretch" gap={6}>
      <Panel
        title={t('hygiene.checks')}
        action={
          can.subscribersEdit && (
            <Button disabled={moves} onClick={() => setDialog('start')}>
              {t('hygiene.start')}
            </Button>
          )
        }
      >
        <Box paddingBottom={4}>
          <Typography textColor="neutral600">{t('hygiene.intro')}</Typography>
        </Box>
        {error !== undefined && data === undefined ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : data === undefined ? (
          <Page.Loading />
        ) : data.results.length === 0 ? (
          <Typography tag="p" textColor="neutral600">
            {t('hygiene.empty')}
          </Typography>
        ) : (
          <>
            <ChecksTable checks={data.results} onDelete={can.subscribersEdit ? setDialog : undefined} />
            <Pagination.Root {...data.pagination} defaultPageSize={20}>
              <Pagination.PageSize options={['20', '50', '100']} />
              <Pagination.Links />
            </Pagination.Root>
          </>
        )}
      </Panel>
      <SunsetPanel isBusy={moves} />
      {dialog === 'start' && <StartCheckDialog onClose={close} />}
      {dialog !== null && dialog !== 'start' && <DeleteCheck check={dialog} onClose={close} />}
    </Flex>
  );
}
