import { Flex, TextButton, Typography } from '@strapi/design-system';
import { errorSentence } from '../../../api/client';
import { useText } from '../../../components/useText';
import type { SaveState } from './autosave';

/** Saving, saved, or why not; spoken when it changes. */
export function SaveIndicator({ state, onRetry }: { state: SaveState; onRetry: () => void }) {
  const t = useText();
  const failed = state.kind === 'failed';
  return (
    <Flex gap={2} wrap="wrap" tag="span" role="status" aria-live="polite">
      <Typography variant="pi" textColor={failed ? 'danger600' : 'neutral600'}>
        {failed
          ? t('campaigns.save.failed', {
              reason: errorSentence(state.error) ?? t('common.error.unreachable'),
            })
          : t(state.kind === 'saved' ? 'campaigns.save.saved' : 'campaigns.save.saving')}
      </Typography>
      {failed && <TextButton onClick={onRetry}>{t('campaigns.save.retry')}</TextButton>}
    </Flex>
  );
}
