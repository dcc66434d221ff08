import { Box, Button } from '@strapi/design-system';
import type { FeedbackCounts } from '../../../../../shared/contracts';
import { Notice } from '../../../components/Notice';
import { useText } from '../../../components/useText';

/** The server records no more reports that prove nothing, so that nobody can fill the database with them. */
export function FullNotice({
  counts: { unmatched, unmatchedLimit },
  onDiscard,
}: {
  counts: FeedbackCounts;
  /** None: without the right to decide. */
  onDiscard: (() => void) | undefined;
}) {
  const t = useText();
  return (
    <Notice title={t('deliverability.feedback.full', { limit: unmatchedLimit })}>
      {t('deliverability.feedback.full.text')}
      {onDiscard && (
        <Box tag="span" display="block" paddingTop={3}>
          <Button size="S" variant="secondary" onClick={onDiscard}>
            {t('deliverability.feedback.discard-unmatched', { count: unmatched })}
          </Button>
        </Box>
      )}
    </Notice>
  );
}
