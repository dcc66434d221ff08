import { Box, Button, EmptyStateLayout } from '@strapi/design-system';
import { ArrowClockwise, WarningCircle } from '@strapi/icons';
import { errorSentence } from '../api/client';
import { useText } from './useText';

/** What happened (the server's own sentence) and a way to try again, in place of the content that failed to load. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useText();
  const sentence = errorSentence(error);
  return (
    <Box role="alert">
      <EmptyStateLayout
        icon={<WarningCircle width="4rem" height="4rem" />}
        content={sentence ? t('common.error.load-with-reason', { reason: sentence }) : t('common.error.load')}
        action={
          <Button variant="secondary" startIcon={<ArrowClockwise />} onClick={onRetry}>
            {t('common.error.retry')}
          </Button>
        }
      />
    </Box>
  );
}
