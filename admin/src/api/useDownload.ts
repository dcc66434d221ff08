import { useState } from 'react';
import { useFetchClient } from '@strapi/strapi/admin';
import { useFeedback } from '../components/useFeedback';
import { path } from './client';

/** Downloads a file of the admin API under a name: a plain link would carry no login. */
export function useDownload(): {
  download: (tail: string, query: Record<string, string | undefined>, fileName: string) => Promise<void>;
  isLoading: boolean;
} {
  const { get } = useFetchClient();
  const feedback = useFeedback();
  const [isLoading, setIsLoading] = useState(false);
  return {
    isLoading,
    async download(tail, query, fileName) {
      setIsLoading(true);
      try {
        const { data } = await get<Blob>(path(tail, query), { responseType: 'blob' });
        const link = document.createElement('a');
        link.href = URL.createObjectURL(data);
        link.download = fileName;
        link.click();
        // Not at once: some browsers begin to read it after the click.
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      } catch (error) {
        feedback.failure(error);
      } finally {
        setIsLoading(false);
      }
    },
  };
}
