import { Box, Flex, Loader, Typography } from '@strapi/design-system';
import type { SuppressionDetail } from '../../../../../shared/contracts';
import { useGetSuppressionQuery } from '../../../api/deliverability';
import { ErrorState } from '../../../components/ErrorState';
import { TextLink } from '../../../components/TextLink';
import { useFormat } from '../../../components/useFormat';
import { useText } from '../../../components/useText';
import { BASE_PATH } from '../../../pluginId';
import { Facts } from '../Facts';
import { FeedbackFacts } from '../FeedbackFacts';
import { ShowModal } from '../ShowModal';
import { wordText } from '../words';

/** Why an address is suppressed, by what evidence, and what stood there before. */
export function DetailDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText();
  const { data, error, refetch } = useGetSuppressionQuery(id, { refetchOnMountOrArgChange: true });
  return (
    <ShowModal title={data?.entry?.email ?? t('deliverability.suppressions.hash-only')} onClose={onClose}>
      {error !== undefined && data === undefined ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Loader>{t('common.loading')}</Loader>
      ) : (
        <Detail detail={data} />
      )}
    </ShowModal>
  );
}

function Detail({ detail: { entry, history, evidence } }: { detail: SuppressionDetail }) {
  const t = useText();
  const format = useFormat();
  return (
    <Flex direction="column" alignItems="stretch" gap={5}>
      {entry && (
        <Facts
          facts={[
            [t('deliverability.suppressions.column.reason'), wordText(t, 'reason', entry.reason)],
            [t('deliverability.suppressions.column.since'), format.dateTime(entry.since)],
            [t('deliverability.suppressions.note'), entry.detail && wordText(t, 'note', entry.detail)],
            [t('deliverability.suppressions.by'), entry.addedBy],
            [
              t('deliverability.suppressions.column.campaign'),
              entry.campaign && (
                <TextLink to={`${BASE_PATH}/campaigns/${entry.campaign.documentId}`}>
                  {entry.campaign.name}
                </TextLink>
              ),
            ],
          ]}
        />
      )}
      {evidence ? (
        <Box>
          <Typography tag="h3" variant="delta">
            {t('deliverability.suppressions.evidence')}
          </Typography>
          <FeedbackFacts feedback={evidence} />
        </Box>
      ) : (
        <Typography tag="p" textColor="neutral600">
          {t('deliverability.suppressions.no-evidence')}
        </Typography>
      )}
      {history.length > 0 && (
        <Box>
          <Typography tag="h3" variant="delta">
            {t('deliverability.suppressions.history')}
          </Typography>
          <Box tag="ul" paddingTop={2}>
            {history.map((past) => (
              <Typography key={past.endedAt} tag="li">
                {t('deliverability.suppressions.past', {
                  reason: wordText(t, 'reason', past.reason),
                  since: format.shortDateTime(past.since),
                  ended: format.shortDateTime(past.endedAt),
                  how: past.endedAs,
                  by: past.endedBy ?? t('deliverability.suppressions.past.nobody'),
                  note: past.note === null ? '–' : wordText(t, 'note', past.note),
                })}
              </Typography>
            ))}
          </Box>
        </Box>
      )}
    </Flex>
  );
}
