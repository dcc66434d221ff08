import type { FileStatus } from '../../../../shared/contracts';

/** Words of other products (and ours) for what a person is. */
const WORDS: Record<FileStatus, readonly string[]> = {
  // MailPoet's inactive people have agreed, and have not opened anything for long.
  subscribed: ['subscribed', 'active', 'enabled', 'confirmed', 'inactive', 'true', 'yes', '1', '購読中'],
  pending: ['pending', 'unconfirmed', 'non-subscribed', 'nonsubscribed', 'transactional', '確認待ち'],
  unsubscribed: [
    'unsubscribed',
    'disabled',
    'blocklisted',
    'blacklisted',
    'suppressed',
    'archived',
    'false',
    'no',
    '0',
    '配信停止',
    '解除',
  ],
  bounced: ['bounced', 'cleaned', 'hard-bounced', 'undeliverable', 'エラー'],
  complained: ['complained', 'complaint', 'spam', 'abuse'],
};

const BY_WORD = new Map(
  Object.entries(WORDS).flatMap(([status, words]) => words.map((word) => [word, status as FileStatus])),
);

/** The status that a cell names, or null for a word that we do not know: such a row is not imported. */
export function readStatus(cell: string): FileStatus | null {
  return (
    BY_WORD.get(
      cell
        .normalize('NFKC')
        .trim()
        .toLowerCase()
        .replace(/[\s_]+/g, '-'),
    ) ?? null
  );
}

const RANK: readonly FileStatus[] = ['subscribed', 'pending', 'unsubscribed', 'bounced', 'complained'];

/** Of several statuses the one that keeps a person furthest from mail. */
export const strictest = (statuses: readonly FileStatus[]): FileStatus | null =>
  statuses.reduce<FileStatus | null>(
    (worst, next) => (worst === null || RANK.indexOf(next) > RANK.indexOf(worst) ? next : worst),
    null,
  );
