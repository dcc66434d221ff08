import { Flex, Typography } from '@strapi/design-system';
import { useTable } from '@strapi/strapi/admin';
import type { EntryStatusDto } from '../../../shared/contracts';
import { useGetEntryStatusesQuery } from '../api/rules';
import { RelativeTime } from '../components/RelativeTime';
import { useText } from '../components/useText';
import { ToneBadge } from '../pages/Rules/ToneBadge';
import type { FiringTone } from '../pages/Rules/words';

const TONES: Record<NonNullable<EntryStatusDto['results'][number]['status']>, FiringTone> = {
  sent: 'success',
  sending: 'primary',
  scheduled: 'secondary',
  held: 'warning',
  failed: 'danger',
  draft: 'neutral',
  pending: 'neutral',
};

/** What became of an entry. All cells of a page ask the same question, which is sent once. */
export function NewsletterCell({ documentId, model }: { documentId: string; model: string }) {
  const t = useText();
  const rows = useTable('NewsletterCell', (state) => state.rows) as { documentId?: unknown }[];
  const documentIds = rows.map((row) => row.documentId).filter((id) => typeof id === 'string');
  const { data } = useGetEntryStatusesQuery(
    { uid: model, documentIds },
    { skip: documentIds.length === 0, refetchOnMountOrArgChange: true },
  );
  const found = data?.results.find((result) => result.documentId === documentId);
  if (!found?.status) return <Typography textColor="neutral600">–</Typography>;
  return (
    <Flex gap={2}>
      <ToneBadge tone={TONES[found.status]}>{t(`rules.status.${found.status}`)}</ToneBadge>
      {found.at !== null && (
        <Typography variant="pi" textColor="neutral600">
          <RelativeTime iso={found.at} />
        </Typography>
      )}
    </Flex>
  );
}
