import { useMemo } from 'react';
import { useNotification } from '@strapi/strapi/admin';
import { errorSentence } from '../api/client';
import { useText } from './useText';

export interface Feedback {
  success(message: string): void;
  /** Shows the server's sentence, or says that the server cannot be reached. */
  failure(error: unknown): void;
}

/** Notifications: what was done, or what went wrong and what to do. */
export function useFeedback(): Feedback {
  const { toggleNotification } = useNotification();
  const t = useText();
  return useMemo(
    () => ({
      success: (message) => toggleNotification({ type: 'success', message }),
      failure: (error) =>
        toggleNotification({
          type: 'danger',
          message: errorSentence(error) ?? t('common.error.unreachable'),
        }),
    }),
    [toggleNotification, t],
  );
}
